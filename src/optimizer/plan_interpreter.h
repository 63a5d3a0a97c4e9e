#pragma once

// What tests of the optimiser share: tables of a few rows, and an interpreter that gives a logical
// plan's rows by its definition alone, dependent joins included.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "expression/testing.h"
#include "optimizer/plan_rewrite.h"
#include "plan/logical_window.h"

namespace trivet::testing {

// A table that the interpreter reads and nothing can scan.
class FakeTable final : public Table {
 public:
  FakeTable(std::vector<ColumnDefinition> columns, std::vector<std::vector<Value>> rows)
      : rows(std::move(rows)), columns_(std::move(columns)) {}

  const std::vector<ColumnDefinition>& columns() const override { return columns_; }
  TableStatistics statistics() const override { return known_statistics; }
  ScanCapabilities capabilities() const override {
    return {.filters = takes_filters, .dynamic_filters = true};
  }
  Result<std::unique_ptr<TableScan>> Scan(const ScanRequest&,
                                          const ExecutionContext&) const override {
    return Status::Internal("a fake table cannot be scanned");
  }
  std::string kind() const override { return "FAKE_SCAN"; }
  std::string description() const override { return "fake"; }

  // Fills known_statistics from the rows.
  void ComputeStatistics();

  std::vector<std::vector<Value>> rows;
  TableStatistics known_statistics;
  bool takes_filters = true;

 private:
  std::vector<ColumnDefinition> columns_;
};

using Row = std::map<ColumnId, Value>;
using Rows = std::vector<Row>;

// Runs plans over fake tables. Conjuncts run in written order and only on rows that passed those
// ahead; whatever fails ends the run. Inputs that no row asks for (the right side of a join without
// left rows) are not computed, unless `eager`: then they are, and so is whatever in a dependent
// join's right side uses nothing of its left side. ResourceExhausted for very many rows.
class PlanInterpreter {
 public:
  explicit PlanInterpreter(bool eager = false) : eager_(eager) {}
  Result<Rows> Run(const LogicalOperator& plan) { return Evaluate(plan, {}); }

 private:
  Result<Rows> Evaluate(const LogicalOperator& plan, const Row& outer);
  Result<Rows> Scan(const LogicalScan& scan, const Row& outer);
  Result<Rows> Values(const LogicalValues& values, const Row& outer);
  Result<Rows> Project(const LogicalProject& project, const Rows& input, const Row& outer);
  struct Matches {
    std::vector<size_t> rows;          // of the right side
    std::optional<bool> mark = false;  // unknown where a comparison is
  };
  Result<Rows> Join(const LogicalJoin& join, const Row& outer);
  Result<Matches> MatchesOf(const LogicalJoin& join, const Row& left, const Rows& right,
                            const Row& outer);
  Status AddLeftRow(const LogicalJoin& join, const Row& left, const Matches& matches, Rows& result);
  Status RunClosedParts(const LogicalOperator& plan, const ColumnSet& left, const Row& outer);
  Result<Rows> Aggregate(const LogicalAggregate& aggregate, const Rows& input, const Row& outer);
  Result<Value> Call(const LogicalAggregate::Aggregate& call, const Rows& group, const Row& outer);
  Result<Rows> SetOperation(const LogicalSetOperation& operation, const Row& outer);
  Result<Rows> Filter(const std::vector<ExpressionPtr>& predicates, Rows input, const Row& outer);
  Result<Rows> Sort(const std::vector<SortKey>& keys, Rows input, const Row& outer);
  Result<Rows> Top(const LogicalTopN& top, Rows input, const Row& outer);
  Result<Rows> Window(const LogicalWindow& window, Rows input, const Row& outer);
  Result<Rows> DistinctOn(const LogicalDistinctOn& distinct, Rows input, const Row& outer);
  Result<Rows> CteScan(const LogicalCteScan& scan);
  // Values of the expressions in one row; what a map from groups to rows is keyed by.
  Result<std::string> KeyOf(const std::vector<ExpressionPtr>& expressions, const Row& row,
                            const Row& outer);
  Result<Value> Compute(const ExpressionPtr& expression, const Row& row, const Row& outer);
  Result<Value> ComputeJunction(const ExpressionPtr& expression, const Row& row, const Row& outer);
  Result<Value> ComputeIn(const ExpressionPtr& expression, const Row& row, const Row& outer);
  Result<bool> AllTrue(const std::vector<ExpressionPtr>& predicates, const Row& row,
                       const Row& outer);

  const bool eager_;
  TestContext context_;
  struct Cte {
    const LogicalOperator* definition;
    Row outer;
    std::optional<Rows> rows;
  };
  std::map<uint32_t, Cte> ctes_;
};

// The rows of the plan's columns `columns`, as sorted lines.
std::vector<std::string> Lines(const Rows& rows, const std::vector<OutputColumn>& columns);

// Aggregates that the interpreter knows by name: count_star, count, sum (BIGINT), min, max.
BoundAggregateFunction FakeAggregate(const std::string& name,
                                     std::vector<LogicalType> argument_types);

}  // namespace trivet::testing
