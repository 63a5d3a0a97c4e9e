#pragma once

#include <cstdint>
#include <optional>

#include "distributed/distributed_plan.h"
#include "execution/operators/join.h"

namespace trivet {

// One side of a join of which most groups have no partner on the other, much smaller side: their
// rows can be left out where they are read, before they are grouped and moved.
struct GroupReduction {
  size_t side = 0;        // the child of the join that shrinks
  PhysicalPlan plan;      // that child, with `partners` somewhere below its groups
  PhysicalPlan partners;  // a semi join; its right child is the join's other child, as it was
};

// Looks for such a side: it ends, by origins alone (see PhysicalOperator::OriginOf), in an
// aggregation by keys of the join, which makes at least `options.reduction_factor` times as many
// groups as the other side has rows and reads more than `options.gather_bytes`; the other side is
// small enough to be sent to all. All by estimate. Nothing where the join would miss the rows.
std::optional<GroupReduction> FindGroupReduction(const PhysicalJoin& join,
                                                 const DistributedPlannerOptions& options);

}  // namespace trivet
