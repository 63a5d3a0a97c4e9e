#pragma once

#include <cstddef>
#include <cstdint>

#include "base/int128.h"

namespace trivet::parquet {

// How raw values of a column (as encodings store them) become values of the engine's type.
struct Conversion {
  // Bytes of a raw value: BOOLEAN 1, INT32 4, INT96 12, FIXED_LEN_BYTE_ARRAY its length … Strings
  // have 16: they are decoded to StringViews at once.
  size_t raw_width = 0;
  bool raw_is_string = false;
  // Converts `count` values; false where one is outside the type's range. Null: raw values are the
  // engine's values.
  bool (*convert)(const Conversion& self, const uint8_t* raw, size_t count, uint8_t* out) = nullptr;
  // Where raw values are the engine's values and not each of them is one: false where one is
  // outside the type's range. They are aligned. Null: every raw value is in range.
  bool (*check)(const Conversion& self, const uint8_t* raw, size_t count) = nullptr;
  int64_t multiplier = 1;  // of times and timestamps
  int64_t divisor = 1;
  int128_t limit = 0;  // decimals: magnitudes from here on are out of range
  int scale = 0;       // decimals read as doubles

  bool InRange(const uint8_t* raw, size_t count) const {
    return check == nullptr || check(*this, raw, count);
  }
};

}  // namespace trivet::parquet
