#pragma once

#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "optimizer/plan_rewrite.h"

namespace trivet {

// What is expected of one column's values.
struct ColumnEstimate {
  double distinct = 1;  // not NULL; of its whole domain, whatever other predicates leave
  double null_fraction = 0;
  std::optional<double> min;  // of types whose values lie on a line
  std::optional<double> max;
};

// What is expected of a plan's rows.
struct RowEstimate {
  double rows = 1;
  double base_rows = 1;  // before predicates: no combination of its columns has more values
  std::map<ColumnId, ColumnEstimate> columns;

  const ColumnEstimate* Find(ColumnId id) const {
    const auto found = columns.find(id);
    return found == columns.end() ? nullptr : &found->second;
  }
};

// The values' place on a line, for interpolation; none for types without one.
std::optional<double> PositionOf(const Value& value);

// The share of rows for which all conjuncts are TRUE. Ranges over one column are taken together,
// other conjuncts as independent. `after`, if given, receives the columns as the conjuncts leave
// them.
double SelectivityOf(const std::vector<ExpressionPtr>& conjuncts, const RowEstimate& input,
                     std::map<ColumnId, ColumnEstimate>* after = nullptr);

// How many distinct values an expression takes in that many rows.
double DistinctOf(const ExpressionPtr& expression, const RowEstimate& input);
// How many of `distinct` values are expected among `rows` rows drawn from all (S. B. Yao, 1977).
double DistinctAmong(double distinct, double rows);

// How the rows of two sides find each other.
struct JoinShares {
  double distinct = 1;       // combined values of the keys' domains: pairs agree once in so many
  double left_distinct = 1;  // of the keys on either side
  double right_distinct = 1;
  bool has_keys = false;
  double residual = 1;  // share of pairs with equal keys that also pass the other conditions
};
JoinShares SharesOf(const RowEstimate& left, const RowEstimate& right,
                    const std::vector<ExpressionPtr>& conditions);
double JoinRows(JoinKind kind, const JoinShares& shares, double left_rows, double right_rows);

// Estimates plans bottom-up from table statistics. Definitions of common table expressions are kept
// from LogicalCte nodes on the way. Deterministic; holds no references into plans but to those that
// it was told to remember.
class LogicalCustom;
class TableSampler;

class CardinalityEstimator {
 public:
  // Asks the sampler what passes scans' filters, where there is one; it outlives the estimator.
  explicit CardinalityEstimator(TableSampler* sampler = nullptr) : sampler_(sampler) {}

  // Sets estimated_rows throughout the subtree.
  RowEstimate Estimate(LogicalOperator& plan);
  // Estimates the definition, for readers estimated later.
  void Define(LogicalCte& cte) { ctes_[cte.cte_id] = Estimate(cte.child(0)); }
  // The plan is estimated already: the next estimate of it, or of what stands above it, starts from
  // there. The plan must stay as it is and where it is.
  void Remember(const LogicalOperator& plan, RowEstimate estimate) {
    remembered_[&plan] = std::move(estimate);
  }

 private:
  RowEstimate EstimateNode(LogicalOperator& plan);
  RowEstimate EstimateOverInput(const LogicalOperator& plan, const RowEstimate& input);
  RowEstimate EstimateScan(const LogicalScan& scan);
  RowEstimate EstimateAggregate(const LogicalAggregate& aggregate, const RowEstimate& input);
  RowEstimate EstimateJoin(LogicalJoin& join);
  RowEstimate EstimateSetOperation(LogicalSetOperation& operation);
  RowEstimate EstimateCustom(LogicalCustom& custom);
  RowEstimate EstimateCteScan(const LogicalCteScan& scan);

  TableSampler* const sampler_;
  std::map<uint32_t, RowEstimate> ctes_;
  std::map<const Table*, TableStatistics> statistics_;
  std::unordered_map<const LogicalOperator*, RowEstimate> remembered_;  // looked up, never walked
};

}  // namespace trivet
