#pragma once

#include <vector>

#include "execution/operators/sort_run.h"
#include "execution/physical_planner.h"

namespace trivet {

class PipelineBuilder;

// What ORDER BY, Top-N and window functions have in common.

// The keys over the input's columns.
Result<std::vector<SortKey>> ResolveSortKeys(const std::vector<SortKey>& keys,
                                             const PhysicalPlanner::Translated& input);
// Appends what orders rows of equal keys where the input has no order of its own: the query's
// output columns, left to right, then whatever else there is, last what tells equal values apart
// (the sign of zero, a month and 30 days), so that the answer does not depend on how the input was
// computed.
Status BreakTiesByColumns(const PhysicalPlanner& planner, const PhysicalPlanner::Translated& input,
                          std::vector<SortKey>& keys);

// The operator's pipelines: its child's into a sort of that shape, and one from its rows [offset,
// offset + limit), or those of every partition.
Status BuildSortPipelines(const PhysicalOperator& op, SortShape shape, uint64_t limit,
                          uint64_t offset, PipelineBuilder& builder);

}  // namespace trivet
