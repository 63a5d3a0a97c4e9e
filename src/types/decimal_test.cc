#include "types/decimal.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "types/int256.h"

namespace trivet {
namespace {

std::string Text(int128_t value, int precision, int scale) {
  char text[kMaxDecimalTextSize];
  return std::string(text, WriteDecimal(text, value, precision, scale));
}

// Random magnitudes of every length up to 38 digits.
int128_t RandomDecimal(std::mt19937_64& random) {
  const auto wide = MakeInt128(static_cast<int64_t>(random() >> 1), random());
  const int128_t value = wide % PowerOfTen(static_cast<int>(random() % 38) + 1);
  return random() % 2 == 0 ? value : -value;
}

TEST(DecimalTest, RescalingRoundsHalfAwayFromZero) {
  int128_t result;
  ASSERT_TRUE(RescaleDecimal(125, 2, 5, 1, &result));
  EXPECT_EQ(result, 13);
  ASSERT_TRUE(RescaleDecimal(-125, 2, 5, 1, &result));
  EXPECT_EQ(result, -13);
  ASSERT_TRUE(RescaleDecimal(124, 2, 5, 1, &result));
  EXPECT_EQ(result, 12);
  ASSERT_TRUE(RescaleDecimal(49, 2, 5, 0, &result));
  EXPECT_EQ(result, 0);
  ASSERT_TRUE(RescaleDecimal(7, 0, 3, 2, &result));
  EXPECT_EQ(result, 700);
  EXPECT_FALSE(RescaleDecimal(10, 0, 3, 2, &result));
  EXPECT_FALSE(RescaleDecimal(9995, 2, 2, 0, &result));
  EXPECT_FALSE(RescaleDecimal(PowerOfTen(38) - 1, 0, 38, 38, &result));
}

TEST(DecimalTest, TextReadsBackAtEveryScale) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20000; ++i) {
    const int128_t value = RandomDecimal(random);
    const int scale = static_cast<int>(random() % 39);
    int128_t back = 0;
    ASSERT_EQ(ParseDecimal(Text(value, 38, scale), 38, scale, &back), NumberParse::kOk)
        << Text(value, 38, scale);
    ASSERT_EQ(back, value);
  }
}

TEST(DecimalTest, ConversionToDoubleIsTheNearest) {
  EXPECT_EQ(DecimalToDouble(1, 1), 0.1);
  EXPECT_EQ(DecimalToDouble(PowerOfTen(37), 37), 1.0);
  std::mt19937_64 random(8);
  for (int i = 0; i < 20000; ++i) {
    const int128_t value = RandomDecimal(random);
    const int scale = static_cast<int>(random() % 39);
    // The C library's strtod is correctly rounded.
    ASSERT_EQ(DecimalToDouble(value, scale), std::strtod(Text(value, 38, scale).c_str(), nullptr));
  }
}

TEST(DecimalTest, ConversionFromDoubleChecksTheRange) {
  int128_t result;
  ASSERT_TRUE(DoubleToDecimal(2.675, 5, 2, &result));  // 2.675 × 100 is 267.5 in doubles
  EXPECT_EQ(result, 268);
  ASSERT_TRUE(DoubleToDecimal(-0.5, 1, 0, &result));
  EXPECT_EQ(result, -1);
  EXPECT_FALSE(DoubleToDecimal(999.996, 5, 2, &result));
  EXPECT_FALSE(DoubleToDecimal(NAN, 38, 0, &result));
  EXPECT_FALSE(DoubleToDecimal(INFINITY, 38, 0, &result));
  EXPECT_FALSE(DoubleToDecimal(1e38, 38, 0, &result));
}

TEST(Int256Test, SumsDoNotDependOnOrder) {
  Int256 up;
  Int256 down;
  for (int i = 0; i < 100; ++i) up.Add(kInt128Max);
  for (int i = 0; i < 100; ++i) up.Add(kInt128Min);
  for (int i = 0; i < 100; ++i) {
    down.Add(kInt128Min);
    down.Add(kInt128Max);
  }
  EXPECT_EQ(up, down);
  ASSERT_TRUE(up.FitsInt128());
  EXPECT_EQ(up.ToInt128(), -100);
  Int256 beyond = Int256::From(kInt128Max);
  beyond.Add(int128_t{1});
  EXPECT_FALSE(beyond.FitsInt128());
  EXPECT_EQ(beyond.ToString(), "170141183460469231731687303715884105728");
  beyond.Add(int128_t{-1});
  EXPECT_TRUE(beyond.FitsInt128());
  Int256 below = Int256::From(kInt128Min);
  EXPECT_TRUE(below.FitsInt128());
  below.Add(int128_t{-1});
  EXPECT_FALSE(below.FitsInt128());
  EXPECT_EQ(below.ToString(), "-170141183460469231731687303715884105729");
}

TEST(Int256Test, DivisionUndoesMultiplication) {
  std::mt19937_64 random(9);
  for (int i = 0; i < 5000; ++i) {
    const int128_t left = RandomDecimal(random);
    int128_t right = RandomDecimal(random);
    if (right == 0) right = 3;
    const int128_t bound = right < 0 ? -right : right;
    const int128_t rest = RandomDecimal(random) % bound;
    Int256 product = Int256::Multiply(left, right);
    // A remainder of the product's sign keeps the truncated quotient.
    const bool negative = product.IsNegative();
    const int128_t signed_rest = (rest < 0) == negative || left == 0 ? rest : -rest;
    product.Add(signed_rest);
    int128_t remainder;
    const Int256 quotient = Divide(product, right, &remainder);
    ASSERT_EQ(quotient, Int256::From(left));
    ASSERT_EQ(remainder, signed_rest);
  }
  EXPECT_EQ(Int256::Multiply(kInt128Min, kInt128Min).ToString(),
            "28948022309329048855892746252171976963317496166410141009864396001978282409984");
  EXPECT_EQ(Int256::Multiply(kInt128Min, kInt128Max).ToString(),
            "-28948022309329048855892746252171976963147354982949671778132708698262398304256");
}

TEST(Int256Test, RoundedDivisionGoesHalfAwayFromZero) {
  EXPECT_EQ(DivideRounded(Int256::From(5), 2).ToInt128(), 3);
  EXPECT_EQ(DivideRounded(Int256::From(-5), 2).ToInt128(), -3);
  EXPECT_EQ(DivideRounded(Int256::From(-5), -2).ToInt128(), 3);
  EXPECT_EQ(DivideRounded(Int256::From(4), 3).ToInt128(), 1);
  EXPECT_EQ(DivideRounded(Int256::From(1), 3).ToInt128(), 0);
  EXPECT_EQ(
      DivideRounded(Int256::Multiply(PowerOfTen(38), PowerOfTen(38)), PowerOfTen(38)).ToInt128(),
      PowerOfTen(38));
}

TEST(Int256Test, ConversionToDoubleIsTheNearest) {
  EXPECT_EQ(Int256().ToDouble(), 0.0);
  EXPECT_EQ(Int256::From(-3).ToDouble(), -3.0);
  std::mt19937_64 random(10);
  for (int i = 0; i < 20000; ++i) {
    const Int256 value = Int256::Multiply(RandomDecimal(random), RandomDecimal(random));
    ASSERT_EQ(value.ToDouble(), std::strtod(value.ToString().c_str(), nullptr)) << value.ToString();
  }
  // Ties and what lies just above them.
  const int128_t tie = (int128_t{1} << 100) + (int128_t{1} << 47);
  EXPECT_EQ(Int256::From(tie).ToDouble(), std::ldexp(1.0, 100));
  EXPECT_EQ(Int256::From(tie + 1).ToDouble(), std::ldexp(1.0, 100) + std::ldexp(1.0, 48));
}

}  // namespace
}  // namespace trivet
