#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "storage/dynamic_filter.h"
#include "vector/vector.h"

namespace trivet {

// Rows whose values in the filter's columns can pass it, ascending, among rows[0..count) or, where
// `rows` is null, among [0, count); NULLs of a single column cannot. `out` has room for `count`
// rows and may be `rows`. Returns their number.
size_t SelectDynamicFilter(const DynamicFilter::Content& filter, std::span<const Vector> columns,
                           const uint32_t* rows, size_t count, uint32_t* out);

// Of so many rows tested it let so many pass: enough to say that asking on costs more than it
// spares.
bool LetsNearlyAllPass(uint64_t tested, uint64_t passed);
// Rows after which it may be said.
inline constexpr uint64_t kDynamicFilterTrial = 40'000;

}  // namespace trivet
