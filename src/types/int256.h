#pragma once

#include <string>

#include "base/int128.h"

namespace trivet {

// Signed 256-bit integer in two's complement: sums of decimals and of 128-bit integers, and
// products and quotients of decimals before their range is checked. Arithmetic wraps; sums of 2^127
// addends of 128 bits cannot. Trivially copyable.
struct Int256 {
  uint128_t low = 0;
  int128_t high = 0;

  static constexpr Int256 From(int128_t value) {
    return {static_cast<uint128_t>(value), value < 0 ? int128_t{-1} : int128_t{0}};
  }
  // The exact product.
  static Int256 Multiply(int128_t left, int128_t right);

  bool IsNegative() const { return high < 0; }
  bool IsZero() const { return low == 0 && high == 0; }
  bool FitsInt128() const { return high == (static_cast<int128_t>(low) < 0 ? -1 : 0); }
  int128_t ToInt128() const { return static_cast<int128_t>(low); }  // where it fits
  double ToDouble() const;                                          // nearest, ties to even
  std::string ToString() const;

  void Add(int128_t value) {
    low += static_cast<uint128_t>(value);
    high += (low < static_cast<uint128_t>(value) ? 1 : 0) + (value < 0 ? -1 : 0);
  }
  void Add(const Int256& value) {
    low += value.low;
    high = static_cast<int128_t>(static_cast<uint128_t>(high) + static_cast<uint128_t>(value.high) +
                                 (low < value.low ? 1 : 0));
  }
  Int256 operator-() const {
    const uint128_t negated = ~low + 1;
    return {negated, static_cast<int128_t>(~static_cast<uint128_t>(high) + (negated == 0 ? 1 : 0))};
  }
  Int256 operator-(const Int256& other) const {
    Int256 result = *this;
    result.Add(-other);
    return result;
  }
  bool operator==(const Int256&) const = default;
  bool operator<(const Int256& other) const {
    return high != other.high ? high < other.high : low < other.low;
  }
};

// Quotient truncated toward zero, and the remainder with the dividend's sign. The divisor is not 0.
Int256 Divide(const Int256& dividend, int128_t divisor, int128_t* remainder);
// The quotient rounded half away from zero.
Int256 DivideRounded(const Int256& dividend, int128_t divisor);

}  // namespace trivet
