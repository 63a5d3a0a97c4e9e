#pragma once

#include "catalog/table_function.h"

namespace trivet {

// range(stop), range(start, stop[, step]) without the stop, and generate_series with it.
void RegisterRangeFunctions(TableFunctionRegistry& registry);

}  // namespace trivet
