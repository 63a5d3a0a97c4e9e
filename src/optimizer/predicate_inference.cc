// Predicates that follow from others by equality of columns: a = b and b < 5 give a < 5, which may
// then be evaluated where a comes from.

#include <algorithm>

#include "optimizer/conjunct_list.h"
#include "optimizer/plan_rewrite.h"
#include "optimizer/rules.h"

namespace trivet {

namespace {

// Conjuncts over one column that hold for all rows of a plan.
using Known = std::map<ColumnId, ConjunctList>;

void AddKnown(Known& known, const ExpressionPtr& conjunct) {
  if (!IsMovable(conjunct) || conjunct->kind() == ExpressionKind::kIsNotNull) return;
  const ColumnSet columns = ColumnsOf(conjunct);
  if (columns.size() != 1) return;
  known[*columns.begin()].Add(conjunct);
}

void AddAll(Known& known, const std::vector<ExpressionPtr>& conjuncts) {
  for (const ExpressionPtr& conjunct : conjuncts) AddKnown(known, conjunct);
}

void MergeInto(Known& known, const Known& more) {
  for (const auto& [id, conjuncts] : more) {
    for (const ExpressionPtr& conjunct : conjuncts.list()) known[id].Add(conjunct);
  }
}

// Equal values may differ in more than the predicate asks: only exact types carry predicates over.
bool CarriesOver(const LogicalType& type) {
  return !type.IsFloating() && type.id() != TypeId::kInterval && !type.IsNested();
}

class PredicateInference {
 public:
  // Gives what holds for the node's rows; adds what follows to the sides of joins below.
  Known Visit(PlanPtr& node);
  size_t inferred() const { return inferred_; }

 private:
  Known VisitJoin(LogicalJoin& join);
  // Adds to `side` what holds for columns of the other side that the conditions equate with its
  // own.
  void Infer(LogicalJoin& join, size_t side, const Known& other, Known& own);

  size_t inferred_ = 0;
};

Known Renamed(const Known& known, const std::map<ColumnId, OutputColumn>& names) {
  Known renamed;
  for (const auto& [id, conjuncts] : known) {
    const auto name = names.find(id);
    if (name == names.end()) continue;
    const ColumnMap map{{id, name->second.Reference()}};
    for (const ExpressionPtr& conjunct : conjuncts.list()) {
      renamed[name->second.id].Add(ReplaceColumns(conjunct, map));
    }
  }
  return renamed;
}

void PredicateInference::Infer(LogicalJoin& join, size_t side, const Known& other, Known& own) {
  const ColumnSet mine = OutputIds(join.child(side));
  const ColumnSet theirs = OutputIds(join.child(1 - side));
  std::vector<ExpressionPtr> added;
  for (const ExpressionPtr& condition : join.conditions) {
    const auto equality = AsJoinEquality(condition, mine, theirs);
    if (!equality || equality->null_equal) continue;
    if (!equality->left->IsColumn() || !equality->right->IsColumn()) continue;
    if (!CarriesOver(equality->left->type())) continue;
    const auto found = other.find(equality->right->column());
    if (found == other.end()) continue;
    const ColumnMap map{{equality->right->column(), equality->left}};
    for (const ExpressionPtr& conjunct : found->second.list()) {
      const ExpressionPtr carried = ReplaceColumns(conjunct, map);
      if (own[equality->left->column()].Add(carried)) added.push_back(carried);
    }
  }
  inferred_ += added.size();
  AddFilter(join.children()[side], added);
}

Known PredicateInference::VisitJoin(LogicalJoin& join) {
  Known left = Visit(join.children()[0]);
  Known right = Visit(join.children()[1]);
  switch (join.join) {
    case JoinKind::kInner:
    case JoinKind::kSemi:
      // Rows that find no partner on the other side do not count.
      Infer(join, 0, right, left);
      Infer(join, 1, left, right);
      AddAll(left, join.conditions);
      if (join.join == JoinKind::kInner) MergeInto(left, right);
      return left;
    case JoinKind::kLeft:
    case JoinKind::kSingle:
    case JoinKind::kMark:
    case JoinKind::kAnti: Infer(join, 1, left, right); return left;
    case JoinKind::kRight: Infer(join, 0, right, left); return right;
    case JoinKind::kFull: return {};
  }
  return {};
}

Known PredicateInference::Visit(PlanPtr& node) {
  switch (node->kind()) {
    case LogicalKind::kScan: {
      Known known;
      AddAll(known, As<LogicalScan>(node)->filters);
      return known;
    }
    case LogicalKind::kFilter: {
      Known known = Visit(node->children()[0]);
      AddAll(known, As<LogicalFilter>(node)->predicates);
      return known;
    }
    case LogicalKind::kProject: {
      const Known known = Visit(node->children()[0]);
      std::map<ColumnId, OutputColumn> names;
      for (const auto& entry : As<LogicalProject>(node)->entries) {
        if (entry.expression->IsColumn()) names.emplace(entry.expression->column(), entry.column);
      }
      return Renamed(known, names);
    }
    case LogicalKind::kAggregate: {
      const Known known = Visit(node->children()[0]);
      std::map<ColumnId, OutputColumn> names;
      for (const auto& group : As<LogicalAggregate>(node)->groups) {
        const ExpressionPtr& key = group.expression;
        if (key->IsColumn() && CarriesOver(key->type())) names.emplace(key->column(), group.column);
      }
      return Renamed(known, names);
    }
    case LogicalKind::kJoin: return VisitJoin(*As<LogicalJoin>(node));
    case LogicalKind::kDistinctOn:
    case LogicalKind::kSort:
    case LogicalKind::kTopN:
    case LogicalKind::kWindow:
    case LogicalKind::kLimit: return Visit(node->children()[0]);
    case LogicalKind::kCte: Visit(node->children()[0]); return Visit(node->children()[1]);
    case LogicalKind::kCustom:
    case LogicalKind::kSetOperation:
      for (PlanPtr& child : node->children()) Visit(child);
      return {};
    case LogicalKind::kValues:
    case LogicalKind::kCteScan: return {};
  }
  return {};
}

}  // namespace

Result<size_t> InferPredicates(PlanPtr& plan, OptimizerContext&) {
  PredicateInference inference;
  inference.Visit(plan);
  return inference.inferred();
}

}  // namespace trivet
