#pragma once

#include <cstdint>
#include <memory>

#include "formats/parquet/row_selection.h"
#include "storage/dynamic_filter.h"
#include "vector/vector.h"

namespace trivet::parquet {

// Whether rows of a column can pass a dynamic filter: writes 1 or 0 for each of the first `count`
// rows (NULLs get 0).
void MatchDynamicFilter(const DynamicFilter::Content& filter, const Vector& column, size_t count,
                        uint8_t* passes);

}  // namespace trivet::parquet
