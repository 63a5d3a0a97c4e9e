#pragma once

#include "catalog/table_function.h"
#include "distributed/coordinator_driver.h"

namespace trivet {

// The functions behind system.workers, system.queries and system.tasks: what the coordinator knows
// at the moment of binding. `driver` outlives the registry.
void RegisterClusterTables(TableFunctionRegistry& functions, const CoordinatorDriver& driver);

}  // namespace trivet
