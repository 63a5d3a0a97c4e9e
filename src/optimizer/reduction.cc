#include "optimizer/reduction.h"

#include <algorithm>
#include <array>

namespace trivet {

namespace {

// Aggregates that cannot fail, whatever rows they are given.
bool CannotFail(const LogicalAggregate& aggregate) {
  constexpr std::array<std::string_view, 4> kNames{"count_star", "count", "min", "max"};
  return std::ranges::all_of(aggregate.aggregates, [&](const auto& call) {
    return std::ranges::find(kNames, call.function.function->name) != kNames.end();
  });
}

}  // namespace

const LogicalScan* TableBehind(const LogicalOperator& plan) {
  if (plan.kind() == LogicalKind::kFilter) return TableBehind(plan.child());
  if (const auto* project = As<LogicalProject>(plan)) {
    const bool only_passes_on = std::ranges::all_of(project->entries, PassesOn);
    return only_passes_on ? TableBehind(plan.child()) : nullptr;
  }
  const auto* scan = As<LogicalScan>(plan);
  return scan != nullptr && scan->table->capabilities().dynamic_filters ? scan : nullptr;
}

bool CanBeReduced(const LogicalOperator& plan) {
  bool movable = true;
  const_cast<LogicalOperator&>(plan).ForEachExpression(
      [&](ExpressionPtr& expression) { movable &= IsMovable(expression); });
  if (!movable) return false;
  switch (plan.kind()) {
    case LogicalKind::kScan: return true;
    case LogicalKind::kFilter:
    case LogicalKind::kProject: return CanBeReduced(plan.child());
    case LogicalKind::kAggregate:
      return CannotFail(*As<LogicalAggregate>(plan)) && CanBeReduced(plan.child());
    default: return false;
  }
}

}  // namespace trivet
