#pragma once

#include <unordered_map>

#include "optimizer/plan_rewrite.h"

namespace trivet {

// Facts that can be proven from a plan alone, whatever the data. What is not proven is not claimed.

// Sets of output columns whose values (NULLs being equal) no two rows share. The empty set is a key
// where there is at most one row.
std::vector<ColumnSet> UniqueKeys(const LogicalOperator& plan);
// Is some key contained in `columns`?
bool IsUniqueOn(const LogicalOperator& plan, const ColumnSet& columns);
bool GivesAtMostOneRow(const LogicalOperator& plan);
bool GivesExactlyOneRow(const LogicalOperator& plan);

// Does each row of a join's left (right) side match at most one of the other side?
bool MatchesAtMostOneRight(const LogicalJoin& join);
bool MatchesAtMostOneLeft(const LogicalJoin& join);

// Output columns of plans that are never NULL. Remembers what it found by node: nodes must outlive
// it, and may change meanwhile only so that columns lose NULLs.
class NonNullAnalysis {
 public:
  const ColumnSet& Of(const LogicalOperator& plan);

 private:
  ColumnSet Compute(const LogicalOperator& plan);

  std::unordered_map<const LogicalOperator*, ColumnSet> columns_;  // looked up, never walked
};

// Of a scan: columns that are never NULL in the table, whatever its filters.
ColumnSet NonNullBeforeFilters(const LogicalScan& scan);
// Columns of the plan or below it that hold the very same value in every row of the plan: each with
// the least of those that it equals. Columns that equal no other may be left out.
std::map<ColumnId, ColumnId> EqualColumns(const LogicalOperator& plan);

// Is the expression never NULL where `non_null` columns are not?
bool IsNeverNull(const ExpressionPtr& expression, const ColumnSet& non_null);

}  // namespace trivet
