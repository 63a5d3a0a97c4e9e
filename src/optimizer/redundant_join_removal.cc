// Joins with one row of nothing, and duplicate removal below joins that only ask whether there is a
// match.

#include <algorithm>

#include "optimizer/plan_rewrite.h"
#include "optimizer/rules.h"

namespace trivet {

namespace {

bool IsOneRowOfNothing(const LogicalOperator& plan) {
  const auto* values = As<LogicalValues>(plan);
  return values != nullptr && values->columns.empty() && values->rows.size() == 1;
}

// A cross product with one row of no columns is its other side.
bool RemoveCrossProduct(PlanPtr& node) {
  const auto& join = *As<LogicalJoin>(node);
  if (!join.conditions.empty()) return false;
  const bool keeps_left = join.join == JoinKind::kInner || join.join == JoinKind::kLeft ||
                          join.join == JoinKind::kSingle;
  if (keeps_left && IsOneRowOfNothing(join.child(1))) {
    ReplaceByChild(node, 0);
    return true;
  }
  const bool keeps_right = join.join == JoinKind::kInner || join.join == JoinKind::kRight;
  if (keeps_right && IsOneRowOfNothing(join.child(0))) {
    ReplaceByChild(node, 1);
    return true;
  }
  return false;
}

// Semi, anti and mark joins see duplicates only once: DISTINCT on their right side is a projection.
bool RemoveDistinctBelow(LogicalJoin& join) {
  if (join.join != JoinKind::kSemi && join.join != JoinKind::kAnti &&
      join.join != JoinKind::kMark) {
    return false;
  }
  PlanPtr& right = join.children()[1];
  auto* aggregate = As<LogicalAggregate>(right);
  if (aggregate == nullptr || aggregate->groups.empty() || !aggregate->aggregates.empty()) {
    return false;
  }
  std::vector<LogicalProject::Entry> entries;
  for (const auto& group : aggregate->groups) {
    if (group.expression->is_volatile() || group.column.type.IsFloating()) return false;
    entries.push_back(Compute(group.column, group.expression));
  }
  PlanPtr input = std::move(aggregate->children()[0]);
  right = std::make_unique<LogicalProject>(std::move(input), std::move(entries));
  return true;
}

}  // namespace

Result<size_t> RemoveRedundantJoins(PlanPtr& plan, OptimizerContext&) {
  size_t removed = 0;
  ForEachNode(plan, [&](PlanPtr& node) {
    auto* join = As<LogicalJoin>(node);
    if (join == nullptr || join->dependent) return;
    removed += RemoveDistinctBelow(*join);
    removed += RemoveCrossProduct(node);
  });
  return removed;
}

}  // namespace trivet
