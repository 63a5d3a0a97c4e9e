#pragma once

#include "catalog/table_function.h"
#include "distributed/coordinator_driver.h"
#include "execution/physical_operator.h"

namespace trivet {

// The functions behind system.workers, system.queries and system.tasks: what the coordinator knows
// at the moment of binding. `driver` outlives the registry.
void RegisterClusterTables(TableFunctionRegistry& functions, const CoordinatorDriver& driver);

// Whether the plan reads such tables and no others: the coordinator answers it by itself, without a
// worker's slot, so that a busy cluster can be looked at.
bool ReadsClusterTablesAlone(const PhysicalOperator& plan);

}  // namespace trivet
