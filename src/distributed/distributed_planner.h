#pragma once

#include "distributed/distributed_plan.h"

namespace trivet {

// Cuts a physical plan into stages: puts an exchange exactly where what an operator requires of its
// inputs is not satisfied by how they are spread, and runs operators in two phases where they can
// be. Reads nothing of operators but their capabilities, origins and phases. Deterministic. The
// options must have been made for a number of slots.
Result<DistributedPlan> PlanDistributed(const PhysicalPlan& plan,
                                        const DistributedPlannerOptions& options);

}  // namespace trivet
