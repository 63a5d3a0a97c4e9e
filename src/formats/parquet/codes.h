#pragma once

#include <cstddef>
#include <cstdint>

namespace trivet::parquet {

// The largest of the codes, 0 of none.
uint32_t LargestCode(const uint32_t* codes, size_t count);

// Copies values[codes[i]] of `width` bytes each to out[i].
void GatherValues(const uint8_t* values, const uint32_t* codes, size_t count, size_t width,
                  uint8_t* out);

}  // namespace trivet::parquet
