#include "types/decimal.h"

#include <cmath>

#include "base/assert.h"
#include "types/number_format.h"

namespace trivet {

double PowerOfTenDouble(int exponent) {
  static constexpr double kPowers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,
                                       1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
                                       1e20, 1e21, 1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29,
                                       1e30, 1e31, 1e32, 1e33, 1e34, 1e35, 1e36, 1e37, 1e38};
  return kPowers[exponent];
}

bool RescaleDecimal(int128_t unscaled, int from_scale, int to_precision, int to_scale,
                    int128_t* result) {
  if (to_scale >= from_scale) {
    if (__builtin_mul_overflow(unscaled, PowerOfTen(to_scale - from_scale), result)) return false;
  } else {
    *result = DivideByPowerOfTen(unscaled, from_scale - to_scale);
  }
  return FitsPrecision(*result, to_precision);
}

char* WriteDecimal(char* out, int128_t unscaled, int precision, int scale) {
  if (scale == 0) return WriteInt128(out, unscaled);
  uint128_t magnitude = static_cast<uint128_t>(unscaled);
  if (unscaled < 0) {
    *out++ = '-';
    magnitude = ~magnitude + 1;
  }
  const auto divisor = static_cast<uint128_t>(PowerOfTen(scale));
  const uint128_t whole = magnitude / divisor;
  uint128_t fraction = magnitude % divisor;
  if (precision > scale || whole != 0) out = WriteInt128(out, static_cast<int128_t>(whole));
  *out++ = '.';
  int digits = scale;
  if (digits > 19) {
    const auto tail = static_cast<uint128_t>(PowerOfTen(19));
    out = WritePadded(out, static_cast<uint64_t>(fraction / tail), digits - 19);
    fraction %= tail;
    digits = 19;
  }
  return WritePadded(out, static_cast<uint64_t>(fraction), digits);
}

NumberParse ParseDecimal(std::string_view text, int precision, int scale, int128_t* unscaled) {
  const NumberParse outcome = ParseScaled(text, scale, unscaled);
  if (outcome != NumberParse::kOk) return outcome;
  return FitsPrecision(*unscaled, precision) ? NumberParse::kOk : NumberParse::kOutOfRange;
}

double DecimalToDouble(int128_t unscaled, int scale) {
  // Both operands exact: one division, rounded once.
  constexpr int128_t kExactLimit = int128_t{1} << 53;
  if (scale <= 22 && unscaled <= kExactLimit && unscaled >= -kExactLimit) {
    return static_cast<double>(static_cast<int64_t>(unscaled)) / PowerOfTenDouble(scale);
  }
  char text[kMaxIntegerTextSize + 8];
  char* end = WriteInt128(text, unscaled);
  *end++ = 'e';
  *end++ = '-';
  end = WritePadded(end, static_cast<uint64_t>(scale), 2);
  double value = 0;
  const NumberParse outcome = ParseDouble({text, static_cast<size_t>(end - text)}, &value);
  TRIVET_ASSERT(outcome == NumberParse::kOk);
  (void)outcome;
  return value;
}

bool DoubleToDecimal(double value, int precision, int scale, int128_t* unscaled) {
  const double scaled = std::round(value * PowerOfTenDouble(scale));
  const double limit = PowerOfTenDouble(precision);
  if (!(scaled > -limit && scaled < limit)) return false;  // NaN fails too
  *unscaled = static_cast<int128_t>(scaled);
  return FitsPrecision(*unscaled, precision);
}

}  // namespace trivet
