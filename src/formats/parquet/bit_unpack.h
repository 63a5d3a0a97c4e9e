#pragma once

#include <cstddef>
#include <cstdint>

namespace trivet::parquet {

// Unpacks `count` values of `width` bits (0..32), packed from the least significant bit on,
// starting at value number `first`. Reads whole words: up to kSlackBytes behind the last packed
// byte.
void UnpackBits(const uint8_t* packed, int width, size_t first, size_t count, uint32_t* out);

// The same for widths of 0..64 bits.
void UnpackBits64(const uint8_t* packed, int width, size_t first, size_t count, uint64_t* out);

}  // namespace trivet::parquet
