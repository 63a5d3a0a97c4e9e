#include "types/int256.h"

#include <cmath>
#include <cstdint>

#include "base/assert.h"

namespace trivet {

namespace {

uint128_t Magnitude(int128_t value) {
  return value < 0 ? ~static_cast<uint128_t>(value) + 1 : static_cast<uint128_t>(value);
}

// Divides high:low by the divisor, where high < divisor, one bit at a time. Wide division is rare
// (the end of a sum, a product beyond 128 bits), so plainness wins over speed.
uint128_t DivideWide(uint128_t high, uint128_t low, uint128_t divisor, uint128_t* remainder) {
  for (int bit = 0; bit < 128; ++bit) {
    const bool carry = static_cast<bool>(high >> 127);
    high = (high << 1) | (low >> 127);
    low <<= 1;
    if (carry || high >= divisor) {
      high -= divisor;
      low |= 1;
    }
  }
  *remainder = high;
  return low;
}

}  // namespace

Int256 Int256::Multiply(int128_t left, int128_t right) {
  const uint128_t a = Magnitude(left);
  const uint128_t b = Magnitude(right);
  const uint128_t a_low = static_cast<uint64_t>(a);
  const uint128_t a_high = a >> 64;
  const uint128_t b_low = static_cast<uint64_t>(b);
  const uint128_t b_high = b >> 64;
  const uint128_t low = a_low * b_low;
  const uint128_t middle = a_high * b_low + (low >> 64);
  const uint128_t cross = a_low * b_high + static_cast<uint64_t>(middle);
  Int256 product;
  product.low = (cross << 64) | static_cast<uint64_t>(low);
  product.high = static_cast<int128_t>(a_high * b_high + (middle >> 64) + (cross >> 64));
  return (left < 0) != (right < 0) ? -product : product;
}

Int256 Divide(const Int256& dividend, int128_t divisor, int128_t* remainder) {
  TRIVET_ASSERT(divisor != 0);
  const Int256 magnitude = dividend.IsNegative() ? -dividend : dividend;
  const uint128_t unsigned_divisor = Magnitude(divisor);
  const auto high = static_cast<uint128_t>(magnitude.high);
  Int256 quotient;
  quotient.high = static_cast<int128_t>(high / unsigned_divisor);
  uint128_t rest = high % unsigned_divisor;
  if (rest == 0) {
    quotient.low = magnitude.low / unsigned_divisor;
    rest = magnitude.low % unsigned_divisor;
  } else {
    quotient.low = DivideWide(rest, magnitude.low, unsigned_divisor, &rest);
  }
  const auto signed_rest = static_cast<int128_t>(rest);
  *remainder = dividend.IsNegative() ? -signed_rest : signed_rest;
  return dividend.IsNegative() != (divisor < 0) ? -quotient : quotient;
}

Int256 DivideRounded(const Int256& dividend, int128_t divisor) {
  int128_t remainder;
  Int256 quotient = Divide(dividend, divisor, &remainder);
  const uint128_t rest = Magnitude(remainder);
  if (rest >= Magnitude(divisor) - rest) {
    quotient.Add(dividend.IsNegative() != (divisor < 0) ? int128_t{-1} : int128_t{1});
  }
  return quotient;
}

double Int256::ToDouble() const {
  const Int256 magnitude = IsNegative() ? -*this : *this;
  uint64_t limbs[4] = {static_cast<uint64_t>(magnitude.low),
                       static_cast<uint64_t>(magnitude.low >> 64),
                       static_cast<uint64_t>(magnitude.high),
                       static_cast<uint64_t>(static_cast<uint128_t>(magnitude.high) >> 64)};
  int top = 3;
  while (top > 0 && limbs[top] == 0) --top;
  // The leading 64 bits, with everything below them folded into the last one, so that one rounding
  // to 53 bits sees on which side of a tie the value lies.
  const int shift = limbs[top] == 0 ? 0 : __builtin_clzll(limbs[top]);
  uint64_t leading = limbs[top] << shift;
  bool sticky = false;
  if (top > 0) {
    if (shift > 0) leading |= limbs[top - 1] >> (64 - shift);
    sticky = (limbs[top - 1] << shift) != 0;
    for (int i = top - 2; i >= 0; --i) sticky = sticky || limbs[i] != 0;
  }
  const double result =
      std::ldexp(static_cast<double>(leading | (sticky ? 1 : 0)), 64 * top - shift);
  return IsNegative() ? -result : result;
}

std::string Int256::ToString() const {
  if (FitsInt128()) return Int128ToString(ToInt128());
  constexpr int128_t kChunk = 1000000000000000000;  // 18 digits
  std::string digits;
  Int256 rest = IsNegative() ? -*this : *this;
  while (!rest.IsZero()) {
    int128_t chunk;
    rest = Divide(rest, kChunk, &chunk);
    std::string text = Int128ToString(chunk < 0 ? -chunk : chunk);
    if (!rest.IsZero()) text.insert(0, 18 - text.size(), '0');
    digits.insert(0, text);
  }
  return IsNegative() ? "-" + digits : digits;
}

}  // namespace trivet
