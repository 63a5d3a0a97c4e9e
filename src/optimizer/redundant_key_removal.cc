// Keys of grouping and sorting that decide nothing, and DISTINCT where rows differ anyway.

#include <algorithm>

#include "optimizer/plan_properties.h"
#include "optimizer/rules.h"
#include "plan/logical_window.h"

namespace trivet {

namespace {

// The expression with each column replaced by the least that equals it in every row: keys that are
// the same then are the same always.
ExpressionPtr Canonical(const ExpressionPtr& expression,
                        const std::map<ColumnId, ColumnId>& equal) {
  return RewriteExpression(expression, [&](const ExpressionPtr& node) {
    if (!node->IsColumn()) return node;
    const auto least = equal.find(node->column());
    if (least == equal.end() || least->second == node->column()) return node;
    return Expression::Column(least->second, node->type(), node->name());
  });
}

// Whether values that a group holds equal are the same bits: not so of 0.0 and -0.0, nor of a month
// and thirty days.
bool GroupsExactly(const LogicalType& type) {
  return !type.IsFloating() && !type.IsNested() && type.id() != TypeId::kInterval;
}

// What each column that is a group by itself is called above the aggregate.
ColumnMap GroupedColumns(const LogicalAggregate& aggregate) {
  ColumnMap columns;
  for (const auto& group : aggregate.groups) {
    if (!group.expression->IsColumn() || !GroupsExactly(group.column.type)) continue;
    columns.emplace(group.expression->column(), group.column.Reference());
  }
  return columns;
}

// Whether the expression is computed from nothing but those columns.
bool IsComputedFrom(const ExpressionPtr& expression, const ColumnMap& columns) {
  if (expression->IsColumn()) return columns.contains(expression->column());
  return std::ranges::all_of(expression->children(), [&](const ExpressionPtr& child) {
    return IsComputedFrom(child, columns);
  });
}

// Groups by constants, by what another group is by, or by what is computed from other groups alone,
// become columns of a projection above.
size_t RemoveGroups(PlanPtr& node) {
  auto& aggregate = *As<LogicalAggregate>(node);
  const std::map<ColumnId, ColumnId> equal = EqualColumns(aggregate.child());
  const ColumnMap grouped = GroupedColumns(aggregate);
  std::vector<LogicalAggregate::Group> kept;
  ColumnMap replaced;
  for (const auto& group : aggregate.groups) {
    if (!group.expression->IsColumn() && !group.expression->IsConstant() &&
        !group.expression->is_volatile() && IsComputedFrom(group.expression, grouped)) {
      replaced.emplace(group.column.id, ReplaceColumns(group.expression, grouped));
      continue;
    }
    // The last group stays: without any there would be a row for no rows.
    const bool last_left = kept.empty() && &group == &aggregate.groups.back();
    if (group.expression->IsConstant() && !last_left) {
      replaced.emplace(group.column.id, group.expression);
      continue;
    }
    const auto same = std::ranges::find_if(kept, [&](const LogicalAggregate::Group& other) {
      return !group.expression->is_volatile() &&
             ExpressionsEqual(Canonical(other.expression, equal),
                              Canonical(group.expression, equal));
    });
    if (same == kept.end()) {
      kept.push_back(group);
    } else {
      replaced.emplace(group.column.id, same->column.Reference());
    }
  }
  if (replaced.empty()) return 0;
  const std::vector<OutputColumn> columns = aggregate.Columns();
  aggregate.groups = std::move(kept);
  std::vector<LogicalProject::Entry> entries;
  for (const OutputColumn& column : columns) {
    const auto found = replaced.find(column.id);
    entries.push_back(found == replaced.end() ? PassOn(column) : Compute(column, found->second));
  }
  node = std::make_unique<LogicalProject>(std::move(node), std::move(entries));
  return replaced.size();
}

// DISTINCT of rows that are distinct already, as a projection.
bool RemoveDistinct(PlanPtr& node) {
  auto& aggregate = *As<LogicalAggregate>(node);
  if (!aggregate.aggregates.empty() || aggregate.groups.empty()) return false;
  ColumnSet grouped;
  for (const auto& group : aggregate.groups) {
    if (group.expression->IsColumn()) grouped.insert(group.expression->column());
    // A group's value may differ in bits from the row's (-0.0 becomes 0.0).
    const LogicalType& type = group.column.type;
    if (type.IsFloating() || type.id() == TypeId::kInterval) return false;
  }
  if (!IsUniqueOn(aggregate.child(), grouped)) return false;
  std::vector<LogicalProject::Entry> entries;
  for (const auto& group : aggregate.groups) {
    entries.push_back(Compute(group.column, group.expression));
  }
  PlanPtr input = std::move(aggregate.children()[0]);
  node = std::make_unique<LogicalProject>(std::move(input), std::move(entries));
  return true;
}

bool SameCall(const LogicalAggregate::Aggregate& a, const LogicalAggregate::Aggregate& b) {
  const auto same_key = [](const SortKey& x, const SortKey& y) {
    return x.descending == y.descending && x.nulls_first == y.nulls_first &&
           ExpressionsEqual(x.expression, y.expression);
  };
  return a.function.function == b.function.function && a.distinct == b.distinct &&
         ExpressionsEqual(a.filter, b.filter) &&
         std::ranges::equal(a.arguments, b.arguments, ExpressionsEqual) &&
         std::ranges::equal(a.order_by, b.order_by, same_key);
}

bool IsVolatileCall(const LogicalAggregate::Aggregate& call) {
  return std::ranges::any_of(call.arguments,
                             [](const ExpressionPtr& e) { return e->is_volatile(); }) ||
         (call.filter && call.filter->is_volatile());
}

// Equal calls are computed once; DISTINCT goes where duplicates change nothing.
size_t RemoveCalls(PlanPtr& node) {
  auto& aggregate = *As<LogicalAggregate>(node);
  size_t removed = 0;
  for (auto& call : aggregate.aggregates) {
    if (!call.distinct || !call.function.function->ignores_duplicates) continue;
    call.distinct = false;
    ++removed;
  }
  std::vector<LogicalAggregate::Aggregate> kept;
  ColumnMap replaced;
  for (const auto& call : aggregate.aggregates) {
    const auto same = std::ranges::find_if(kept, [&](const LogicalAggregate::Aggregate& other) {
      return !IsVolatileCall(call) && SameCall(other, call);
    });
    if (same == kept.end()) {
      kept.push_back(call);
    } else {
      replaced.emplace(call.column.id, same->column.Reference());
    }
  }
  if (replaced.empty()) return removed;
  const std::vector<OutputColumn> columns = aggregate.Columns();
  aggregate.aggregates = std::move(kept);
  std::vector<LogicalProject::Entry> entries;
  for (const OutputColumn& column : columns) {
    const auto found = replaced.find(column.id);
    entries.push_back(found == replaced.end() ? PassOn(column) : Compute(column, found->second));
  }
  node = std::make_unique<LogicalProject>(std::move(node), std::move(entries));
  return removed + replaced.size();
}

// Keys that repeat an earlier one, or are the same in all rows, never decide.
size_t RemoveSortKeys(std::vector<SortKey>& keys, const LogicalOperator& input) {
  const std::map<ColumnId, ColumnId> equal = EqualColumns(input);
  std::vector<SortKey> kept;
  for (const SortKey& key : keys) {
    const bool repeated = std::ranges::any_of(kept, [&](const SortKey& other) {
      return ExpressionsEqual(Canonical(other.expression, equal), Canonical(key.expression, equal));
    });
    const bool decides = !key.expression->IsConstant() && !repeated;
    if (decides || key.expression->is_volatile()) kept.push_back(key);
  }
  const size_t removed = keys.size() - kept.size();
  keys = std::move(kept);
  return removed;
}

// A key that is a partition's, or the same in all rows, decides nothing within it.
size_t RemoveWindowKeys(LogicalWindow& window) {
  std::vector<SortKey> keys;
  for (const ExpressionPtr& key : window.partition_by) keys.push_back({key, false, false});
  size_t removed = RemoveSortKeys(keys, window.child());
  const size_t parts = keys.size();
  keys.insert(keys.end(), window.order_by.begin(), window.order_by.end());
  removed += RemoveSortKeys(keys, window.child());
  window.partition_by.clear();
  for (size_t i = 0; i < parts; ++i) window.partition_by.push_back(keys[i].expression);
  window.order_by.assign(keys.begin() + static_cast<std::ptrdiff_t>(parts), keys.end());
  return removed;
}

size_t RemoveAt(PlanPtr& node) {
  if (As<LogicalAggregate>(node) != nullptr) {
    if (RemoveDistinct(node)) return 1;
    size_t removed = RemoveGroups(node);
    PlanPtr& aggregate = removed > 0 ? node->children()[0] : node;
    removed += RemoveCalls(aggregate);
    return removed;
  }
  if (auto* sort = As<LogicalSort>(node)) {
    const size_t removed = RemoveSortKeys(sort->keys, sort->child());
    if (sort->keys.empty()) ReplaceByChild(node);
    return removed;
  }
  if (auto* window = As<LogicalWindow>(node)) return RemoveWindowKeys(*window);
  if (auto* top = As<LogicalTopN>(node)) {
    // Without keys a limit would be another operator.
    std::vector<SortKey> keys = top->keys;
    const size_t removed = RemoveSortKeys(keys, top->child());
    if (keys.empty()) return 0;
    top->keys = std::move(keys);
    return removed;
  }
  return 0;
}

}  // namespace

Result<size_t> RemoveRedundantKeys(PlanPtr& plan, OptimizerContext&) {
  size_t removed = 0;
  ForEachNode(plan, [&](PlanPtr& node) { removed += RemoveAt(node); });
  return removed;
}

}  // namespace trivet
