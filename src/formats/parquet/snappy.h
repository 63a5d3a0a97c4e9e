#pragma once

#include <cstddef>
#include <cstdint>

namespace trivet::parquet {

// Decompresses one Snappy block of exactly `out_size` bytes; false where the input is not that.
// Reads up to kSlackBytes behind the input and writes up to kSlackBytes behind the output: every
// element is copied by whole vectors, so that its length decides no branch.
bool DecompressSnappy(const uint8_t* in, size_t in_size, uint8_t* out, size_t out_size);

// Bytes that the block claims to hold; false where that cannot be read.
bool SnappyUncompressedSize(const uint8_t* in, size_t in_size, size_t& size);

}  // namespace trivet::parquet
