#include "expression/aggregates/rounded_ratio.h"

#include <array>
#include <bit>
#include <cmath>

#include "types/decimal.h"

namespace trivet {

namespace {

// An unsigned integer of 512 bits, least significant word first: numerators and denominators of up
// to 256 bits, aligned with one another.
struct Wide {
  std::array<uint64_t, 8> words{};

  int BitLength() const {
    for (int i = 7; i >= 0; --i) {
      if (words[i] != 0) return 64 * i + static_cast<int>(std::bit_width(words[i]));
    }
    return 0;
  }
  void ShiftLeft(int bits) {
    const int skip = bits / 64;
    const int rest = bits % 64;
    for (int i = 7; i >= 0; --i) {
      const uint64_t high = i - skip >= 0 ? words[i - skip] : 0;
      const uint64_t low = i - skip - 1 >= 0 ? words[i - skip - 1] : 0;
      words[i] = rest == 0 ? high : (high << rest) | (low >> (64 - rest));
    }
  }
  bool AtLeast(const Wide& other) const {
    for (int i = 7; i >= 0; --i) {
      if (words[i] != other.words[i]) return words[i] > other.words[i];
    }
    return true;
  }
  void Subtract(const Wide& other) {
    uint64_t borrow = 0;
    for (int i = 0; i < 8; ++i) {
      const uint128_t difference = static_cast<uint128_t>(words[i]) - other.words[i] - borrow;
      words[i] = static_cast<uint64_t>(difference);
      borrow = static_cast<uint64_t>(difference >> 64) & 1;
    }
  }
  bool IsZero() const { return BitLength() == 0; }
};

Wide MakeWide(uint128_t low, uint128_t high) {
  Wide wide;
  wide.words[0] = static_cast<uint64_t>(low);
  wide.words[1] = static_cast<uint64_t>(low >> 64);
  wide.words[2] = static_cast<uint64_t>(high);
  wide.words[3] = static_cast<uint64_t>(high >> 64);
  return wide;
}

// The quotient to 64 significant bits with the rest as a sticky bit, rounded to 53.
double RoundQuotient(uint64_t quotient, bool sticky, int exponent) {
  constexpr int kDropped = 11;
  const uint64_t dropped = quotient & ((uint64_t{1} << kDropped) - 1);
  uint64_t mantissa = quotient >> kDropped;
  constexpr uint64_t kHalf = uint64_t{1} << (kDropped - 1);
  if (dropped > kHalf || (dropped == kHalf && (sticky || (mantissa & 1)))) ++mantissa;
  return std::ldexp(static_cast<double>(mantissa), exponent + kDropped);
}

double DivideWide(Wide numerator, Wide denominator) {
  // Aligned so that the first quotient bit is set; then bit by bit.
  const int distance = numerator.BitLength() - denominator.BitLength();
  int exponent = distance;
  if (distance >= 0) {
    denominator.ShiftLeft(distance);
  } else {
    numerator.ShiftLeft(-distance);
  }
  if (!numerator.AtLeast(denominator)) {
    numerator.ShiftLeft(1);
    --exponent;
  }
  uint64_t quotient = 0;
  for (int bit = 0; bit < 64; ++bit) {
    quotient <<= 1;
    if (numerator.AtLeast(denominator)) {
      numerator.Subtract(denominator);
      quotient |= 1;
    }
    numerator.ShiftLeft(1);
  }
  return RoundQuotient(quotient, !numerator.IsZero(), exponent - 63);
}

}  // namespace

double RoundedRatio(const Int256& numerator, uint64_t count, int scale) {
  const bool negative = numerator.IsNegative();
  const Int256 magnitude = negative ? -numerator : numerator;
  if (magnitude.IsZero()) return 0.0;
  const auto power = static_cast<uint128_t>(PowerOfTen(scale));
  constexpr uint128_t kExact = uint128_t{1} << 53;
  double result;
  if (magnitude.high == 0 && magnitude.low <= kExact && power <= kExact &&
      power * count <= kExact) {
    // Both are doubles, and division rounds once.
    result = static_cast<double>(static_cast<uint64_t>(magnitude.low)) /
             static_cast<double>(static_cast<uint64_t>(power * count));
  } else {
    const uint128_t low_part = static_cast<uint64_t>(power) * static_cast<uint128_t>(count);
    const uint128_t high_part =
        static_cast<uint128_t>(static_cast<uint64_t>(power >> 64)) * count + (low_part >> 64);
    const uint128_t low = (high_part << 64) | static_cast<uint64_t>(low_part);
    result = DivideWide(MakeWide(magnitude.low, static_cast<uint128_t>(magnitude.high)),
                        MakeWide(low, high_part >> 64));
  }
  return negative ? -result : result;
}

}  // namespace trivet
