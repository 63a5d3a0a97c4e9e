#pragma once

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

// Output columns that are never NULL.
ColumnSet NonNullColumns(const LogicalOperator& plan);
// Is the expression never NULL where `non_null` columns are not?
bool IsNeverNull(const ExpressionPtr& expression, const ColumnSet& non_null);

}  // namespace trivet
