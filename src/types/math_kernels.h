#pragma once

// The double-double kernels that the elementary functions of math.h share.

#include <bit>
#include <cstdint>
#include <limits>

#include "types/double_double.h"

namespace trivet::math {

inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kInfinity = std::numeric_limits<double>::infinity();
inline constexpr DoubleDouble kLn2 = {0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56};
inline constexpr DoubleDouble kPi = {0x1.921fb54442d18p+1, 0x1.1a62633145c07p-53};
inline constexpr DoubleDouble kHalfPi = {0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54};

// 2^exponent, -1022 <= exponent <= 1023.
inline double PowerOfTwo(int exponent) {
  return std::bit_cast<double>(static_cast<uint64_t>(exponent + 1023) << 52);
}
// value × 2^exponent, exact unless the result is denormal or out of range.
double Scale(double value, int exponent);

// e^(high + low) as mantissa × 2^exponent, mantissa about 1. Relative error below 2^-60. |high| <
// 2000.
struct ScaledExp {
  DoubleDouble mantissa;
  int exponent;
};
ScaledExp ExpKernel(const DoubleDouble& x);

// ln(high + low) for a positive finite argument; relative error below 2^-70.
DoubleDouble LogKernel(const DoubleDouble& x);

// 2·atanh(s) for |s| <= 0.1716: the logarithm of (1+s)/(1-s). Relative error below 2^-70.
DoubleDouble TwiceAtanh(const DoubleDouble& s);

// sin and cos of |x| <= π/4, relative error below 2^-60.
DoubleDouble SinKernel(const DoubleDouble& x);
DoubleDouble CosKernel(const DoubleDouble& x);

// atan(y / x) + quadrant for finite arguments that are not both zero; relative error below 2^-58.
DoubleDouble AtanKernel(const DoubleDouble& y, const DoubleDouble& x);

// sinh of |x| < 0.35, relative error below 2^-58.
DoubleDouble SmallSinh(double x);

// The polynomial Σ coefficients[i]·z^i.
template <int n>
inline double Polynomial(double z, const double (&coefficients)[n]) {
  double result = coefficients[n - 1];
  for (int i = n - 2; i >= 0; --i) result = result * z + coefficients[i];
  return result;
}

}  // namespace trivet::math
