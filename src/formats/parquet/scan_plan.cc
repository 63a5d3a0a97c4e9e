#include "formats/parquet/scan_plan.h"

#include <algorithm>
#include <set>
#include <utility>

#include "expression/inputs.h"
#include "expression/rewrite.h"

namespace trivet::parquet {

namespace {

// What a row costs, beside reading the column: strings and functions weigh, comparisons hardly.
double CostOf(const Expression& expression) {
  double cost = 0;
  switch (expression.kind()) {
    case ExpressionKind::kCall: cost = 8; break;
    case ExpressionKind::kCase: cost = 4; break;
    case ExpressionKind::kIn:
    case ExpressionKind::kCast: cost = 2; break;
    case ExpressionKind::kInput:
      cost = expression.type().physical() == PhysicalType::kString ? 4 : 1;
      break;
    default: cost = 0.5; break;
  }
  if (expression.kind() == ExpressionKind::kIn) return cost + CostOf(*expression.child(0));
  for (const ExpressionPtr& child : expression.children()) cost += CostOf(*child);
  return cost;
}

double GuessPassing(const Expression& expression) {
  switch (expression.kind()) {
    case ExpressionKind::kComparison:
      return expression.comparison() == Comparison::kEqual      ? 0.1
             : expression.comparison() == Comparison::kNotEqual ? 0.9
                                                                : 0.4;
    case ExpressionKind::kIn: return 0.2;
    case ExpressionKind::kIsNotNull: return 0.9;
    default: return 0.4;
  }
}

}  // namespace

size_t ScanPlan::SlotOf(size_t column) const {
  return static_cast<size_t>(std::ranges::find(columns, column) - columns.begin());
}

std::shared_ptr<const ScanPlan> MakeScanPlan(std::shared_ptr<const TableFiles> table,
                                             const ScanRequest& request) {
  auto plan = std::make_shared<ScanPlan>();
  plan->table = std::move(table);
  const auto slot_for = [&](size_t column) {
    const size_t slot = plan->SlotOf(column);
    if (slot == plan->columns.size()) plan->columns.push_back(column);
    return slot;
  };
  for (const size_t column : request.columns) plan->output.push_back(slot_for(column));
  bool any_can_fail = false;
  for (const ExpressionPtr& filter : request.filters) {
    for (const ExpressionPtr& conjunct : SplitConjuncts(filter)) {
      PlannedConjunct planned;
      planned.expression = conjunct;
      std::set<size_t> inputs;
      CollectInputs(conjunct, inputs);
      for (const size_t input : inputs) planned.slots.push_back(slot_for(input));
      const std::vector<size_t> order(inputs.begin(), inputs.end());
      planned.local = RewriteExpression(conjunct, [&](const ExpressionPtr& node) {
        if (node->kind() != ExpressionKind::kInput) return node;
        const auto place = std::ranges::find(order, node->input_index()) - order.begin();
        return Expression::Input(static_cast<uint32_t>(place), node->type(), node->name());
      });
      planned.cost = CostOf(*conjunct);
      planned.guess = GuessPassing(*conjunct);
      const bool fixed = conjunct->can_fail() || conjunct->is_volatile();
      any_can_fail |= conjunct->can_fail();
      (fixed ? plan->ordered : plan->free).push_back(std::move(planned));
    }
  }
  for (const ScanRequest::Dynamic& dynamic : request.dynamic_filters) {
    if (any_can_fail || dynamic.filter == nullptr) continue;
    PlannedDynamic planned{.columns = dynamic.columns,
                           .slots = {},
                           .filter = dynamic.filter,
                           .metrics = dynamic.metrics};
    planned.cost = 0;
    for (const size_t column : dynamic.columns) {
      planned.slots.push_back(slot_for(column));
      const LogicalType& type = plan->table->columns[column].type;
      planned.cost += type.physical() == PhysicalType::kString ? 4 : 2;
    }
    plan->dynamic.push_back(std::move(planned));
  }
  plan->page_scope = request.page_scope;
  plan->is_shared.resize(plan->columns.size());
  for (size_t i = 0; i < plan->columns.size(); ++i) {
    plan->is_shared[i] = std::ranges::count(request.shared_columns, plan->columns[i]) != 0;
  }
  plan->is_wanted = std::vector<std::atomic<bool>>(plan->columns.size());
  plan->free_counts = std::vector<FilterCounts>(plan->free.size());
  plan->dynamic_counts = std::vector<FilterCounts>(plan->dynamic.size());
  return plan;
}

}  // namespace trivet::parquet
