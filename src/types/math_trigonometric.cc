// Trigonometric functions and their inverses.
#include <cmath>

#include "base/int128.h"
#include "types/math.h"
#include "types/math_kernels.h"

namespace trivet::math {

DoubleDouble SinKernel(const DoubleDouble& x) {
  // x + x³·(-1/6 + z·T(z)), z = x²
  static constexpr double kTail[] = {1.0 / 120,
                                     -1.0 / 5040,
                                     1.0 / 362880,
                                     -1.0 / 39916800,
                                     1.0 / 6227020800.0,
                                     -1.0 / 1307674368000.0,
                                     1.0 / 355687428096000.0,
                                     -1.0 / 121645100408832000.0};
  constexpr DoubleDouble kSixth = {-0x1.5555555555555p-3, -0x1.5555555555555p-57};
  const DoubleDouble z = x * x;
  const DoubleDouble factor = AddSmaller(kSixth, {z.high * Polynomial(z.high, kTail), 0});
  return AddSmaller(x, x * (z * factor));
}

DoubleDouble CosKernel(const DoubleDouble& x) {
  // 1 - z/2 + z²·T(z)
  static constexpr double kTail[] = {1.0 / 24,
                                     -1.0 / 720,
                                     1.0 / 40320,
                                     -1.0 / 3628800,
                                     1.0 / 479001600,
                                     -1.0 / 87178291200.0,
                                     1.0 / 20922789888000.0,
                                     -1.0 / 6402373705728000.0};
  const DoubleDouble z = x * x;
  const DoubleDouble half = {-0.5 * z.high, -0.5 * z.low};
  return AddSmaller({1, 0}, AddSmaller(half, {z.high * z.high * Polynomial(z.high, kTail), 0}));
}

namespace {

struct Reduced {
  DoubleDouble rest;  // |rest| <= π/4
  int quadrant;       // x = rest + quadrant·π/2, modulo 4
};

// The first 1344 bits of 2/π behind the point, after 64 zeros for the alignment of small numbers.
constexpr uint64_t kTwoOverPi[] = {0,
                                   0xa2f9836e4e441529,
                                   0xfc2757d1f534ddc0,
                                   0xdb6295993c439041,
                                   0xfe5163abdebbc561,
                                   0xb7246e3a424dd2e0,
                                   0x06492eea09d1921c,
                                   0xfe1deb1cb129a73e,
                                   0xe88235f52ebb4484,
                                   0xe99c7026b45f7e41,
                                   0x3991d639835339f4,
                                   0x9c845f8bbdf9283b,
                                   0x1ff897ffde05980f,
                                   0xef2f118b5a0a6d1f,
                                   0x6d367ecf27cb09b7,
                                   0x4f463f669e5fea2d,
                                   0x7527bac7ebe5f17b,
                                   0x3d0739f78a5292ea,
                                   0x6bfb5fb11f8d5d08,
                                   0x56033046fc7b6bab,
                                   0xf0cfbc209af4361d,
                                   0xa9e391615ee61b08};

// A number of 254 bits behind the point as a double-double.
DoubleDouble FromFraction(uint64_t (&limbs)[4]) {
  int top = 3;
  while (top > 0 && limbs[top] == 0) --top;
  double value = 0;
  DoubleDouble result;
  for (int i = top; i >= 0 && i > top - 3; --i) {
    // Each limb in two exact halves.
    for (const int half : {1, 0}) {
      value = static_cast<double>(static_cast<uint32_t>(limbs[i] >> (32 * half))) *
              PowerOfTwo(64 * i + 32 * half - 254);
      result = result + value;
    }
  }
  return result;
}

// Payne and Hanek's reduction ("Radian reduction for trigonometric functions", SIGNUM 1983): only
// the bits of 2/π that decide the quadrant and the fraction are multiplied.
Reduced ReduceLarge(double x) {
  const auto bits = std::bit_cast<uint64_t>(x);
  const uint64_t mantissa = (bits & ((uint64_t{1} << 52) - 1)) | (uint64_t{1} << 52);
  const int exponent = static_cast<int>(bits >> 52 & 0x7ff) - 1075;
  // Bits before this one only add multiples of 4.
  const int start = exponent - 2 + 64;
  const int word = start / 64;
  const int shift = start % 64;
  uint64_t window[4];  // 256 bits from there, least significant first
  for (int i = 0; i < 4; ++i) {
    const uint64_t upper = kTwoOverPi[word + i];
    const uint64_t lower = kTwoOverPi[word + i + 1];
    window[3 - i] = shift == 0 ? upper : (upper << shift) | (lower >> (64 - shift));
  }
  uint64_t product[4];  // modulo 2^256: two bits of quadrant, 254 of fraction
  uint64_t carry = 0;
  for (int i = 0; i < 4; ++i) {
    const uint128_t partial = static_cast<uint128_t>(window[i]) * mantissa + carry;
    product[i] = static_cast<uint64_t>(partial);
    carry = static_cast<uint64_t>(partial >> 64);
  }
  int quadrant = static_cast<int>(product[3] >> 62);
  product[3] &= (uint64_t{1} << 62) - 1;
  const bool upper_half = (product[3] >> 61) != 0;
  if (upper_half) {
    // Above a half: one quadrant further, and back by the complement.
    ++quadrant;
    uint64_t borrow = 1;
    for (uint64_t& limb : product) {
      limb = ~limb + borrow;
      borrow = borrow != 0 && limb == 0 ? 1 : 0;
    }
    product[3] &= (uint64_t{1} << 62) - 1;
  }
  DoubleDouble rest = FromFraction(product) * kHalfPi;
  if (upper_half) rest = -rest;
  return {rest, quadrant & 3};
}

// x = rest + quadrant·π/2 for |x| up to 2^19, with π/2 in parts of 33 bits whose multiples are
// exact.
Reduced ReduceMedium(double x) {
  constexpr double kRound = 6755399441055744.0;  // 1.5 × 2^52
  const double k = (x * 0x1.45f306dc9c883p-1 + kRound) - kRound;
  DoubleDouble rest = TwoSum(x - k * 0x1.921fb54400000p+0, -(k * 0x1.0b4611a600000p-34));
  rest = rest + -(k * 0x1.3198a2e000000p-69);
  rest = rest + -(k * 0x1.b839a252049c1p-104);
  return {rest, static_cast<int>(static_cast<int64_t>(k) & 3)};
}

Reduced Reduce(double x) {
  const double magnitude = std::fabs(x);
  if (magnitude <= 0.7853981633974483) return {{x, 0}, 0};
  if (magnitude <= 524288) return ReduceMedium(x);
  Reduced reduced = ReduceLarge(magnitude);
  if (x < 0) reduced = {-reduced.rest, (4 - reduced.quadrant) & 3};
  return reduced;
}

DoubleDouble SinOf(const Reduced& reduced) {
  const DoubleDouble value =
      (reduced.quadrant & 1) == 0 ? SinKernel(reduced.rest) : CosKernel(reduced.rest);
  return reduced.quadrant >= 2 ? -value : value;
}

Reduced NextQuadrant(Reduced reduced) {
  reduced.quadrant = (reduced.quadrant + 1) & 3;
  return reduced;
}

// Below it sin x is x to the last bit, and products of it would leave the normal range.
constexpr double kTiny = 0x1p-27;

}  // namespace

double Sin(double x) {
  if (!std::isfinite(x)) return kNaN;
  if (std::fabs(x) < kTiny) return x;
  return SinOf(Reduce(x)).Rounded();
}

double Cos(double x) {
  if (!std::isfinite(x)) return kNaN;
  return SinOf(NextQuadrant(Reduce(x))).Rounded();
}

double Tan(double x) {
  if (!std::isfinite(x)) return kNaN;
  if (std::fabs(x) < kTiny) return x;
  const Reduced reduced = Reduce(x);
  return (SinOf(reduced) / SinOf(NextQuadrant(reduced))).Rounded();
}

double Cot(double x) {
  if (!std::isfinite(x)) return kNaN;
  if (std::fabs(x) < kTiny) return 1 / x;
  const Reduced reduced = Reduce(x);
  return (SinOf(NextQuadrant(reduced)) / SinOf(reduced)).Rounded();
}

namespace {

// atan of t, |t| <= 0.126.
DoubleDouble SmallAtan(const DoubleDouble& t) {
  static constexpr double kTail[] = {-1.0 / 3, 1.0 / 5,   -1.0 / 7, 1.0 / 9,   -1.0 / 11,
                                     1.0 / 13, -1.0 / 15, 1.0 / 17, -1.0 / 19, 1.0 / 21};
  const double z = t.high * t.high;
  return AddSmaller(t, {t.high * z * Polynomial(z, kTail), 0});
}

// atan(y/x) for 0 <= y <= x, x > 0.
DoubleDouble AtanOfRatio(const DoubleDouble& y, const DoubleDouble& x) {
  struct Anchor {
    double tangent;
    DoubleDouble angle;
  };
  static constexpr Anchor kAnchors[] = {{0, {0, 0}},
                                        {0.25, {0x1.f5b75f92c80ddp-3, 0x1.8ab6e3cf7afbdp-57}},
                                        {0.5, {0x1.dac670561bb4fp-2, 0x1.a2b7f222f65e2p-56}},
                                        {0.75, {0x1.4978fa3269ee1p-1, 0x1.2419a87f2a458p-56}},
                                        {1.0, {0x1.921fb54442d18p-1, 0x1.1a62633145c07p-55}}};
  const double ratio = y.high / x.high;
  // NOLINTNEXTLINE(bugprone-incorrect-roundings): from 0 to 1; any anchor near by will do
  const Anchor& anchor = kAnchors[static_cast<int>(ratio * 4 + 0.5)];
  if (anchor.tangent == 0) return SmallAtan(y / x);
  // atan(y/x) = atan(c) + atan((y - cx) / (x + cy))
  return anchor.angle + SmallAtan((y - x * anchor.tangent) / (x + y * anchor.tangent));
}

}  // namespace

DoubleDouble AtanKernel(const DoubleDouble& y, const DoubleDouble& x) {
  const DoubleDouble height = y.high < 0 ? -y : y;
  const DoubleDouble width = x.high < 0 ? -x : x;
  DoubleDouble angle =
      height.high <= width.high ? AtanOfRatio(height, width) : kHalfPi - AtanOfRatio(width, height);
  if (x.high < 0) angle = kPi - angle;
  return y.high < 0 ? -angle : angle;
}

double Atan(double x) {
  if (std::isnan(x)) return kNaN;
  if (std::fabs(x) < kTiny) return x;
  if (std::fabs(x) > 0x1p60) return std::copysign(kHalfPi.high, x);
  return AtanKernel({x, 0}, {1, 0}).Rounded();
}

double Atan2(double y, double x) {
  if (std::isnan(y) || std::isnan(x)) return kNaN;
  if (y == 0) return std::signbit(x) ? std::copysign(kPi.high, y) : y;
  if (x == 0) return std::copysign(kHalfPi.high, y);
  if (std::isinf(x) || std::isinf(y)) {
    if (!std::isinf(y)) return std::signbit(x) ? std::copysign(kPi.high, y) : std::copysign(0.0, y);
    const double angle = !std::isinf(x) ? kHalfPi.high
                         : x > 0        ? kHalfPi.high / 2
                                        : 0x1.2d97c7f3321d2p+1;  // 3π/4
    return std::copysign(angle, y);
  }
  // Far apart, the smaller one no longer counts, or the result is the bare quotient.
  int y_exponent;
  int x_exponent;
  double y_mantissa = std::frexp(y, &y_exponent);
  double x_mantissa = std::frexp(x, &x_exponent);
  const int distance = y_exponent - x_exponent;
  if (distance > 80) return std::copysign(kHalfPi.high, y);
  if (distance < -80) {
    if (x < 0) return std::copysign(kPi.high, y);
    return Scale(y_mantissa / x_mantissa, distance);
  }
  y_mantissa = std::ldexp(y_mantissa, distance);
  return AtanKernel({y_mantissa, 0}, {x_mantissa, 0}).Rounded();
}

namespace {
// √(1 - x²) for |x| <= 1.
DoubleDouble Complement(double x) { return Sqrt(TwoSum(1, -x) * TwoSum(1, x)); }
}  // namespace

double Asin(double x) {
  if (!(std::fabs(x) <= 1)) return kNaN;
  if (std::fabs(x) < kTiny) return x;
  return AtanKernel({x, 0}, Complement(x)).Rounded();
}

double Acos(double x) {
  if (!(std::fabs(x) <= 1)) return kNaN;
  if (x == 1) return 0.0;
  return AtanKernel(Complement(x), {x, 0}).Rounded();
}

}  // namespace trivet::math
