// COUNT, MIN and MAX over whole tables whose statistics tell them: no row is read.

#include <algorithm>

#include "optimizer/plan_rewrite.h"
#include "optimizer/rules.h"

namespace trivet {

namespace {

// The call's value over all rows of the scan; nothing where statistics do not tell it.
std::optional<Value> KnownValue(const LogicalAggregate::Aggregate& call, const LogicalScan& scan,
                                const TableStatistics& statistics) {
  if (call.filter || !call.order_by.empty() || !statistics.row_count) return std::nullopt;
  const std::string& name = call.function.function->name;
  const auto count = [&](uint64_t rows) {
    return Value::Integer(call.column.type, static_cast<int128_t>(rows));
  };
  if (name == "count_star") return count(*statistics.row_count);
  if (call.arguments.size() != 1 || !call.arguments[0]->IsColumn()) return std::nullopt;
  const auto column =
      std::ranges::find(scan.columns, call.arguments[0]->column(), &LogicalScan::ScanColumn::id);
  if (column == scan.columns.end() || column->ordinal >= statistics.columns.size()) {
    return std::nullopt;
  }
  const ColumnStatistics& known = statistics.columns[column->ordinal];
  if (!known.null_count || *known.null_count > *statistics.row_count) return std::nullopt;
  if (name == "count") {
    if (call.distinct) return std::nullopt;
    return count(*statistics.row_count - *known.null_count);
  }
  if (name != "min" && name != "max") return std::nullopt;
  if (*known.null_count == *statistics.row_count) return Value::Null(call.column.type);
  const std::optional<Value>& bound = name == "min" ? known.min : known.max;
  if (!known.bounds_are_values || !bound || !(bound->type() == call.column.type)) {
    return std::nullopt;
  }
  return bound;
}

bool Answer(PlanPtr& node) {
  const auto* aggregate = As<LogicalAggregate>(node);
  if (aggregate == nullptr || !aggregate->groups.empty()) return false;
  const auto* scan = As<LogicalScan>(aggregate->child());
  if (scan == nullptr || !scan->filters.empty() || aggregate->aggregates.empty()) return false;
  const TableStatistics statistics = scan->table->statistics();
  auto values = std::make_unique<LogicalValues>();
  values->rows.emplace_back();
  for (const auto& call : aggregate->aggregates) {
    std::optional<Value> value = KnownValue(call, *scan, statistics);
    if (!value) return false;
    values->columns.push_back(call.column);
    values->rows.back().push_back(Expression::Constant(*std::move(value)));
  }
  node = std::move(values);
  return true;
}

}  // namespace

Result<size_t> AnswerFromStatistics(PlanPtr& plan, OptimizerContext&) {
  size_t answered = 0;
  ForEachNode(plan, [&](PlanPtr& node) { answered += Answer(node); });
  return answered;
}

}  // namespace trivet
