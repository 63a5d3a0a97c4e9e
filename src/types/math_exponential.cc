// Exponentials, logarithms and powers. The leading terms of each series are kept in double-double,
// so that only terms below 2^-6 of the result see the rounding of doubles.
#include <cmath>

#include "types/math.h"
#include "types/math_kernels.h"

namespace trivet::math {

double Scale(double value, int exponent) {
  // In two or three exact steps, the last of which alone may round.
  while (exponent > 1000) {
    value *= PowerOfTwo(1000);
    exponent -= 1000;
    if (std::isinf(value)) return value;
  }
  if (exponent < -1000) {
    // Large steps down would round twice; stay normal until the last.
    value *= PowerOfTwo(-900);
    exponent += 900;
    if (exponent < -1022)
      return value * PowerOfTwo(-1022) *
             PowerOfTwo(exponent + 1022 < -1022 ? -1022 : exponent + 1022);
  }
  return value * PowerOfTwo(exponent);
}

ScaledExp ExpKernel(const DoubleDouble& x) {
  // x = k·ln 2 + r, |r| <= 0.347; the upper part of ln 2 has 42 bits, so that its product with k is
  // exact.
  constexpr double kLn2High = 0x1.62e42fefa3800p-1;
  constexpr double kLn2Low = 0x1.ef35793c76730p-45;
  constexpr double kRound =
      6755399441055744.0;  // 1.5 × 2^52: its sum with x rounds x to an integer
  const double k = (x.high * 1.4426950408889634 + kRound) - kRound;
  DoubleDouble r = TwoSum(x.high - k * kLn2High, -(k * kLn2Low));
  r = r + x.low;
  // e^r = 1 + r + r²/2 + r³·P(r)
  static constexpr double kTail[] = {1.0 / 6,
                                     1.0 / 24,
                                     1.0 / 120,
                                     1.0 / 720,
                                     1.0 / 5040,
                                     1.0 / 40320,
                                     1.0 / 362880,
                                     1.0 / 3628800,
                                     1.0 / 39916800,
                                     1.0 / 479001600,
                                     1.0 / 6227020800.0,
                                     1.0 / 87178291200.0,
                                     1.0 / 1307674368000.0,
                                     1.0 / 20922789888000.0};
  const DoubleDouble square = r * r;
  const double tail = square.high * r.high * Polynomial(r.high, kTail);
  const DoubleDouble half = AddSmaller({square.high * 0.5, square.low * 0.5}, {tail, 0});
  return {AddSmaller({1, 0}, AddSmaller(r, half)), static_cast<int>(k)};
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
    static constexpr double kTail[] = {1.0 / 6,         1.0 / 24,           1.0 / 120,
                                       1.0 / 720,       1.0 / 5040,         1.0 / 40320,
                                       1.0 / 362880,    1.0 / 3628800,      1.0 / 39916800,
                                       1.0 / 479001600, 1.0 / 6227020800.0, 1.0 / 87178291200.0};
    const DoubleDouble square = TwoProduct(x, x);
    const double tail = square.high * x * Polynomial(x, kTail);
    const DoubleDouble half = {square.high * 0.5, square.low * 0.5};
    return (DoubleDouble{x, 0} + (half + tail)).Rounded();
  }
  const ScaledExp e = ExpKernel({x, 0});
  if (e.exponent > 100) return Scale(e.mantissa.Rounded(), e.exponent);
  const double power = PowerOfTwo(e.exponent);
  return (DoubleDouble{e.mantissa.high * power, e.mantissa.low * power} + -1.0).Rounded();
}

DoubleDouble TwiceAtanh(const DoubleDouble& s) {
  // 2s·(1 + z/3 + z²/5 + z³/7 + z⁴·T(z)), z = s²
  static constexpr double kTail[] = {1.0 / 9,  1.0 / 11, 1.0 / 13, 1.0 / 15, 1.0 / 17,
                                     1.0 / 19, 1.0 / 21, 1.0 / 23, 1.0 / 25, 1.0 / 27,
                                     1.0 / 29, 1.0 / 31, 1.0 / 33};
  constexpr DoubleDouble kThird = {0x1.5555555555555p-2, 0x1.5555555555555p-56};
  constexpr DoubleDouble kFifth = {0x1.999999999999ap-3, -0x1.999999999999ap-57};
  constexpr DoubleDouble kSeventh = {0x1.2492492492492p-3, 0x1.2492492492492p-57};
  const DoubleDouble z = s * s;
  DoubleDouble sum = AddSmaller(kSeventh, {z.high * Polynomial(z.high, kTail), 0});
  sum = AddSmaller(kFifth, z * sum);
  sum = AddSmaller(kThird, z * sum);
  const DoubleDouble result = AddSmaller(s, s * (z * sum));
  return {2 * result.high, 2 * result.low};
}

namespace {

// The exponent e for which x × 2^-e lies in [√½, √2); x is positive and normal.
int LogExponent(double x) {
  constexpr uint64_t kRootHalf = 0x3fe6a09e667f3bcd;
  const auto distance = static_cast<int64_t>(std::bit_cast<uint64_t>(x) - kRootHalf);
  return static_cast<int>(distance >> 52);
}

// Positive numbers as normal ones; `exponent` gets what is to be added to theirs.
double Normalised(double x, int* exponent) {
  *exponent = x < 0x1p-1022 ? -64 : 0;
  return x < 0x1p-1022 ? x * 0x1p64 : x;
}

double Mantissa(double x, int exponent) {
  return std::bit_cast<double>(std::bit_cast<uint64_t>(x) -
                               (static_cast<uint64_t>(static_cast<int64_t>(exponent)) << 52));
}

// (m - 1) / (m + 1) of a mantissa in [√½, √2): the difference is exact, the sum nearly so.
DoubleDouble LogArgument(double m) {
  const double numerator = m - 1;
  const DoubleDouble denominator = TwoSum(m, 1);
  const double first = numerator / denominator.high;
  const DoubleDouble product = TwoProduct(first, denominator.high);
  const double rest = ((numerator - product.high) - product.low) - first * denominator.low;
  return QuickTwoSum(first, rest / denominator.high);
}

// ln x as exponent·ln 2 + log; for logarithms that are rounded at once. Error of log below 2^-59 of
// it.
struct SplitLog {
  int exponent;
  DoubleDouble log;
};
SplitLog QuickLog(double x) {
  // 2s + s³·P(s²)
  static constexpr double kTail[] = {2.0 / 3,  2.0 / 5,  2.0 / 7,  2.0 / 9,  2.0 / 11, 2.0 / 13,
                                     2.0 / 15, 2.0 / 17, 2.0 / 19, 2.0 / 21, 2.0 / 23};
  int shift;
  const double normal = Normalised(x, &shift);
  const int exponent = LogExponent(normal);
  const DoubleDouble s = LogArgument(Mantissa(normal, exponent));
  const double z = s.high * s.high;
  const double tail = s.high * z * Polynomial(z, kTail);
  return {exponent + shift, QuickTwoSum(2 * s.high, 2 * s.low + tail)};
}

}  // namespace

DoubleDouble LogKernel(const DoubleDouble& x) {
  int shift;
  double high = Normalised(x.high, &shift);
  const int exponent = LogExponent(high);
  high = Mantissa(high, exponent);
  DoubleDouble s;
  if (x.low == 0) {
    s = LogArgument(high);
  } else {
    const DoubleDouble mantissa = {high, x.low * (high / x.high)};  // by the same power of two
    s = (mantissa + -1.0) / (mantissa + 1.0);
  }
  const DoubleDouble log = TwiceAtanh(s);
  const int total = exponent + shift;
  return total == 0 ? log : kLn2 * static_cast<double>(total) + log;
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
  const SplitLog split = QuickLog(x);
  if (split.exponent == 0) return split.log.Rounded();
  return AddSmaller(kLn2 * static_cast<double>(split.exponent), split.log).Rounded();
}

double Log2(double x) {
  double special;
  if (LogSpecial(x, &special)) return special;
  constexpr DoubleDouble kInverseLn2 = {0x1.71547652b82fep+0, 0x1.777d0ffda0d24p-56};
  const SplitLog split = QuickLog(x);
  return (split.log * kInverseLn2 + static_cast<double>(split.exponent)).Rounded();
}

double Log10(double x) {
  double special;
  if (LogSpecial(x, &special)) return special;
  constexpr DoubleDouble kInverseLn10 = {0x1.bcb7b1526e50ep-2, 0x1.95355baaafad3p-57};
  constexpr DoubleDouble kLog10Of2 = {0x1.34413509f79ffp-2, -0x1.9dc1da994fd21p-59};
  const SplitLog split = QuickLog(x);
  const DoubleDouble log = split.log * kInverseLn10;
  if (split.exponent == 0) return log.Rounded();
  return AddSmaller(kLog10Of2 * static_cast<double>(split.exponent), log).Rounded();
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
bool IsOddInteger(double x) {
  return std::fabs(x) < 0x1p53 && IsInteger(x) && std::fmod(x, 2) != 0;
}

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
  // Beyond these bounds the result over- or underflows whatever the low bits; also keeps the
  // product from overflowing.
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
