// Marks that only decide whether a row stays: the mark join becomes a semi or anti join.
// Comparisons that are never NULL become conditions.

#include <algorithm>

#include "optimizer/null_rejection.h"
#include "optimizer/plan_properties.h"
#include "optimizer/rules.h"

namespace trivet {

namespace {

// How often each column is read anywhere in the plan.
std::map<ColumnId, size_t> CountUses(PlanPtr& plan, const ColumnSet& required) {
  std::map<ColumnId, size_t> uses;
  const std::function<void(const ExpressionPtr&)> count = [&](const ExpressionPtr& expression) {
    if (expression->IsColumn()) ++uses[expression->column()];
    for (const ExpressionPtr& child : expression->children()) count(child);
  };
  for (ColumnId id : required) ++uses[id];
  ForEachNode(plan, [&](PlanPtr& node) {
    node->ForEachExpression([&](ExpressionPtr& expression) { count(expression); });
    if (auto* operation = As<LogicalSetOperation>(node)) {
      for (const auto& columns : operation->input_columns) {
        for (ColumnId id : columns) ++uses[id];
      }
    }
    if (auto* scan = As<LogicalCteScan>(node)) {
      for (ColumnId id : scan->definition_columns) ++uses[id];
    }
  });
  return uses;
}

// The mark join that makes the column, below operators that neither add rows nor hide the mark from
// a filter above them.
LogicalJoin* FindMarkJoin(LogicalOperator& node, ColumnId mark) {
  if (As<LogicalFilter>(node) != nullptr || As<LogicalSort>(node) != nullptr) {
    return FindMarkJoin(node.child(), mark);
  }
  auto* join = As<LogicalJoin>(node);
  if (join == nullptr) return nullptr;
  if (join->join == JoinKind::kMark && join->mark.id == mark) return join;
  const bool keeps_left = join->join != JoinKind::kRight && join->join != JoinKind::kFull;
  LogicalJoin* found = keeps_left ? FindMarkJoin(join->child(0), mark) : nullptr;
  if (found == nullptr && join->join == JoinKind::kInner) {
    found = FindMarkJoin(join->child(1), mark);
  }
  return found;
}

// Is the comparison of a mark or anti join never NULL for the pairs that match the conditions?
bool IsComparisonNeverNull(const LogicalJoin& join, NonNullAnalysis& analysis) {
  ColumnSet non_null = analysis.Of(join.child(0));
  const ColumnSet& of_right = analysis.Of(join.child(1));
  non_null.insert(of_right.begin(), of_right.end());
  for (const ExpressionPtr& condition : join.conditions) {
    for (ColumnId id : ColumnsOf(condition)) {
      if (RejectsNulls(condition, {id})) non_null.insert(id);
    }
  }
  return IsNeverNull(join.comparison, non_null);
}

void ComparisonToCondition(LogicalJoin& join) {
  if (join.comparison) AppendConjuncts(join.conditions, {join.comparison});
  join.comparison = nullptr;
}

size_t TurnMarksOf(LogicalFilter& filter, const std::map<ColumnId, size_t>& uses) {
  size_t turned = 0;
  std::vector<ExpressionPtr> kept;
  for (const ExpressionPtr& conjunct : filter.predicates) {
    const bool negated = conjunct->kind() == ExpressionKind::kNot;
    const ExpressionPtr& column = negated ? conjunct->child(0) : conjunct;
    const bool only_use = column->IsColumn() && uses.at(column->column()) == 1;
    LogicalJoin* join = only_use ? FindMarkJoin(filter.child(), column->column()) : nullptr;
    if (join == nullptr) {
      kept.push_back(conjunct);
      continue;
    }
    ++turned;
    join->join = negated ? JoinKind::kAnti : JoinKind::kSemi;
    if (!negated) ComparisonToCondition(*join);
  }
  filter.predicates = std::move(kept);
  return turned;
}

}  // namespace

Result<size_t> SimplifyMarkJoins(PlanPtr& plan, OptimizerContext& context) {
  size_t changed = 0;
  const std::map<ColumnId, size_t> uses = CountUses(plan, context.RequiredColumns(*plan));
  ForEachNode(plan, [&](PlanPtr& node) {
    auto* filter = As<LogicalFilter>(node);
    if (filter == nullptr) return;
    changed += TurnMarksOf(*filter, uses);
    if (filter->predicates.empty()) ReplaceByChild(node);
  });
  NonNullAnalysis analysis;
  ForEachNode(plan, [&](PlanPtr& node) {
    auto* join = As<LogicalJoin>(node);
    if (join == nullptr || !join->comparison || !IsComparisonNeverNull(*join, analysis)) return;
    ComparisonToCondition(*join);
    ++changed;
  });
  return changed;
}

}  // namespace trivet
