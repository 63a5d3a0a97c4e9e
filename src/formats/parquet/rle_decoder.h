#pragma once

#include <cstddef>
#include <cstdint>

namespace trivet::parquet {

// Decodes Parquet's hybrid of run-length and bit-packed runs: levels, dictionary codes, booleans.
// Borrows the bytes, behind which kSlackBytes must be readable. Functions return false (or 0) where
// the bytes end before the values asked for.
class RleDecoder {
 public:
  RleDecoder() = default;
  // `width` is 0..32 bits.
  RleDecoder(const uint8_t* data, size_t size, int width)
      : next_(data), end_(data + size), width_(width) {}

  bool Decode(size_t count, uint32_t* out);
  bool Skip(size_t count);
  // Sets bit offset + i of `bits` where value i equals `wanted`, else clears it, for `count`
  // values; adds the number of set bits to `matches`.
  bool DecodeEqual(size_t count, uint32_t wanted, uint64_t* bits, size_t offset, size_t& matches);
  // The values from here on that are one repeated value: gives their number (0 in a packed run).
  size_t RepeatedAhead(uint32_t& value);

 private:
  // Makes run_left_ positive, unless the bytes end or are garbage.
  bool NextRun();

  const uint8_t* next_ = nullptr;
  const uint8_t* end_ = nullptr;
  int width_ = 0;
  size_t run_left_ = 0;
  bool repeated_ = false;
  uint32_t value_ = 0;               // of a repeated run
  const uint8_t* packed_ = nullptr;  // of a packed run
  size_t packed_position_ = 0;
};

// Sets or clears `count` bits from `offset` on.
void FillBits(uint64_t* bits, size_t offset, size_t count, bool value);

}  // namespace trivet::parquet
