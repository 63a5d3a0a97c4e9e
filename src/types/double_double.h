#pragma once

#include <cmath>

namespace trivet {

// An unevaluated sum of two doubles, about 106 bits: what the engine's elementary functions carry
// until their one rounding at the end (Dekker, "A floating-point technique for extending the
// available precision", Numerische Mathematik 1971). Only additions, multiplications, divisions and
// square roots of IEEE 754, without fused operations: the same bits on every processor. Results are
// normalised: low is at most half a unit in the last place of high. Operands stay far from
// overflow.
struct DoubleDouble {
  double high = 0;
  double low = 0;

  double Rounded() const { return high + low; }
  DoubleDouble operator-() const { return {-high, -low}; }
};

// a + b exactly.
inline DoubleDouble TwoSum(double a, double b) {
  const double sum = a + b;
  const double part = sum - a;
  return {sum, (a - (sum - part)) + (b - part)};
}

// The same for |a| >= |b| or a = 0.
inline DoubleDouble QuickTwoSum(double a, double b) {
  const double sum = a + b;
  return {sum, b - (sum - a)};
}

// a × b exactly, by splitting both into halves of 26 bits.
inline DoubleDouble TwoProduct(double a, double b) {
  constexpr double kSplit = 134217729.0;  // 2^27 + 1
  const double a_scaled = kSplit * a;
  const double a_high = a_scaled - (a_scaled - a);
  const double a_low = a - a_high;
  const double b_scaled = kSplit * b;
  const double b_high = b_scaled - (b_scaled - b);
  const double b_low = b - b_high;
  const double product = a * b;
  return {product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low};
}

inline DoubleDouble operator+(const DoubleDouble& a, double b) {
  const DoubleDouble sum = TwoSum(a.high, b);
  return QuickTwoSum(sum.high, sum.low + a.low);
}

inline DoubleDouble operator+(const DoubleDouble& a, const DoubleDouble& b) {
  DoubleDouble high = TwoSum(a.high, b.high);
  const DoubleDouble low = TwoSum(a.low, b.low);
  high = QuickTwoSum(high.high, high.low + low.high);
  return QuickTwoSum(high.high, high.low + low.low);
}

inline DoubleDouble operator-(const DoubleDouble& a, const DoubleDouble& b) { return a + -b; }

inline DoubleDouble operator*(const DoubleDouble& a, double b) {
  const DoubleDouble product = TwoProduct(a.high, b);
  return QuickTwoSum(product.high, product.low + a.low * b);
}

inline DoubleDouble operator*(const DoubleDouble& a, const DoubleDouble& b) {
  const DoubleDouble product = TwoProduct(a.high, b.high);
  return QuickTwoSum(product.high, product.low + (a.high * b.low + a.low * b.high));
}

// The sum where |a| >= |b|, at a third of the cost; relative error 2^-104 as long as it does not
// cancel.
inline DoubleDouble AddSmaller(const DoubleDouble& a, const DoubleDouble& b) {
  const DoubleDouble sum = QuickTwoSum(a.high, b.high);
  return QuickTwoSum(sum.high, sum.low + (a.low + b.low));
}

inline DoubleDouble operator/(const DoubleDouble& a, const DoubleDouble& b) {
  const double first = a.high / b.high;
  const DoubleDouble product = TwoProduct(first, b.high);
  // The difference of the high parts is exact, for they agree to nearly 53 bits.
  const double rest = (((a.high - product.high) - product.low) + a.low) - first * b.low;
  return QuickTwoSum(first, rest / b.high);
}

// a >= 0.
inline DoubleDouble Sqrt(const DoubleDouble& a) {
  if (a.high == 0) return {};
  const double root = std::sqrt(a.high);
  const DoubleDouble rest = a - TwoProduct(root, root);
  return QuickTwoSum(root, rest.high / (2 * root));
}

}  // namespace trivet
