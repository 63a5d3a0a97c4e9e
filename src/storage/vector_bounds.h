#pragma once

#include "storage/statistics.h"
#include "vector/vector.h"

namespace trivet {

// Exact bounds and NULL count of rows [0, count) of a flat vector, in the engine's order (NaN
// greatest). Without bounds where all rows are NULL or the type has no order of its own (lists,
// structs).
ColumnStatistics VectorBounds(const Vector& column, size_t count);

}  // namespace trivet
