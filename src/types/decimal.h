#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/int128.h"
#include "types/number_parse.h"

namespace trivet {

// Decimals are integers with an implied point: value = unscaled / 10^scale. All widths share this
// code through 128 bits; kernels of narrower storage convert at their edges.

namespace internal {
constexpr std::array<int128_t, 39> MakePowersOfTen() {
  std::array<int128_t, 39> powers{};
  powers[0] = 1;
  for (size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}
inline constexpr std::array<int128_t, 39> kPowersOfTen = MakePowersOfTen();
}  // namespace internal

// 10^exponent for 0 <= exponent <= 38.
inline constexpr int128_t PowerOfTen(int exponent) {
  return internal::kPowersOfTen[static_cast<size_t>(exponent)];
}
// 10^exponent as the nearest double, 0 <= exponent <= 38.
double PowerOfTenDouble(int exponent);

// Whether the unscaled value has at most `precision` digits.
inline constexpr bool FitsPrecision(int128_t unscaled, int precision) {
  return unscaled < PowerOfTen(precision) && unscaled > -PowerOfTen(precision);
}

// unscaled / 10^digits rounded half away from zero, 0 <= digits <= 38.
inline constexpr int128_t DivideByPowerOfTen(int128_t unscaled, int digits) {
  const int128_t divisor = PowerOfTen(digits);
  const int128_t rest = unscaled % divisor;
  const int128_t half = divisor / 2;
  return unscaled / divisor + (digits > 0 && rest >= half ? 1 : 0) -
         (digits > 0 && rest <= -half ? 1 : 0);
}

// Moves a decimal to another scale, rounding half away from zero. False where the result has more
// than `to_precision` digits.
bool RescaleDecimal(int128_t unscaled, int from_scale, int to_precision, int to_scale,
                    int128_t* result);

// The value with all digits of its scale: 1.50, -0.05; without a leading zero where precision
// equals scale (.50), as the reference dialect has it. Returns the end.
inline constexpr size_t kMaxDecimalTextSize = 44;
char* WriteDecimal(char* out, int128_t unscaled, int precision, int scale);

// Reads the forms of ParseScaled into at most `precision` digits.
NumberParse ParseDecimal(std::string_view text, int precision, int scale, int128_t* unscaled);

// The double nearest to unscaled / 10^scale, ties to even.
double DecimalToDouble(int128_t unscaled, int scale);
// value × 10^scale rounded half away from zero; false for NaN, infinities and values of more than
// `precision` digits.
bool DoubleToDecimal(double value, int precision, int scale, int128_t* unscaled);

}  // namespace trivet
