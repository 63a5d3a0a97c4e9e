// Sums, moments and regression over doubles: values from exact rational arithmetic or the
// reference.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "expression/aggregates/aggregate_testing.h"

namespace trivet {
namespace {

const LogicalType kDouble = TypeId::kDouble;
const double kNaN = std::numeric_limits<double>::quiet_NaN();
const double kInfinity = std::numeric_limits<double>::infinity();

double Of(const std::string& name, const std::vector<double>& values) {
  const Value result = AggregateOf(name, kDouble, Doubles(values));
  EXPECT_FALSE(result.is_null()) << name;
  return result.is_null() ? kNaN : result.floating();
}

bool IsNull(const std::string& name, const std::vector<double>& values) {
  return AggregateOf(name, kDouble, Doubles(values)).is_null();
}

Value OfPairs(const std::string& name, const std::vector<std::pair<double, double>>& pairs) {
  ValueRows rows;
  for (const auto& [y, x] : pairs) rows.push_back({Value::Double(y), Value::Double(x)});
  // Pairs with a NULL do not count.
  rows.push_back({Value::Null(kDouble), Value::Double(9)});
  rows.push_back({Value::Double(9), Value::Null(kDouble)});
  return Aggregate(name, {kDouble, kDouble}, rows);
}

TEST(StatisticsTest, SumsAreExactBeforeTheyAreRounded) {
  EXPECT_EQ(Of("sum", {1e308, 1.0, -1e308, 1e-300}), 1.0);
  EXPECT_EQ(Of("sum", {0.1, 0.2, 0.3}), 0.6);  // 0.6000000000000001 when added in turn
  EXPECT_EQ(Of("avg", {1e308, 1e308, 1e308}), 1e308);
  EXPECT_EQ(Of("fsum", {1e100, 1.0, -1e100}), 1.0);
  EXPECT_EQ(Of("favg", {1.5, 2.0}), 1.75);
  EXPECT_EQ(Of("mean", {1, 2}), 1.5);
  EXPECT_EQ(Of("sum", {1e308, 1e308}), kInfinity);
  EXPECT_TRUE(std::isnan(Of("sum", {kInfinity, -kInfinity, 1})));
  EXPECT_TRUE(std::isnan(Of("avg", {kNaN, 1})));
  EXPECT_FALSE(std::signbit(Of("sum", {-0.0, -0.0})));
  for (const char* name : {"sum", "avg", "fsum", "stddev", "var_pop"}) {
    EXPECT_TRUE(IsNull(name, {})) << name;
  }
}

TEST(StatisticsTest, VariancesAndDeviations) {
  const std::vector<double> values = {1, 2, 5, 1.5};
  EXPECT_EQ(Of("var_pop", values), 2.421875);
  EXPECT_EQ(Of("var_samp", values), 3.2291666666666665);
  EXPECT_EQ(Of("variance", values), 3.2291666666666665);
  EXPECT_EQ(Of("stddev", values), std::sqrt(3.2291666666666665));
  EXPECT_EQ(Of("stddev_pop", values), std::sqrt(2.421875));
  EXPECT_EQ(Of("sem", values), 0.7781187248742958);
  EXPECT_TRUE(IsNull("var_samp", {7}));
  EXPECT_EQ(Of("var_pop", {7}), 0.0);
  // Far from zero, where squares of differences would be lost.
  EXPECT_EQ(Of("var_samp", {1e15 + 1, 1e15 + 2, 1e15 + 3}), 1.0);
  EXPECT_EQ(Of("stddev", {1e200, -1e200}), kInfinity);
  EXPECT_TRUE(std::isnan(Of("var_samp", {kInfinity, 2})));
}

TEST(StatisticsTest, SkewnessAndKurtosis) {
  const std::vector<double> values = {1, 2, 5, 1.5};
  EXPECT_NEAR(Of("skewness", values), 1.6963867993291315, 1e-14);
  EXPECT_NEAR(Of("kurtosis", values), 3.0143600416233083, 1e-13);
  EXPECT_NEAR(Of("kurtosis_pop", values), -0.7980853277835589, 1e-14);
  EXPECT_NEAR(Of("skewness", {1, 2, 4}), 0.9352195295828243, 1e-14);
  EXPECT_EQ(Of("kurtosis_pop", {1, 2}), -2.0);
  // Symmetric far from zero: the third moment is exactly none.
  EXPECT_EQ(Of("skewness", {1e9 - 3, 1e9, 1e9 + 3}), 0.0);
  EXPECT_TRUE(IsNull("skewness", {1, 2}));
  EXPECT_TRUE(IsNull("kurtosis", {1, 2, 4}));
  EXPECT_TRUE(IsNull("kurtosis", {3, 3, 3, 3}));
  const BoundTestAggregate kurtosis("kurtosis", {kDouble});
  ValueRows rows;
  for (const double value : {kInfinity, 1.0, 2.0, 3.0}) rows.push_back({Value::Double(value)});
  EXPECT_EQ(kurtosis.Compute(rows).status().code(), StatusCode::kInvalidInput);
}

TEST(StatisticsTest, RegressionOverPairs) {
  // y, x; checked against the reference, whose own last digits differ.
  const std::vector<std::pair<double, double>> pairs = {{2, 1}, {4.5, 2}, {3, 4}};
  const struct {
    const char* name;
    double value;
  } cases[] = {{"corr", 0.21677749238103},
               {"covar_pop", 0.2777777777777778},
               {"covar_samp", 0.4166666666666667},
               {"regr_r2", 0.04699248120300756},
               {"regr_slope", 0.1785714285714287},
               {"regr_intercept", 2.75},
               {"regr_sxx", 14.0 / 3},
               {"regr_sxy", 5.0 / 6},
               {"regr_syy", 19.0 / 6},
               {"regr_avgx", 7.0 / 3},
               {"regr_avgy", 19.0 / 6}};
  for (const auto& test : cases) {
    EXPECT_NEAR(OfPairs(test.name, pairs).floating(), test.value, 1e-14) << test.name;
  }
  EXPECT_EQ(OfPairs("regr_sxx", pairs).floating(), 14.0 / 3);
  EXPECT_EQ(OfPairs("regr_count", pairs).ToString(), "3");
  EXPECT_EQ(OfPairs("regr_count", {}).ToString(), "0");
}

TEST(StatisticsTest, DegenerateRegression) {
  const std::vector<std::pair<double, double>> one = {{1, 1}};
  EXPECT_TRUE(std::isnan(OfPairs("corr", one).floating()));
  EXPECT_TRUE(std::isnan(OfPairs("regr_slope", one).floating()));
  EXPECT_TRUE(OfPairs("regr_intercept", one).is_null());
  EXPECT_TRUE(OfPairs("regr_r2", one).is_null());
  EXPECT_TRUE(OfPairs("covar_samp", one).is_null());
  EXPECT_EQ(OfPairs("covar_pop", one).floating(), 0.0);
  EXPECT_EQ(OfPairs("regr_r2", {{1, 1}, {1, 2}}).floating(), 1.0);
  EXPECT_TRUE(OfPairs("regr_r2", {{1, 1}, {2, 1}}).is_null());
  for (const char* name : {"corr", "covar_pop", "regr_slope", "regr_avgx", "regr_sxx"}) {
    EXPECT_TRUE(OfPairs(name, {}).is_null()) << name;
    EXPECT_TRUE(std::isnan(OfPairs(name, {{kNaN, kNaN}, {1, 2}}).floating())) << name;
  }
}

TEST(StatisticsTest, ManyRandomDoubles) {
  std::mt19937_64 random(99);
  std::vector<double> values;
  long double sum = 0;
  for (int i = 0; i < 3000; ++i) {
    values.push_back(
        std::ldexp(static_cast<double>(random() >> 11), static_cast<int>(random() % 40) - 60));
    if (random() % 2 == 0) values.back() = -values.back();
    sum += values.back();
  }
  EXPECT_NEAR(Of("sum", values), static_cast<double>(sum), 1e-9);
  Of("var_pop", values);
  Of("skewness", values);
  Of("kurtosis", values);
}

// Small whole numbers are summed as integers for a while, other doubles are not: scaled by a power
// of two, which changes no digit, both give the same.
TEST(StatisticsTest, WholeNumbersKeepEveryBit) {
  constexpr double kScale = 0x1p-40;
  for (const double largest : {3.0, 0x1p24 - 1, 0x1p26}) {
    std::mt19937_64 random(static_cast<uint64_t>(largest));
    std::uniform_real_distribution<double> numbers(-largest, largest);
    std::vector<std::pair<double, double>> pairs;
    std::vector<std::pair<double, double>> scaled;
    std::vector<double> values;
    std::vector<double> scaled_values;
    const int count = largest == 0x1p24 - 1 ? 36000 : 2000;
    for (int i = 0; i < count; ++i) {
      // The squares of many large ones would not fit.
      const double x = count == 2000 ? std::round(numbers(random)) : largest - i % 3;
      const double y = i % 500 == 0 ? numbers(random) : std::round((x + numbers(random)) / 3);
      pairs.emplace_back(y, x);
      scaled.emplace_back(y * kScale, x * kScale);
      values.push_back(y);
      scaled_values.push_back(y * kScale);
    }
    for (const char* name : {"corr", "regr_slope"}) {
      EXPECT_EQ(OfPairs(name, pairs).floating(), OfPairs(name, scaled).floating()) << name;
    }
    for (const char* name : {"regr_sxx", "regr_syy", "covar_samp"}) {
      EXPECT_EQ(OfPairs(name, pairs).floating() * kScale * kScale, OfPairs(name, scaled).floating())
          << name;
    }
    EXPECT_EQ(Of("var_pop", values) * kScale * kScale, Of("var_pop", scaled_values));
    EXPECT_EQ(Of("stddev", values) * kScale, Of("stddev", scaled_values));
  }
}

}  // namespace
}  // namespace trivet
