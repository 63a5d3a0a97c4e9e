// Filters that keep the first rows of each partition by row_number(): the window then keeps no
// others, so that these are never ordered, and where nothing reads their numbers it becomes a Top-N
// (column pruning does that). Numbers of the rows that stay depend on no later row.

#include <algorithm>
#include <limits>

#include "optimizer/plan_rewrite.h"
#include "optimizer/rules.h"
#include "plan/logical_window.h"

namespace trivet {

namespace {

// What a conjunct says of a column of row numbers.
struct NumberBound {
  uint64_t most;
  bool is_all;  // true exactly where the number is at most that
};

std::optional<int64_t> IntegerOf(const ExpressionPtr& expression) {
  const bool fits = expression->IsConstant() && !expression->value().is_null() &&
                    expression->type().id() == TypeId::kInt64;
  if (!fits) return std::nullopt;
  return static_cast<int64_t>(expression->value().integer());
}

std::optional<NumberBound> BoundOf(const ExpressionPtr& conjunct, ColumnId number) {
  const auto is_number = [&](const ExpressionPtr& expression) {
    return expression->IsColumn() && expression->column() == number;
  };
  if (conjunct->kind() != ExpressionKind::kComparison) return std::nullopt;
  Comparison comparison = conjunct->comparison();
  const bool flipped = is_number(conjunct->child(1));
  if (flipped) comparison = Swap(comparison);
  if (!is_number(conjunct->child(flipped ? 1 : 0))) return std::nullopt;
  const std::optional<int64_t> constant = IntegerOf(conjunct->child(flipped ? 0 : 1));
  if (!constant) return std::nullopt;
  const auto at_most = [](int64_t most) {
    return static_cast<uint64_t>(std::max<int64_t>(most, 0));
  };
  switch (comparison) {
    case Comparison::kLessOrEqual: return NumberBound{at_most(*constant), true};
    case Comparison::kLess: return NumberBound{*constant <= 0 ? 0 : at_most(*constant - 1), true};
    // The first number is 1.
    case Comparison::kEqual: return NumberBound{at_most(*constant), *constant == 1};
    default: return std::nullopt;
  }
}

bool IsVolatileWindow(LogicalWindow& window) {
  bool is_volatile = false;
  window.ForEachExpression([&](ExpressionPtr& key) { is_volatile |= key->is_volatile(); });
  return is_volatile;
}

bool LimitWindow(PlanPtr& node) {
  auto* filter = As<LogicalFilter>(node);
  auto* window = filter == nullptr ? nullptr : As<LogicalWindow>(filter->children()[0]);
  if (window == nullptr || IsVolatileWindow(*window)) return false;
  std::optional<uint64_t> limit;
  for (const auto& call : window->functions) {
    if (call.function != RankingFunction::kRowNumber) continue;
    std::erase_if(filter->predicates, [&](const ExpressionPtr& conjunct) {
      const std::optional<NumberBound> bound = BoundOf(conjunct, call.column.id);
      if (!bound) return false;
      limit = std::min(limit.value_or(bound->most), bound->most);
      return bound->is_all;
    });
  }
  if (!limit) return false;
  window->limit = std::min(window->limit.value_or(*limit), *limit);
  if (filter->predicates.empty()) ReplaceByChild(node);
  return true;
}

}  // namespace

Result<size_t> LimitWindows(PlanPtr& plan, OptimizerContext&) {
  size_t limited = 0;
  ForEachNode(plan, [&](PlanPtr& node) { limited += LimitWindow(node); });
  return limited;
}

}  // namespace trivet
