#pragma once

#include <cstddef>
#include <cstdint>

namespace trivet::parquet {

// All bits that the magnitudes of the values have, or one less than a negative one's: what is below
// a power of two bounds them all.
uint32_t MagnitudeBits(const int32_t* values, size_t count);
uint64_t MagnitudeBits(const int64_t* values, size_t count);

}  // namespace trivet::parquet
