#include "types/math.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>
#include <string>

namespace trivet::math {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// A function, its arguments (the second is 0 where there is one) and the true result as a sum of
// two doubles; from test/differential/math_vectors.py.
struct MathVector {
  const char* function;
  double x;
  double y;
  double high;
  double low;
};
const MathVector kVectors[] = {
#include "types/testdata/math.inc"
};

double Evaluate(const std::string& function, double x, double y) {
  static const std::map<std::string, double (*)(double)> kUnary = {
      {"Exp", Exp},     {"Expm1", Expm1},      {"Log", Log},     {"Log2", Log2},   {"Log10", Log10},
      {"Log1p", Log1p}, {"Cbrt", Cbrt},        {"Sin", Sin},     {"Cos", Cos},     {"Tan", Tan},
      {"Cot", Cot},     {"Asin", Asin},        {"Acos", Acos},   {"Atan", Atan},   {"Sinh", Sinh},
      {"Cosh", Cosh},   {"Tanh", Tanh},        {"Asinh", Asinh}, {"Acosh", Acosh}, {"Atanh", Atanh},
      {"Gamma", Gamma}, {"LogGamma", LogGamma}};
  if (function == "Pow") return Pow(x, y);
  if (function == "Atan2") return Atan2(x, y);
  return kUnary.at(function)(x);
}

// Units in the last place between the answer and the truth.
double Error(double answer, const MathVector& vector) {
  int exponent;
  std::frexp(vector.high, &exponent);
  const double distance = (answer - vector.high) - vector.low;
  return std::fabs(std::ldexp(distance, 53 - exponent));
}

bool SameBits(double left, double right) {
  return std::bit_cast<uint64_t>(left) == std::bit_cast<uint64_t>(right);
}

TEST(MathTest, ErrorsStayBelowTheBounds) {
  std::map<std::string, double> worst;
  std::map<std::string, const MathVector*> where;
  for (const MathVector& vector : kVectors) {
    const double error = Error(Evaluate(vector.function, vector.x, vector.y), vector);
    double& largest = worst[vector.function];
    if (!(error <= largest)) {
      largest = error;
      where[vector.function] = &vector;
    }
  }
  EXPECT_EQ(worst.size(), 24U);
  for (const auto& [function, error] : worst) {
    const double bound = function.find("Gamma") != std::string::npos ? 1.0 : 0.55;
    if (std::getenv("TRIVET_SHOW_ERRORS") != nullptr)
      std::printf("%-9s %.4f\n", function.c_str(), error);
    EXPECT_LE(error, bound) << function << " at " << std::hexfloat << where[function]->x << ", "
                            << where[function]->y;
  }
}

TEST(MathTest, ExactResultsAreExact) {
  EXPECT_EQ(Exp(0), 1);
  EXPECT_EQ(Log(1), 0);
  for (int i = -1074; i < 1024; ++i) EXPECT_EQ(Log2(std::ldexp(1.0, i)), i);
  double power = 1;
  for (int i = 0; i <= 22; ++i, power *= 10) {
    EXPECT_EQ(Log10(power), i);
    EXPECT_EQ(Pow(10, i), power);
  }
  for (int i = 0; i <= 1023; ++i) EXPECT_EQ(Pow(2, i), std::ldexp(1.0, i));
  EXPECT_EQ(Pow(2, -1074), std::ldexp(1.0, -1074));
  EXPECT_EQ(Pow(3, 33), 5559060566555523.0);
  EXPECT_EQ(Pow(-3, 3), -27);
  EXPECT_EQ(Pow(2.25, 0.5), 1.5);
  EXPECT_EQ(Pow(0x1p-1000, -1), 0x1p1000);
  for (int i = -1000; i <= 1000; ++i) EXPECT_EQ(Cbrt(static_cast<double>(i) * i * i), i);
  double factorial = 1;
  for (int i = 1; i <= 22; ++i) {
    EXPECT_EQ(Gamma(i), factorial);
    factorial *= i;
  }
  EXPECT_EQ(LogGamma(1), 0);
  EXPECT_EQ(LogGamma(2), 0);
  EXPECT_EQ(Cos(0), 1);
  EXPECT_EQ(Atan(1), 0x1.921fb54442d18p-1);
  EXPECT_EQ(Acos(-1), 0x1.921fb54442d18p+1);
  EXPECT_EQ(Asin(1), 0x1.921fb54442d18p+0);
}

TEST(MathTest, SpecialValuesFollowTheStandard) {
  double (*const kOdd[])(double) = {Sin,   Tan,   Asin,  Atan,  Sinh, Tanh,
                                    Asinh, Atanh, Expm1, Log1p, Cbrt};
  for (const auto function : kOdd) {
    EXPECT_TRUE(SameBits(function(-0.0), -0.0));
    EXPECT_TRUE(SameBits(function(0x1p-1060), 0x1p-1060) || function == Cbrt);
  }
  double (*const kAll[])(double) = {Exp,  Expm1, Log,   Log2,  Log10, Log1p,   Cbrt, Sin,
                                    Cos,  Tan,   Cot,   Asin,  Acos,  Atan,    Sinh, Cosh,
                                    Tanh, Asinh, Acosh, Atanh, Gamma, LogGamma};
  for (const auto function : kAll) EXPECT_TRUE(SameBits(function(-kNaN), kNaN));
  EXPECT_EQ(Exp(kInfinity), kInfinity);
  EXPECT_EQ(Exp(-kInfinity), 0);
  EXPECT_EQ(Exp(710), kInfinity);
  EXPECT_EQ(Exp(-746), 0);
  EXPECT_EQ(Exp(-745.1), 0x1p-1074);
  EXPECT_EQ(Log(0), -kInfinity);
  EXPECT_TRUE(SameBits(Log(-1), kNaN));
  EXPECT_EQ(Log(kInfinity), kInfinity);
  EXPECT_TRUE(SameBits(Sin(kInfinity), kNaN));
  EXPECT_TRUE(SameBits(Asin(1.5), kNaN));
  EXPECT_TRUE(SameBits(Acosh(0.5), kNaN));
  EXPECT_EQ(Atanh(1), kInfinity);
  EXPECT_EQ(Atan(kInfinity), 0x1.921fb54442d18p+0);
  EXPECT_EQ(Sinh(-711), -kInfinity);
  EXPECT_EQ(Tanh(1000), 1);
  EXPECT_EQ(Cosh(-kInfinity), kInfinity);
  EXPECT_EQ(Gamma(172), kInfinity);
  EXPECT_TRUE(SameBits(Gamma(-3), kNaN));
  EXPECT_EQ(LogGamma(-3), kInfinity);
}

TEST(MathTest, PowersOfZeroAndInfinityFollowTheStandard) {
  for (const double x : {0.0, -0.0, 1.0, -2.5, kInfinity, -kInfinity, kNaN}) {
    EXPECT_EQ(Pow(x, 0.0), 1);
    EXPECT_EQ(Pow(1.0, x), 1);
  }
  EXPECT_TRUE(SameBits(Pow(-0.0, 3), -0.0));
  EXPECT_TRUE(SameBits(Pow(-0.0, 2), 0.0));
  EXPECT_TRUE(SameBits(Pow(-0.0, -3), -kInfinity));
  EXPECT_TRUE(SameBits(Pow(0.0, -2), kInfinity));
  EXPECT_TRUE(SameBits(Pow(-kInfinity, 3), -kInfinity));
  EXPECT_TRUE(SameBits(Pow(-kInfinity, -3), -0.0));
  EXPECT_TRUE(SameBits(Pow(-kInfinity, 0.5), kInfinity));
  EXPECT_TRUE(SameBits(Pow(-2, 0.5), kNaN));
  EXPECT_EQ(Pow(-1, kInfinity), 1);
  EXPECT_EQ(Pow(0.5, kInfinity), 0);
  EXPECT_EQ(Pow(0.5, -kInfinity), kInfinity);
  EXPECT_EQ(Pow(-1.5, 1e300), kInfinity);
  EXPECT_EQ(Pow(-1.5, -1e300), 0);
  EXPECT_EQ(Pow(-2, 1025), -kInfinity);
  EXPECT_EQ(Pow(1 + 0x1p-52, 1e300), kInfinity);
  EXPECT_EQ(Pow(1 - 0x1p-53, 1e300), 0);
  EXPECT_EQ(Pow(2, 1e-320), 1);
}

TEST(MathTest, Atan2KnowsItsQuadrants) {
  constexpr double kPi = 0x1.921fb54442d18p+1;
  EXPECT_TRUE(SameBits(Atan2(0.0, 1), 0.0));
  EXPECT_TRUE(SameBits(Atan2(-0.0, 1), -0.0));
  EXPECT_EQ(Atan2(0.0, -1), kPi);
  EXPECT_EQ(Atan2(-0.0, -1), -kPi);
  EXPECT_EQ(Atan2(0.0, -0.0), kPi);
  EXPECT_EQ(Atan2(1, 0), kPi / 2);
  EXPECT_EQ(Atan2(-1, -0.0), -kPi / 2);
  EXPECT_EQ(Atan2(kInfinity, kInfinity), kPi / 4);
  EXPECT_EQ(Atan2(kInfinity, -kInfinity), 0x1.2d97c7f3321d2p+1);
  EXPECT_EQ(Atan2(1, -kInfinity), kPi);
  EXPECT_TRUE(SameBits(Atan2(-1, kInfinity), -0.0));
  EXPECT_EQ(Atan2(1e300, 1e-300), kPi / 2);
  EXPECT_EQ(Atan2(1e-300, -1e300), kPi);
  EXPECT_EQ(Atan2(0x1p-1074, 1), 0x1p-1074);
  EXPECT_EQ(Atan2(0x1p-1074, 0x1p-1074), kPi / 4);
}

}  // namespace
}  // namespace trivet::math
