#pragma once

#include <vector>

#include "distributed/distributed_plan.h"
#include "execution/operators/join.h"
#include "execution/physical_operator.h"

namespace trivet {

// Rows that a leaf reads, by estimate; of these, filters may let few through.
double ScannedRows(const PhysicalOperator& leaf);

// Into how many tasks the reading of so many rows is cut, of a table that can be cut so often.
uint32_t ScanTasks(double rows, uint64_t most, const DistributedPlannerOptions& options);

// Bytes that the scans of a plan read, by estimate.
double ScannedBytes(const PhysicalOperator& plan);

// The plan where every scan reads all of its table, whichever task runs it.
PhysicalPlan ReadingWhole(const PhysicalPlan& plan);

// Whether the operator is right, too, if input number `dealt` comes in any cut and all others
// whole.
bool MayBeDealtOut(const OperatorCapabilities& capabilities, size_t dealt);

// Whether rows that differ are never equal to a sort by these keys, over these columns.
bool TellRowsApart(const std::vector<SortKey>& keys, const std::vector<PhysicalColumn>& columns);

// True where rows on this side of the join that have no partner by its keys may be left out: they
// make no row of the output, and decide of none.
bool MayShrink(const PhysicalJoin& join, size_t side);
// The rows of such a side, given as `rows`, that have the keys of a row of `others`, which has them
// as `keys`.
PhysicalPlan PartnersOnly(const PhysicalJoin& join, size_t side, const PhysicalPlan& rows,
                          const PhysicalPlan& others, const std::vector<ExpressionPtr>& keys);
// How many these are at most, by estimate.
double EstimatedPartners(const PhysicalJoin& join, size_t side);

}  // namespace trivet
