// Exponentials, logarithms and powers. The leading terms of each series are kept in double-double, so that
// only terms below 2^-6 of the result see the rounding of doubles.
#include <cmath>

#include "types/math.h"
#include "types/math_kernels.h"

namespace trivet::math {

double Scale(double value, int exponent) {
  const auto power = [](int e) { return std::bit_cast<double>(static_cast<uint64_t>(e + 1023) << 52); };
  // In two or three exact steps, the last of which alone may round.
  while (exponent > 1000) {
    value *= power(1000);
    exponent -= 1000;
    if (std::isinf(value)) return value;
  }
  if (exponent < -1000) {
    // Large steps down would round twice; stay normal until the last.
    value *= power(-900);
    exponent += 900;
    if (exponent < -1022) return value * power(-1022) * power(exponent + 1022 < -1022 ? -1022 : exponent + 1022);
  }
  return value * power(exponent);
}

ScaledExp ExpKernel(const DoubleDouble& x) {
  // x = k·ln 2 + r, |r| <= 0.347; the upper part of ln 2 has 42 bits, so that its product with k is exact.
  constexpr double kLn2High = 0x1.62e42fefa3800p-1;
  constexpr double kLn2Low = 0x1.ef35793c76730p-45;
  constexpr double kRound = 6755399441055744.0;  // 1.5 × 2^52: its sum with x rounds x to an integer
  const double k = (x.high * 1.4426950408889634 + kRound) - kRound;
  DoubleDouble r = TwoSum(x.high - k * kLn2High, -(k * kLn2Low));
  r = r + x.low;
  // e^r = 1 + r + r²/2 + r³·P(r)
  static constexpr double kTail[] = {
      1.0 / 6,           1.0 / 24,           1.0 / 120,           1.0 / 720,
      1.0 / 5040,        1.0 / 40320,        1.0 / 362880,        1.0 / 3628800,
      1.0 / 39916800,    1.0 / 479001600,    1.0 / 6227020800.0,  1.0 / 87178291200.0,
      1.0 / 1307674368000.0, 1.0 / 20922789888000.0};
  const DoubleDouble square = r * r;
  const double tail = square.high * r.high * Polynomial(r.high, kTail);
  DoubleDouble sum = {square.high * 0.5, square.low * 0.5};
  sum = r + (sum + tail);
  return {DoubleDouble{1, 0} + sum, static_cast<int>(k)};
}

double Exp(double x) {
  if (std::isnan(x)) return kNaN;
  if (x > 709.79) return kInfinity;
  if (x < -745.2) return 0.0;
  const ScaledExp e = ExpKernel({x, 0});
  return Scale(e.mantissa.Rounded(), e.exponent);
}

double Expm1(double x) {
  if (std::isnan(x)) return kNaN;
  if (x == 0) return x;
  if (x > 709.79) return kInfinity;
  if (x < -40) return -1.0;
  if (std::fabs(x) < 0x1p-55) return x;
  if (std::fabs(x) < 0.3) {
    // x + x²/2 + x³·P(x)
    static constexpr double kTail[] = {
        1.0 / 6,        1.0 / 24,        1.0 / 120,          1.0 / 720,           1.0 / 5040,
        1.0 / 40320,    1.0 / 362880,    1.0 / 3628800,      1.0 / 39916800,      1.0 / 479001600,
        1.0 / 6227020800.0, 1.0 / 87178291200.0};
    const DoubleDouble square = TwoProduct(x, x);
    const double tail = square.high * x * Polynomial(x, kTail);
    const DoubleDouble half = {square.high * 0.5, square.low * 0.5};
    return (DoubleDouble{x, 0} + (half + tail)).Rounded();
  }
  const ScaledExp e = ExpKernel({x, 0});
  if (e.exponent > 100) return Scale(e.mantissa.Rounded(), e.exponent);
  const double power = std::ldexp(1.0, e.exponent);
  return (DoubleDouble{e.mantissa.high * power, e.mantissa.low * power} + -1.0).Rounded();
}

DoubleDouble TwiceAtanh(const DoubleDouble& s) {
  // 2s·(1 + z/3 + z²/5 + z³/7 + z⁴·T(z)), z = s²
  static constexpr double kTail[] = {1.0 / 9,  1.0 / 11, 1.0 / 13, 1.0 / 15, 1.0 / 17, 1.0 / 19, 1.0 / 21,
                                     1.0 / 23, 1.0 / 25, 1.0 / 27, 1.0 / 29, 1.0 / 31, 1.0 / 33};
  constexpr DoubleDouble kThird = {0x1.5555555555555p-2, 0x1.5555555555555p-56};
  constexpr DoubleDouble kFifth = {0x1.999999999999ap-3, -0x1.999999999999ap-57};
  constexpr DoubleDouble kSeventh = {0x1.2492492492492p-3, 0x1.2492492492492p-57};
  const DoubleDouble z = s * s;
  DoubleDouble sum = kSeventh + z.high * Polynomial(z.high, kTail);
  sum = kFifth + z * sum;
  sum = kThird + z * sum;
  const DoubleDouble result = s + s * (z * sum);
  return {2 * result.high, 2 * result.low};
}

namespace {

// Takes x apart into m × 2^exponent with m in [√½, √2).
int TakeApart(DoubleDouble* x) {
  int exponent;
  std::frexp(x->high, &exponent);
  double power = std::ldexp(1.0, -exponent / 2);  // in two steps, for tiny and huge numbers
  double rest = std::ldexp(1.0, -exponent - -exponent / 2);
  x->high = x->high * power * rest;
  x->low = x->low * power * rest;
  if (x->high < 0.70710678118654752) {
    x->high *= 2;
    x->low *= 2;
    --exponent;
  }
  return exponent;
}

// The logarithm of a mantissa in [√½, √2).
DoubleDouble LogOfMantissa(const DoubleDouble& m) { return TwiceAtanh((m + -1.0) / (m + 1.0)); }

}  // namespace

DoubleDouble LogKernel(const DoubleDouble& x) {
  DoubleDouble mantissa = x;
  const int exponent = TakeApart(&mantissa);
  const DoubleDouble log = LogOfMantissa(mantissa);
  return exponent == 0 ? log : kLn2 * static_cast<double>(exponent) + log;
}

namespace {

// What all logarithms answer outside (0, ∞); false inside.
bool LogSpecial(double x, double* result) {
  if (x > 0 && x < kInfinity) return false;
  *result = x == 0 ? -kInfinity : x > 0 ? kInfinity : kNaN;
  return true;
}

}  // namespace

double Log(double x) {
  double special;
  if (LogSpecial(x, &special)) return special;
  return LogKernel({x, 0}).Rounded();
}

double Log2(double x) {
  double special;
  if (LogSpecial(x, &special)) return special;
  constexpr DoubleDouble kInverseLn2 = {0x1.71547652b82fep+0, 0x1.777d0ffda0d24p-56};
  DoubleDouble mantissa = {x, 0};
  const int exponent = TakeApart(&mantissa);
  return (LogOfMantissa(mantissa) * kInverseLn2 + static_cast<double>(exponent)).Rounded();
}

double Log10(double x) {
  double special;
  if (LogSpecial(x, &special)) return special;
  constexpr DoubleDouble kInverseLn10 = {0x1.bcb7b1526e50ep-2, 0x1.95355baaafad3p-57};
  return (LogKernel({x, 0}) * kInverseLn10).Rounded();
}

double Log1p(double x) {
  if (x == 0) return x;
  if (std::isnan(x) || x < -1) return kNaN;
  if (x == -1) return -kInfinity;
  if (std::isinf(x)) return x;
  if (std::fabs(x) < 0x1p-55) return x;
  if (std::fabs(x) < 0.25) return TwiceAtanh(DoubleDouble{x, 0} / TwoSum(2, x)).Rounded();
  return LogKernel(TwoSum(1, x)).Rounded();
}

namespace {

bool IsInteger(double x) { return std::fabs(x) >= 0x1p52 || x == std::trunc(x); }
bool IsOddInteger(double x) { return std::fabs(x) < 0x1p53 && IsInteger(x) && std::fmod(x, 2) != 0; }

// Powers with a zero or infinity among base and exponent; false where there is none.
bool PowSpecial(double base, double exponent, double* result) {
  const bool odd = IsOddInteger(exponent);
  if (std::isinf(exponent)) {
    const double magnitude = std::fabs(base);
    *result = magnitude == 1 ? 1.0 : (magnitude > 1) == (exponent > 0) ? kInfinity : 0.0;
    return true;
  }
  if (base != 0 && !std::isinf(base)) return false;
  const bool to_zero = (base == 0) == (exponent > 0);
  const double magnitude = to_zero ? 0.0 : kInfinity;
  *result = odd && std::signbit(base) ? -magnitude : magnitude;
  return true;
}

}  // namespace

double Pow(double base, double exponent) {
  if (exponent == 0 || base == 1) return 1.0;
  if (std::isnan(base) || std::isnan(exponent)) return kNaN;
  double special;
  if (PowSpecial(base, exponent, &special)) return special;
  const bool negative = base < 0 && IsOddInteger(exponent);
  if (base < 0 && !IsInteger(exponent)) return kNaN;
  const DoubleDouble log = LogKernel({std::fabs(base), 0});
  // Beyond these bounds the result over- or underflows whatever the low bits; also keeps the product from
  // overflowing.
  const double estimate = log.high * exponent;
  if (!(std::fabs(estimate) < 800)) {
    const double magnitude = estimate > 0 ? kInfinity : 0.0;
    return negative ? -magnitude : magnitude;
  }
  // A huge or tiny exponent would spoil the exact product; scaled, it is exact.
  DoubleDouble product;
  if (std::fabs(exponent) > 0x1p900) {
    product = log * (exponent * 0x1p-200);
    product = {product.high * 0x1p200, product.low * 0x1p200};
  } else {
    product = log * exponent;
  }
  const ScaledExp e = ExpKernel(product);
  const double magnitude = Scale(e.mantissa.Rounded(), e.exponent);
  return negative ? -magnitude : magnitude;
}

double Cbrt(double x) {
  if (x == 0 || std::isinf(x)) return x;
  if (std::isnan(x)) return kNaN;
  int exponent;
  double mantissa = std::frexp(std::fabs(x), &exponent);  // [0.5, 1)
  const int rest = ((exponent % 3) + 3) % 3;
  mantissa = std::ldexp(mantissa, rest);  // [0.5, 4)
  // Three Newton steps from a straight line, then one against the exact cube.
  double root = 0.66 + 0.31 * mantissa - 0.02 * mantissa * mantissa;
  for (int i = 0; i < 4; ++i) root = root - (root - mantissa / (root * root)) * (1.0 / 3);
  const DoubleDouble cube = TwoProduct(root, root) * root;
  const double error = (DoubleDouble{mantissa, 0} - cube).high;
  root = QuickTwoSum(root, error / (3 * root * root)).high;
  root = Scale(root, (exponent - rest) / 3);
  return x < 0 ? -root : root;
}

}  // namespace trivet::math
