#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "storage/dynamic_filter.h"
#include "vector/vector.h"

namespace trivet::parquet {

// Rows whose values in the filter's columns can pass it, ascending, among rows[0..count) or, where
// `rows` is null, among [0, count); NULLs of a single column cannot. `out` has room for `count`
// rows and may be `rows`. Returns their number.
size_t SelectDynamicFilter(const DynamicFilter::Content& filter, std::span<const Vector> columns,
                           const uint32_t* rows, size_t count, uint32_t* out);

}  // namespace trivet::parquet
