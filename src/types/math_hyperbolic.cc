// Hyperbolic functions and their inverses.
#include <cmath>

#include "types/math.h"
#include "types/math_kernels.h"

namespace trivet::math {

DoubleDouble SmallSinh(double x) {
  // x + x³·P(x²)
  static constexpr double kTail[] = {1.0 / 6,
                                     1.0 / 120,
                                     1.0 / 5040,
                                     1.0 / 362880,
                                     1.0 / 39916800,
                                     1.0 / 6227020800.0,
                                     1.0 / 1307674368000.0,
                                     1.0 / 355687428096000.0};
  const double z = x * x;
  return DoubleDouble{x, 0} + x * z * Polynomial(z, kTail);
}

namespace {

constexpr double kTiny = 0x1p-28;
constexpr double kSmall = 0.35;

// e^x, |x| <= 40.
DoubleDouble ExpPair(double x) {
  const ScaledExp e = ExpKernel({x, 0});
  const double power = PowerOfTwo(e.exponent);
  return {e.mantissa.high * power, e.mantissa.low * power};
}

// e^x / 2 for large x, where e^-x no longer counts.
double HalfExp(double x) {
  if (x > 711) return kInfinity;
  const ScaledExp e = ExpKernel({x, 0});
  return Scale(e.mantissa.Rounded(), e.exponent - 1);
}

DoubleDouble Half(const DoubleDouble& value) { return {0.5 * value.high, 0.5 * value.low}; }

// cosh of |x| <= 40.
DoubleDouble CoshPair(double x) {
  const DoubleDouble e = ExpPair(x);
  return Half(e + DoubleDouble{1, 0} / e);
}

// sinh of |x| <= 40.
DoubleDouble SinhPair(double x) {
  if (std::fabs(x) < kSmall) return SmallSinh(x);
  const DoubleDouble e = ExpPair(x);
  return Half(e - DoubleDouble{1, 0} / e);
}

}  // namespace

double Sinh(double x) {
  if (std::isnan(x)) return kNaN;
  if (std::fabs(x) < kTiny || std::isinf(x)) return x;
  if (std::fabs(x) > 40) return std::copysign(HalfExp(std::fabs(x)), x);
  return SinhPair(x).Rounded();
}

double Cosh(double x) {
  if (std::isnan(x)) return kNaN;
  if (std::fabs(x) > 40) return HalfExp(std::fabs(x));
  return CoshPair(std::fabs(x)).Rounded();
}

double Tanh(double x) {
  if (std::isnan(x)) return kNaN;
  if (std::fabs(x) < kTiny) return x;
  if (std::fabs(x) > 22) return std::copysign(1.0, x);
  return (SinhPair(x) / CoshPair(x)).Rounded();
}

namespace {

// ln(x + √(x² + 1)) for x >= 0.
DoubleDouble AsinhPair(const DoubleDouble& x) {
  const DoubleDouble root = Sqrt(x * x + 1.0);
  // 2·atanh(x / (1 + √(1 + x²))) keeps small arguments' digits.
  if (x.high < kSmall) return TwiceAtanh(x / (root + 1.0));
  return LogKernel(x + root);
}

}  // namespace

double Asinh(double x) {
  if (std::isnan(x)) return kNaN;
  if (std::fabs(x) < kTiny || std::isinf(x)) return x;
  const double magnitude = std::fabs(x);
  // Far out the 1 under the root is lost: ln 2x.
  const DoubleDouble result =
      magnitude > 0x1p35 ? LogKernel({magnitude, 0}) + kLn2 : AsinhPair({magnitude, 0});
  return std::copysign(result.Rounded(), x);
}

double Acosh(double x) {
  if (!(x >= 1)) return kNaN;
  if (std::isinf(x)) return x;
  if (x > 0x1p35) return (LogKernel({x, 0}) + kLn2).Rounded();
  if (x < 2) {
    // 2·asinh(√((x - 1) / 2)); the difference is exact.
    const DoubleDouble result = AsinhPair(Sqrt({0.5 * (x - 1), 0}));
    return 2 * result.Rounded();
  }
  return LogKernel(DoubleDouble{x, 0} + Sqrt(TwoProduct(x, x) + -1.0)).Rounded();
}

double Atanh(double x) {
  if (!(std::fabs(x) <= 1)) return kNaN;
  if (std::fabs(x) == 1) return std::copysign(kInfinity, x);
  if (std::fabs(x) < kTiny) return x;
  if (std::fabs(x) <= 0.17) return 0.5 * TwiceAtanh({x, 0}).Rounded();
  const double magnitude = std::fabs(x);
  return std::copysign(0.5 * LogKernel(TwoSum(1, magnitude) / TwoSum(1, -magnitude)).Rounded(), x);
}

}  // namespace trivet::math
