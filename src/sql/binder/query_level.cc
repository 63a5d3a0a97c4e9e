#include "sql/binder/query_level.h"

#include <algorithm>

#include "expression/rewrite.h"

namespace trivet::binder {

PlanPtr AttachJoins(PlanPtr plan, PendingJoins joins) {
  for (PendingJoin& pending : joins) {
    const std::set<ColumnId> made = OutputIds(*plan);
    const std::set<ColumnId> used = FreeColumns(*pending.plan);
    auto join = std::make_unique<LogicalJoin>(
        pending.kind, std::move(plan), std::move(pending.plan), std::vector<ExpressionPtr>{});
    join->comparison = std::move(pending.comparison);
    join->mark = std::move(pending.mark);
    join->dependent = std::ranges::any_of(used, [&](ColumnId id) { return made.contains(id); });
    plan = std::move(join);
  }
  return plan;
}

std::set<ColumnId> ColumnsUsedBy(const PendingJoin& join) {
  std::set<ColumnId> used = FreeColumns(*join.plan);
  if (join.comparison != nullptr) CollectColumns(join.comparison, used);
  return used;
}

}  // namespace trivet::binder
