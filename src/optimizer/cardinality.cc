#include "optimizer/cardinality.h"

#include <algorithm>
#include <cmath>

#include "optimizer/rules.h"
#include "optimizer/table_sampler.h"
#include "plan/logical_custom.h"
#include "plan/logical_window.h"

namespace trivet {

namespace {

// Rows of a table that tells nothing.
constexpr double kUnknownRows = 100'000;
// Values of a column that tells nothing, among so many rows.
double UnknownDistinct(double rows) { return std::max(1.0, std::pow(rows, 0.75)); }

ColumnEstimate FromStatistics(const ColumnStatistics* statistics, const LogicalType& type,
                              double rows) {
  ColumnEstimate estimate;
  estimate.distinct = UnknownDistinct(rows);
  if (type.id() == TypeId::kBoolean) estimate.distinct = 2;
  if (statistics == nullptr) return estimate;
  if (statistics->min) estimate.min = PositionOf(*statistics->min);
  if (statistics->max) estimate.max = PositionOf(*statistics->max);
  if (statistics->null_count && rows > 0) {
    estimate.null_fraction = std::min(1.0, static_cast<double>(*statistics->null_count) / rows);
  }
  if (statistics->distinct_count) {
    estimate.distinct = std::max(1.0, *statistics->distinct_count);
  }
  // Integers between two bounds are no more than the bounds allow.
  if ((type.IsInteger() || type.id() == TypeId::kDate) && estimate.min && estimate.max) {
    estimate.distinct = std::min(estimate.distinct, *estimate.max - *estimate.min + 1);
  }
  estimate.distinct = std::max(1.0, std::min(estimate.distinct, rows));
  return estimate;
}

// A combined number of values, which no more rows can hold.
double Combine(const std::vector<double>& distinct, double rows) {
  double product = 1;
  for (double count : distinct) product *= std::max(count, 1.0);
  return std::min(product, std::max(rows, 1.0));
}

// Groups that rows of the input fall into by the keys.
double GroupsOf(const std::vector<ExpressionPtr>& keys, const RowEstimate& input) {
  std::vector<double> distinct;
  for (const ExpressionPtr& key : keys) {
    distinct.push_back(DistinctAmong(DistinctOf(key, input), input.rows));
  }
  return Combine(distinct, input.rows);
}

ColumnEstimate EstimateColumn(const ExpressionPtr& expression, const RowEstimate& input) {
  ColumnEstimate column;
  if (expression->IsColumn()) {
    if (const ColumnEstimate* known = input.Find(expression->column())) column = *known;
  }
  column.distinct = DistinctOf(expression, input);
  return column;
}

RowEstimate Filtered(const RowEstimate& input, const std::vector<ExpressionPtr>& conjuncts) {
  RowEstimate estimate = input;
  estimate.rows = input.rows * SelectivityOf(conjuncts, input, &estimate.columns);
  return estimate;
}

void MergeColumns(RowEstimate& into, const RowEstimate& from) {
  into.columns.insert(from.columns.begin(), from.columns.end());
}

}  // namespace

JoinShares SharesOf(const RowEstimate& left, const RowEstimate& right,
                    const std::vector<ExpressionPtr>& conditions) {
  ColumnSet left_ids;
  ColumnSet right_ids;
  for (const auto& [id, column] : left.columns) left_ids.insert(id);
  for (const auto& [id, column] : right.columns) right_ids.insert(id);
  JoinShares shares;
  std::vector<double> of_left;
  std::vector<double> of_right;
  std::vector<ExpressionPtr> residual;
  double product = 1;
  for (const ExpressionPtr& condition : conditions) {
    const auto equality = AsJoinEquality(condition, left_ids, right_ids);
    if (!equality) {
      residual.push_back(condition);
      continue;
    }
    of_left.push_back(DistinctOf(equality->left, left));
    of_right.push_back(DistinctOf(equality->right, right));
    product *= std::max({of_left.back(), of_right.back(), 1.0});
  }
  shares.has_keys = !of_left.empty();
  shares.left_distinct = Combine(of_left, left.base_rows);
  shares.right_distinct = Combine(of_right, right.base_rows);
  shares.distinct = product;
  // Composite keys: one side's rows bound the combinations that exist (a foreign key has no
  // others).
  if (of_left.size() > 1) {
    shares.distinct =
        std::min({product, std::max(left.base_rows, 1.0), std::max(right.base_rows, 1.0)});
  }
  if (!residual.empty()) {
    RowEstimate pairs = left;
    MergeColumns(pairs, right);
    shares.residual = SelectivityOf(residual, pairs);
  }
  return shares;
}

double JoinRows(JoinKind kind, const JoinShares& shares, double left_rows, double right_rows) {
  const double pairs = left_rows * right_rows * shares.residual;
  const double inner = shares.has_keys ? pairs / shares.distinct : pairs;
  // The share of left rows that find a match.
  double matched = 1 - std::pow(1 - std::min(shares.residual, 1.0), std::max(right_rows, 0.0));
  if (shares.has_keys) {
    const double present = DistinctAmong(shares.right_distinct, right_rows);
    const double keys = std::min(1.0, present / std::max(shares.left_distinct, 1.0));
    const double per_key = right_rows / std::max(present, 1.0);
    matched = keys * (1 - std::pow(1 - shares.residual, std::max(per_key, 1.0)));
  }
  switch (kind) {
    case JoinKind::kInner: return inner;
    case JoinKind::kLeft: return std::max(inner, left_rows);
    case JoinKind::kRight: return std::max(inner, right_rows);
    case JoinKind::kFull: return std::max({inner, left_rows, right_rows});
    case JoinKind::kSemi: return left_rows * matched;
    case JoinKind::kAnti: return left_rows * std::max(1 - matched, 0.05);
    case JoinKind::kMark:
    case JoinKind::kSingle: return left_rows;
  }
  return inner;
}

RowEstimate CardinalityEstimator::EstimateJoin(LogicalJoin& join) {
  RowEstimate left = Estimate(join.child(0));
  const RowEstimate right = Estimate(join.child(1));
  std::vector<ExpressionPtr> conditions = join.conditions;
  if (join.comparison) AppendConjuncts(conditions, {join.comparison});
  const double rows = JoinRows(join.join, SharesOf(left, right, conditions), left.rows, right.rows);
  left.rows = rows;
  if (join.join == JoinKind::kMark) left.columns[join.mark.id].distinct = 2;
  if (join.join == JoinKind::kSemi || join.join == JoinKind::kAnti ||
      join.join == JoinKind::kMark) {
    return left;
  }
  left.base_rows = std::max(left.base_rows, right.base_rows);
  MergeColumns(left, right);
  if (join.join != JoinKind::kInner) return left;
  // Equal columns hold the values that both have.
  for (const ExpressionPtr& condition : join.conditions) {
    if (condition->kind() != ExpressionKind::kComparison ||
        condition->comparison() != Comparison::kEqual || !condition->child(0)->IsColumn() ||
        !condition->child(1)->IsColumn()) {
      continue;
    }
    ColumnEstimate& a = left.columns[condition->child(0)->column()];
    ColumnEstimate& b = left.columns[condition->child(1)->column()];
    a.distinct = b.distinct = std::min(a.distinct, b.distinct);
    a.null_fraction = b.null_fraction = 0;
  }
  return left;
}

RowEstimate CardinalityEstimator::Estimate(LogicalOperator& plan) {
  if (const auto known = remembered_.find(&plan); known != remembered_.end()) {
    RowEstimate estimate = std::move(known->second);
    remembered_.erase(known);
    return estimate;
  }
  RowEstimate estimate = EstimateNode(plan);
  plan.estimated_rows = estimate.rows;
  return estimate;
}

RowEstimate CardinalityEstimator::EstimateScan(const LogicalScan& scan) {
  auto known = statistics_.find(scan.table.get());
  if (known == statistics_.end()) {
    known = statistics_.emplace(scan.table.get(), scan.table->statistics()).first;
  }
  const TableStatistics& statistics = known->second;
  RowEstimate estimate;
  estimate.rows = statistics.row_count ? static_cast<double>(*statistics.row_count) : kUnknownRows;
  estimate.base_rows = estimate.rows;
  for (const auto& column : scan.columns) {
    const ColumnStatistics* of_column =
        column.ordinal < statistics.columns.size() ? &statistics.columns[column.ordinal] : nullptr;
    estimate.columns[column.id] =
        FromStatistics(of_column, scan.table->columns()[column.ordinal].type, estimate.rows);
  }
  RowEstimate filtered = Filtered(estimate, scan.filters);
  if (sampler_ != nullptr) {
    if (const std::optional<double> share = sampler_->ShareOf(scan, estimate)) {
      filtered.rows = estimate.rows * *share;
    }
  }
  return filtered;
}

RowEstimate CardinalityEstimator::EstimateAggregate(const LogicalAggregate& aggregate,
                                                    const RowEstimate& input) {
  RowEstimate estimate;
  std::vector<double> distinct;
  for (const auto& group : aggregate.groups) {
    const ColumnEstimate column = EstimateColumn(group.expression, input);
    distinct.push_back(DistinctAmong(column.distinct, input.rows));
    estimate.columns[group.column.id] = column;
  }
  estimate.rows = aggregate.groups.empty() ? 1 : Combine(distinct, input.rows);
  estimate.base_rows = estimate.rows;
  for (const auto& call : aggregate.aggregates) {
    ColumnEstimate column;
    column.distinct = UnknownDistinct(estimate.rows);
    estimate.columns[call.column.id] = column;
  }
  return estimate;
}

RowEstimate CardinalityEstimator::EstimateSetOperation(LogicalSetOperation& operation) {
  std::vector<RowEstimate> inputs;
  for (PlanPtr& child : operation.children()) inputs.push_back(Estimate(*child));
  RowEstimate estimate;
  estimate.rows = 0;
  for (const RowEstimate& input : inputs) {
    estimate.rows = operation.operation == SetOperationKind::kUnion ? estimate.rows + input.rows
                                                                    : inputs[0].rows;
  }
  if (operation.operation == SetOperationKind::kIntersect) {
    estimate.rows = std::min(inputs[0].rows, inputs[1].rows);
  }
  estimate.base_rows = estimate.rows;
  for (size_t i = 0; i < operation.columns.size(); ++i) {
    ColumnEstimate column;
    column.distinct = 0;
    for (size_t child = 0; child < inputs.size(); ++child) {
      const ColumnEstimate* known = inputs[child].Find(operation.input_columns[child][i]);
      column.distinct += known != nullptr ? known->distinct : UnknownDistinct(inputs[child].rows);
    }
    column.distinct = std::max(1.0, std::min(column.distinct, estimate.rows));
    estimate.columns[operation.columns[i].id] = column;
  }
  if (!operation.all) {
    std::vector<double> distinct;
    for (const auto& [id, column] : estimate.columns) distinct.push_back(column.distinct);
    estimate.rows = Combine(distinct, estimate.rows);
  }
  return estimate;
}

RowEstimate CardinalityEstimator::EstimateCteScan(const LogicalCteScan& scan) {
  RowEstimate estimate;
  estimate.rows = estimate.base_rows = kUnknownRows;
  const auto definition = ctes_.find(scan.cte_id);
  if (definition != ctes_.end()) {
    estimate.rows = definition->second.rows;
    estimate.base_rows = definition->second.base_rows;
  }
  for (size_t i = 0; i < scan.columns.size(); ++i) {
    const ColumnEstimate* known =
        definition == ctes_.end() ? nullptr : definition->second.Find(scan.definition_columns[i]);
    ColumnEstimate column;
    column.distinct = UnknownDistinct(estimate.rows);
    estimate.columns[scan.columns[i].id] = known != nullptr ? *known : column;
  }
  return estimate;
}

RowEstimate CardinalityEstimator::EstimateNode(LogicalOperator& plan) {
  switch (plan.kind()) {
    case LogicalKind::kScan: return EstimateScan(*As<LogicalScan>(plan));
    case LogicalKind::kSetOperation: return EstimateSetOperation(*As<LogicalSetOperation>(plan));
    case LogicalKind::kCteScan: return EstimateCteScan(*As<LogicalCteScan>(plan));
    case LogicalKind::kJoin: return EstimateJoin(*As<LogicalJoin>(plan));
    case LogicalKind::kCte: Define(*As<LogicalCte>(plan)); return Estimate(plan.child(1));
    case LogicalKind::kValues: {
      const auto& values = *As<LogicalValues>(plan);
      RowEstimate estimate;
      estimate.rows = estimate.base_rows = static_cast<double>(values.rows.size());
      for (const OutputColumn& column : values.columns) {
        estimate.columns[column.id].distinct = std::max(estimate.rows, 1.0);
      }
      return estimate;
    }
    case LogicalKind::kCustom: return EstimateCustom(*As<LogicalCustom>(plan));
    default: return EstimateOverInput(plan, Estimate(plan.child()));
  }
}

RowEstimate EstimateWindow(const LogicalWindow& window, const RowEstimate& input) {
  RowEstimate estimate = input;
  const double groups = std::max(GroupsOf(window.partition_by, input), 1.0);
  double numbers = std::max(input.rows / groups, 1.0);
  if (window.limit) {
    numbers = std::min(numbers, static_cast<double>(*window.limit));
    estimate.rows = std::min(input.rows, groups * numbers);
  }
  for (const auto& call : window.functions) {
    ColumnEstimate& column = estimate.columns[call.column.id];
    column.distinct = numbers;
    column.min = 1;
    column.max = numbers;
  }
  return estimate;
}

// Nothing is known; as many rows as come in is as good a guess as any.
RowEstimate CardinalityEstimator::EstimateCustom(LogicalCustom& custom) {
  RowEstimate estimate;
  estimate.rows = estimate.base_rows = Estimate(custom.child()).rows;
  for (const OutputColumn& column : custom.columns) {
    estimate.columns[column.id].distinct = UnknownDistinct(estimate.rows);
  }
  return estimate;
}

RowEstimate CardinalityEstimator::EstimateOverInput(const LogicalOperator& plan,
                                                    const RowEstimate& input) {
  RowEstimate estimate = input;
  switch (plan.kind()) {
    case LogicalKind::kFilter: return Filtered(input, As<LogicalFilter>(plan)->predicates);
    case LogicalKind::kAggregate: return EstimateAggregate(*As<LogicalAggregate>(plan), input);
    case LogicalKind::kProject:
      estimate.columns.clear();
      for (const auto& entry : As<LogicalProject>(plan)->entries) {
        estimate.columns[entry.column.id] = EstimateColumn(entry.expression, input);
      }
      return estimate;
    case LogicalKind::kDistinctOn:
      estimate.rows = GroupsOf(As<LogicalDistinctOn>(plan)->keys, input);
      return estimate;
    case LogicalKind::kTopN: {
      const auto& top = *As<LogicalTopN>(plan);
      const double groups = GroupsOf(top.partition_by, input);
      estimate.rows = std::min(input.rows, groups * static_cast<double>(top.limit));
      return estimate;
    }
    case LogicalKind::kWindow: return EstimateWindow(*As<LogicalWindow>(plan), input);
    case LogicalKind::kLimit: {
      const auto& limit = *As<LogicalLimit>(plan);
      if (limit.limit) estimate.rows = std::min(input.rows, static_cast<double>(*limit.limit));
      if (limit.percent) estimate.rows = input.rows * *limit.percent / 100;
      return estimate;
    }
    default: return estimate;
  }
}

Result<size_t> EstimateRows(PlanPtr& plan, OptimizerContext& context) {
  CardinalityEstimator(context.sampler.get()).Estimate(*plan);
  return size_t{1};
}

}  // namespace trivet
