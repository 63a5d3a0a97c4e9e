// Outer joins whose padded rows a filter above drops anyway become inner (or less outer) joins.

#include <algorithm>

#include "optimizer/null_rejection.h"
#include "optimizer/rules.h"

namespace trivet {

namespace {

using Conjuncts = std::vector<ExpressionPtr>;

bool AnyRejectsNulls(const Conjuncts& conjuncts, const ColumnSet& columns) {
  return std::ranges::any_of(
      conjuncts, [&](const ExpressionPtr& conjunct) { return RejectsNulls(conjunct, columns); });
}

class OuterJoinSimplification {
 public:
  // `conjuncts` are TRUE for every row of the node that reaches the result.
  void Visit(LogicalOperator& node, const Conjuncts& conjuncts);
  size_t changed() const { return changed_; }

 private:
  void VisitJoin(LogicalJoin& join, const Conjuncts& conjuncts);
  void VisitRenamed(LogicalOperator& node, const Conjuncts& conjuncts, const ColumnMap& map);
  static Conjuncts With(Conjuncts conjuncts, const Conjuncts& more) {
    conjuncts.insert(conjuncts.end(), more.begin(), more.end());
    return conjuncts;
  }

  size_t changed_ = 0;
};

void OuterJoinSimplification::Visit(LogicalOperator& node, const Conjuncts& conjuncts) {
  switch (node.kind()) {
    case LogicalKind::kFilter:
      return Visit(node.child(), With(conjuncts, As<LogicalFilter>(node)->predicates));
    case LogicalKind::kProject:
      return VisitRenamed(node, conjuncts, DefinitionsOf(*As<LogicalProject>(node)));
    case LogicalKind::kAggregate: {
      ColumnMap map;
      for (const auto& group : As<LogicalAggregate>(node)->groups) {
        map.emplace(group.column.id, group.expression);
      }
      return VisitRenamed(node, conjuncts, map);
    }
    case LogicalKind::kSort: return Visit(node.child(), conjuncts);
    case LogicalKind::kJoin: return VisitJoin(*As<LogicalJoin>(node), conjuncts);
    case LogicalKind::kCte: Visit(node.child(0), {}); return Visit(node.child(1), conjuncts);
    default:
      for (PlanPtr& child : node.children()) Visit(*child, {});
  }
}

// Conjuncts over what the map explains hold below as well, in its terms.
void OuterJoinSimplification::VisitRenamed(LogicalOperator& node, const Conjuncts& conjuncts,
                                           const ColumnMap& map) {
  Conjuncts below;
  for (const ExpressionPtr& conjunct : conjuncts) {
    const ColumnSet used = ColumnsOf(conjunct);
    if (std::ranges::all_of(used, [&](ColumnId id) { return map.contains(id); })) {
      below.push_back(ReplaceColumns(conjunct, map));
    }
  }
  Visit(node.child(), below);
}

void OuterJoinSimplification::VisitJoin(LogicalJoin& join, const Conjuncts& conjuncts) {
  const ColumnSet left = OutputIds(join.child(0));
  const ColumnSet right = OutputIds(join.child(1));
  const JoinKind before = join.join;
  if (join.join == JoinKind::kFull) {
    const bool drops_right_only = AnyRejectsNulls(conjuncts, left);
    const bool drops_left_only = AnyRejectsNulls(conjuncts, right);
    if (drops_right_only) join.join = JoinKind::kLeft;
    if (drops_left_only) join.join = JoinKind::kRight;
    if (drops_right_only && drops_left_only) join.join = JoinKind::kInner;
  } else if (join.join == JoinKind::kLeft && AnyRejectsNulls(conjuncts, right)) {
    join.join = JoinKind::kInner;
  } else if (join.join == JoinKind::kRight && AnyRejectsNulls(conjuncts, left)) {
    join.join = JoinKind::kInner;
  }
  changed_ += join.join != before;
  // What holds for the pairs that count, holds for their parts.
  const Conjuncts matched = With(conjuncts, join.conditions);
  switch (join.join) {
    case JoinKind::kInner:
    case JoinKind::kSemi: Visit(join.child(0), matched); return Visit(join.child(1), matched);
    case JoinKind::kLeft:
    case JoinKind::kSingle:
    case JoinKind::kMark:
    case JoinKind::kAnti:
      Visit(join.child(0), conjuncts);
      return Visit(join.child(1), join.conditions);
    case JoinKind::kRight:
      Visit(join.child(0), join.conditions);
      return Visit(join.child(1), conjuncts);
    case JoinKind::kFull: Visit(join.child(0), {}); return Visit(join.child(1), {});
  }
}

}  // namespace

Result<size_t> SimplifyOuterJoins(PlanPtr& plan, OptimizerContext&) {
  OuterJoinSimplification simplification;
  simplification.Visit(*plan, {});
  return simplification.changed();
}

}  // namespace trivet
