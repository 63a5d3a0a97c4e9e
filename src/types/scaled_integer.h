#pragma once

#include <array>
#include <cstdint>

#include "base/int128.h"

namespace trivet {

// A signed integer of any size up to kCapacity limbs, times a power of two: the exact values from
// which sums, means and variances are rounded once. Value semantics; used at the end of aggregates
// only, never per row.
class ScaledInteger {
 public:
  // Room for n·Σx² - (Σx)² over the whole range of doubles, with the difference of scales.
  static constexpr int kCapacity = 152;

  ScaledInteger() = default;  // zero
  // Two's complement of `count` limbs, least significant first, times 2^exponent.
  static ScaledInteger FromTwosComplement(const uint64_t* limbs, int count, int exponent);

  bool IsZero() const { return count_ == 0; }
  bool IsNegative() const { return negative_; }

  ScaledInteger operator*(const ScaledInteger& other) const;
  void MultiplyBy(uint64_t factor);
  ScaledInteger operator+(const ScaledInteger& other) const;
  ScaledInteger operator-(const ScaledInteger& other) const;

  // The nearest double to this value divided by both divisors (neither 0), ties to even; infinite
  // beyond the range.
  double RoundedQuotient(uint64_t divisor, uint64_t second_divisor) const;
  double Rounded() const;

 private:
  void Trim();
  void ShiftLeft(int bits);
  bool DivideBy(uint64_t divisor);  // false where a remainder was lost
  int BitLength() const;
  static int CompareMagnitudes(const ScaledInteger& left, const ScaledInteger& right);

  std::array<uint64_t, kCapacity>
      limbs_;  // magnitude, least significant first; [0, count_) are set
  int count_ = 0;
  int exponent_ = 0;
  bool negative_ = false;
};

// The nearest double to ±(leading + ε) × 2^exponent, where the top bit of leading is set, ε is in
// [0, 1) and not 0 exactly where `inexact`. Ties to even; denormals and infinities included.
double RoundToDouble(bool negative, uint64_t leading, bool inexact, int exponent);

}  // namespace trivet
