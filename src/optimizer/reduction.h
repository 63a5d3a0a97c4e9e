#pragma once

#include "optimizer/plan_rewrite.h"

namespace trivet {

// What predicate transfer (predicate_transfer.cc) may do to the inputs of joins, whatever it costs.

// The table that all rows of the plan come from, through filters and columns passed on; null where
// there is another operator, or where reading the table once more is dear.
const LogicalScan* TableBehind(const LogicalOperator& plan);

// A table behind operators that would show nobody that they see fewer rows, or are run once more:
// nothing in it is volatile or can fail, and what leaves rows out above may be told to the table's
// scan.
bool CanBeReduced(const LogicalOperator& plan);

}  // namespace trivet
