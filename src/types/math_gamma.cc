// Γ and its logarithm: Stirling's series far out, reached by the recurrence Γ(x + 1) = x·Γ(x).
#include <cmath>

#include "types/math.h"
#include "types/math_kernels.h"

namespace trivet::math {

namespace {

constexpr DoubleDouble kHalfLn2Pi = {0x1.d67f1c864beb5p-1, -0x1.65b5a1b7ff5dfp-55};
constexpr DoubleDouble kEulerGamma = {0x1.2788cfc6fb619p-1, -0x1.6cb90701fbfabp-58};
constexpr DoubleDouble kOneMinusGamma = {0x1.b0ee6072093cep-2, 0x1.6cb90701fbfabp-58};

// ln Γ(z) for z >= 20.
DoubleDouble Stirling(const DoubleDouble& z) {
  static constexpr double kTail[] = {
      0.0007936507936507937,  -0.0005952380952380953, 0.0008417508417508417,
      -0.0019175269175269176, 0.00641025641025641,    -0.029550653594771242,
      0.17964437236883057,    -1.3924322169059011,    13.402864044168393};
  constexpr DoubleDouble kTwelfth = {0x1.5555555555555p-4, 0x1.5555555555555p-58};
  constexpr DoubleDouble kThreeHundredSixtieth = {-0x1.6c16c16c16c17p-9, 0x1.f49f49f49f49fp-64};
  const DoubleDouble inverse = DoubleDouble{1, 0} / z;
  const DoubleDouble square = inverse * inverse;
  const DoubleDouble series =
      inverse *
      (kTwelfth + square * (kThreeHundredSixtieth + square.high * Polynomial(square.high, kTail)));
  return (z + -0.5) * LogKernel(z) - z + (kHalfLn2Pi + series);
}

// x = factor_count steps below an argument at which Stirling's series is exact enough.
struct Raised {
  DoubleDouble argument;
  DoubleDouble product;  // x·(x+1)·…, so that Γ(x) = Γ(argument) / product
};

Raised Raise(const DoubleDouble& x) {
  Raised raised = {x, {1, 0}};
  while (raised.argument.high < 20) {
    raised.product = raised.product * raised.argument;
    raised.argument = raised.argument + 1.0;
  }
  return raised;
}

// Γ of 0 < x < 172 as mantissa × 2^exponent.
ScaledExp GammaPair(const DoubleDouble& x) {
  const Raised raised = Raise(x);
  ScaledExp result = ExpKernel(Stirling(raised.argument));
  result.mantissa = result.mantissa / raised.product;
  return result;
}

// sin(π·x) of a negative x that is no integer, with the sign.
DoubleDouble SinPi(double x) {
  const double whole = std::nearbyint(x);
  const double fraction = x - whole;  // exact, |fraction| <= ½
  const double magnitude = std::fabs(fraction);
  DoubleDouble sine =
      magnitude <= 0.25 ? SinKernel(kPi * magnitude) : CosKernel(kPi * (0.5 - magnitude));
  if (fraction < 0) sine = -sine;
  return std::fmod(whole, 2) != 0 ? -sine : sine;
}

// ln Γ(1 + e) and ln Γ(2 + e) near their zeros.
DoubleDouble NearZero(double e, const DoubleDouble& slope, const double (&tail)[12]) {
  // slope·e + e²·(c2 - c3·e + …)
  return slope * e + e * e * Polynomial(-e, tail);
}

}  // namespace

double Gamma(double x) {
  if (std::isnan(x) || x == -kInfinity) return kNaN;
  if (x == 0) return std::copysign(kInfinity, x);
  if (x > 171.7) return kInfinity;
  if (x < 0 && x == std::trunc(x)) return kNaN;
  if (std::fabs(x) < 0x1p-60) return 1 / x;
  if (x > 0) {
    const ScaledExp result = GammaPair({x, 0});
    return Scale(result.mantissa.Rounded(), result.exponent);
  }
  if (x < -185) return std::fmod(std::trunc(x), 2) == 0 ? -0.0 : 0.0;
  // Γ(x) = π / (sin(πx)·Γ(1 - x))
  const DoubleDouble mirrored = TwoSum(1, -x);
  const Raised raised = Raise(mirrored);
  const ScaledExp inverse = ExpKernel(-Stirling(raised.argument));
  const DoubleDouble result = kPi / SinPi(x) * raised.product * inverse.mantissa;
  return Scale(result.Rounded(), inverse.exponent);
}

double LogGamma(double x) {
  static constexpr double kAtOne[] = {0.8224670334241132,  0.40068563438653143, 0.27058080842778454,
                                      0.20738555102867398, 0.1695571769974082,  0.1440498967688461,
                                      0.12550966952474304, 0.11133426586956469, 0.1000994575127818,
                                      0.09095401714582904, 0.083353840546109,   0.0769325164113522};
  static constexpr double kAtTwo[] = {
      0.3224670334241132,    0.0673523010531981,    0.020580808427784546,  0.007385551028673986,
      0.0028905103307415234, 0.001192753911703261,  0.0005096695247430425, 0.00022315475845357939,
      9.945751278180853e-05, 4.492623673813314e-05, 2.050721277567069e-05, 9.439488275268397e-06};
  if (std::isnan(x)) return kNaN;
  if (std::isinf(x) || x == 0) return kInfinity;
  if (x < 0 && x == std::trunc(x)) return kInfinity;
  if (std::fabs(x) < 0x1p-60) return -Log(std::fabs(x));
  if (x > 0x1p900) {
    // x·(ln x - 1); the rest no longer counts.
    const DoubleDouble scaled = (LogKernel({x, 0}) + -1.0) * (x * 0x1p-100);
    return Scale(scaled.Rounded(), 100);
  }
  if (std::fabs(x - 1) < 0x1p-6) return NearZero(x - 1, -kEulerGamma, kAtOne).Rounded();
  if (std::fabs(x - 2) < 0x1p-6) return NearZero(x - 2, kOneMinusGamma, kAtTwo).Rounded();
  const DoubleDouble positive = x > 0 ? DoubleDouble{x, 0} : TwoSum(1, -x);
  const Raised raised = Raise(positive);
  DoubleDouble result = Stirling(raised.argument);
  if (raised.argument.high != positive.high) result = result - LogKernel(raised.product);
  if (x > 0) return result.Rounded();
  const DoubleDouble sine = SinPi(x);
  return (LogKernel(kPi / (sine.high < 0 ? -sine : sine)) - result).Rounded();
}

}  // namespace trivet::math
