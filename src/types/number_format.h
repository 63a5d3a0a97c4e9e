#pragma once

#include <cstddef>
#include <cstdint>

#include "base/int128.h"

namespace trivet {

// Text of numbers as results print them. Each function writes at `out`, which has room for the
// constant beside it, and returns the end of what it wrote. No terminating zero.

inline constexpr size_t kMaxIntegerTextSize = 40;  // any integer up to 128 bits, with its sign
char* WriteInt64(char* out, int64_t value);
char* WriteUInt64(char* out, uint64_t value);
char* WriteInt128(char* out, int128_t value);

// The shortest digits that read back as the same value: 1.0, 1e+20, 0.0001, 1e-05, nan, inf, -inf.
// Exponents of ten from -4 to 15 print in full. The sign of a NaN is not shown, for it depends on
// the processor.
inline constexpr size_t kMaxFloatingTextSize = 32;
char* WriteDouble(char* out, double value);
char* WriteFloat(char* out, float value);

// Exactly `digits` decimal digits of value, zero-padded on the left; value < 10^digits.
inline char* WritePadded(char* out, uint64_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  return out + digits;
}

}  // namespace trivet
