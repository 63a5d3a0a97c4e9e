#include <gtest/gtest.h>

#include <algorithm>

#include <algorithm>
#include <cmath>
#include <limits>

#include "expression/aggregates/aggregate_testing.h"
#include "expression/aggregates/rounded_ratio.h"
#include "types/decimal.h"

namespace trivet {
namespace {

const LogicalType kInteger = TypeId::kInt32;
const LogicalType kBigint = TypeId::kInt64;
const LogicalType kHugeint = TypeId::kInt128;
const LogicalType kText = TypeId::kVarchar;
const double kNaN = std::numeric_limits<double>::quiet_NaN();
const double kInfinity = std::numeric_limits<double>::infinity();

std::vector<Value> WithNulls(std::vector<Value> values, const LogicalType& type) {
  values.insert(values.begin(), Value::Null(type));
  values.insert(values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), Value::Null(type));
  values.push_back(Value::Null(type));
  return values;
}

std::vector<Value> Random(const LogicalType& type, size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Value> values;
  for (size_t i = 0; i < count; ++i) {
    const uint64_t bits = random();
    if (bits % 11 == 0) {
      values.push_back(Value::Null(type));
    } else if (type.physical() == PhysicalType::kString) {
      values.push_back(Value::Varchar(std::string(bits % 30, static_cast<char>('a' + bits % 5))));
    } else if (type.id() == TypeId::kDouble) {
      values.push_back(Value::Double(static_cast<double>(bits % 1000) / 8 - 40));
    } else if (type.id() == TypeId::kFloat) {
      values.push_back(Value::Float(static_cast<float>(bits % 1000) / 8 - 40));
    } else if (type.id() == TypeId::kInterval) {
      values.push_back(Value::FromInterval({static_cast<int>(bits % 3), static_cast<int>(bits % 70),
                                            static_cast<int64_t>(bits % 5) * 1000}));
    } else if (type.id() == TypeId::kBoolean) {
      values.push_back(Value::Boolean(bits & 1));
    } else {
      values.push_back(Value::Integer(type, static_cast<int128_t>(bits % 120)));
    }
  }
  return values;
}

TEST(AggregatesTest, NoRowsAndOnlyNulls) {
  const struct {
    const char* name;
    LogicalType argument;
    const char* result;
  } cases[] = {{"count", kInteger, "0"},
               {"sum", kInteger, "NULL"},
               {"avg", kInteger, "NULL"},
               {"min", kText, "NULL"},
               {"max", kInteger, "NULL"},
               {"count_if", TypeId::kBoolean, "NULL"},
               {"bool_and", TypeId::kBoolean, "NULL"},
               {"bit_xor", kBigint, "NULL"},
               {"string_agg", kText, "NULL"},
               {"first", kText, "NULL"},
               {"any_value", kInteger, "NULL"},
               {"median", kInteger, "NULL"},
               {"mode", kInteger, "NULL"},
               {"entropy", kInteger, "0.0"},
               {"product", TypeId::kDouble, "NULL"},
               {"approx_count_distinct", kText, "0"},
               {"avg", TypeId::kInterval, "NULL"},
               {"avg", TypeId::kTime, "NULL"}};
  for (const auto& test : cases) {
    EXPECT_EQ(AggregateOf(test.name, test.argument, {}).ToString(), test.result) << test.name;
    const std::vector<Value> nulls(3, Value::Null(test.argument));
    EXPECT_EQ(AggregateOf(test.name, test.argument, nulls).ToString(), test.result) << test.name;
  }
  EXPECT_EQ(Aggregate("count", {}, {}).ToString(), "0");
  EXPECT_EQ(Aggregate("count", {}, ValueRows(5)).ToString(), "5");
  EXPECT_EQ(Aggregate("count_star", {}, ValueRows(5000)).ToString(), "5000");
}

TEST(AggregatesTest, CountsRowsThatAreNotNull) {
  EXPECT_EQ(AggregateOf("count", kText, WithNulls(Strings({"a", "b"}), kText)).ToString(), "2");
  const std::vector<Value> flags = {Value::Boolean(true), Value::Boolean(false),
                                    Value::Null(TypeId::kBoolean), Value::Boolean(true)};
  const Value trues = AggregateOf("count_if", TypeId::kBoolean, flags);
  EXPECT_EQ(trues.ToString(), "2");
  EXPECT_EQ(trues.type(), kHugeint);
}

TEST(AggregatesTest, SumsOfIntegersAreHugeints) {
  for (const TypeId id :
       {TypeId::kInt8, TypeId::kInt16, TypeId::kInt32, TypeId::kInt64, TypeId::kUInt8,
        TypeId::kUInt16, TypeId::kUInt32, TypeId::kUInt64, TypeId::kInt128}) {
    const Value sum = AggregateOf("sum", id, WithNulls(Integers(id, {100, 27, 1}), id));
    EXPECT_EQ(sum.ToString(), "128");
    EXPECT_EQ(sum.type(), kHugeint);
  }
  const std::vector<Value> large(5000, Value::Int64(std::numeric_limits<int64_t>::min()));
  EXPECT_EQ(AggregateOf("sum", kBigint, large).integer(),
            int128_t{5000} * std::numeric_limits<int64_t>::min());
  const std::vector<Value> unsigned_large(3000,
                                          Value::Integer(TypeId::kUInt64, int128_t{~uint64_t{0}}));
  EXPECT_EQ(AggregateOf("sum", TypeId::kUInt64, unsigned_large).integer(),
            int128_t{3000} * ~uint64_t{0});
  EXPECT_EQ(
      AggregateOf("sum", TypeId::kBoolean, {Value::Boolean(true), Value::Boolean(true)}).ToString(),
      "2");
}

// Sums and counts of up to 32 bits share an integer: neither may reach into the other.
TEST(AggregatesTest, ExtremeSumsLeaveTheCountAlone) {
  const auto expect = [](TypeId id, const std::vector<int64_t>& integers) {
    std::vector<Value> values;
    int128_t sum = 0;
    for (int64_t integer : integers) {
      values.push_back(Value::Integer(id, integer));
      sum += integer;
    }
    EXPECT_EQ(AggregateOf("sum", id, values).integer(), sum) << static_cast<int>(id);
    EXPECT_EQ(AggregateOf("avg", id, values).floating(),
              static_cast<double>(static_cast<long double>(sum) /
                                  static_cast<long double>(integers.size())));
  };
  constexpr int64_t kLeast = std::numeric_limits<int32_t>::min();
  expect(TypeId::kInt32, std::vector<int64_t>(70'000, kLeast));
  expect(TypeId::kInt32, std::vector<int64_t>(70'000, -kLeast - 1));
  expect(TypeId::kUInt32, std::vector<int64_t>(70'000, std::numeric_limits<uint32_t>::max()));
  std::vector<int64_t> crossing(7, -1);
  crossing.insert(crossing.end(), 9, 1);
  expect(TypeId::kInt32, crossing);
  std::ranges::reverse(crossing);
  expect(TypeId::kInt8, crossing);
  expect(TypeId::kInt16, {-1});
}

TEST(AggregatesTest, OverflowOfASumIsDecidedAtTheEnd) {
  const Value most = Value::Integer(kHugeint, kInt128Max);
  const Value one = Value::Integer(kHugeint, 1);
  const Value minus_one = Value::Integer(kHugeint, -1);
  EXPECT_EQ(AggregateOf("sum", kHugeint,
                        {most, one, minus_one, most, Value::Integer(kHugeint, -kInt128Max)})
                .integer(),
            kInt128Max);
  const BoundTestAggregate sum("sum", {kHugeint});
  EXPECT_EQ(sum.Compute({{most}, {one}}).status().code(), StatusCode::kInvalidInput);

  const LogicalType decimal = LogicalType::Decimal(38, 2);
  const Value nines = Value::Integer(decimal, PowerOfTen(38) - 1);
  const BoundTestAggregate decimals("sum", {decimal});
  EXPECT_EQ(decimals.Compute({{nines}, {Value::Integer(decimal, 1)}}).status().code(),
            StatusCode::kInvalidInput);
  EXPECT_EQ(
      AggregateOf("sum", decimal, {nines, Value::Integer(decimal, 7), Value::Integer(decimal, -7)}),
      nines);
}

TEST(AggregatesTest, SumsOfDecimalsKeepTheScale) {
  for (const uint8_t precision : {4, 9, 15, 30}) {
    const LogicalType decimal = LogicalType::Decimal(precision, 2);
    const Value sum = AggregateOf("sum", decimal, Integers(decimal, {150, -25, 9999}));
    EXPECT_EQ(sum.type(), LogicalType::Decimal(38, 2));
    EXPECT_EQ(sum.ToString(), "101.24");
  }
}

TEST(AggregatesTest, AveragesAreRoundedOnce) {
  EXPECT_EQ(AggregateOf("avg", kInteger, Integers(kInteger, {1, 2})).floating(), 1.5);
  EXPECT_EQ(AggregateOf("avg", kInteger, Integers(kInteger, {1, 0, 0})).floating(), 1.0 / 3.0);
  const LogicalType decimal = LogicalType::Decimal(15, 2);
  const Value average = AggregateOf("avg", decimal, Integers(decimal, {10, 20, 30, 11}));
  EXPECT_EQ(average.type(), TypeId::kDouble);
  EXPECT_EQ(average.floating(), 0.1775);
  // 2^53 + 1 is no double: rounded to even after the division only.
  const int64_t odd = (int64_t{1} << 53) + 1;
  EXPECT_EQ(AggregateOf("avg", kBigint, Integers(kBigint, {odd, odd, odd})).floating(),
            static_cast<double>(int64_t{1} << 53));
  EXPECT_EQ(
      AggregateOf("avg", kHugeint,
                  {Value::Integer(kHugeint, kInt128Max), Value::Integer(kHugeint, kInt128Max)})
          .floating(),
      std::ldexp(1.0, 127));
}

TEST(AggregatesTest, RoundedRatioAgreesWithLongDoubleDivision) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 20000; ++i) {
    const int64_t numerator = static_cast<int64_t>(random()) >> (random() % 60);
    const uint64_t count = 1 + (random() >> (random() % 63 + 1));
    // Within 11 spare bits of long double, double rounding differs only next to a tie.
    const long double exact = static_cast<long double>(numerator) / static_cast<long double>(count);
    const double expected = static_cast<double>(exact);
    const double actual = RoundedRatio(Int256::From(numerator), count, 0);
    if (actual != expected) {
      EXPECT_TRUE(std::nextafter(actual, expected) == expected &&
                  std::fabs(exact - (static_cast<long double>(actual) + expected) / 2) <
                      std::fabs(exact) * 1e-18L)
          << numerator << " / " << count;
    }
  }
  EXPECT_EQ(RoundedRatio(Int256::Multiply(PowerOfTen(38), PowerOfTen(38)), 1, 38), 1e38);
  EXPECT_EQ(RoundedRatio(Int256::Multiply(-PowerOfTen(38), 3), 7, 38), -3.0 / 7.0);
  // Above a tie by less than 64 bits of quotient show.
  const Int256 above_tie = Int256::From(((int128_t{1} << 53) + 1) * (int128_t{1} << 40) + 1);
  EXPECT_EQ(RoundedRatio(above_tie, uint64_t{1} << 40, 0), std::ldexp(1.0, 53) + 2);
  EXPECT_EQ(RoundedRatio(Int256::From(1), ~uint64_t{0}, 38), 5.421010862427522e-58);
}

TEST(AggregatesTest, AveragesOfTimes) {
  const LogicalType timestamp = LogicalType::Timestamp();
  EXPECT_EQ(AggregateOf("avg", timestamp, Integers(timestamp, {10, 13})).integer(), 11);
  EXPECT_EQ(AggregateOf("avg", timestamp, Integers(timestamp, {-10, -13})).integer(), -11);
  EXPECT_EQ(AggregateOf("avg", TypeId::kTime, Integers(TypeId::kTime, {10, 20})).type(),
            TypeId::kTime);
  const Value interval =
      AggregateOf("avg", TypeId::kInterval,
                  {Value::FromInterval({1, 0, 0}), Value::FromInterval({0, 1, 0}),
                   Value::FromInterval({0, 0, 3'000'000})});
  EXPECT_EQ(interval.interval(), (Interval{0, 10, 28801000000}));
  const BoundTestAggregate date("avg", {TypeId::kDate});
  EXPECT_EQ(date.bound().return_type, timestamp);
}

TEST(AggregatesTest, ExtremaOfEveryType) {
  const std::vector<LogicalType> types = {TypeId::kBoolean,  TypeId::kInt8,
                                          TypeId::kInt64,    TypeId::kUInt32,
                                          kHugeint,          TypeId::kFloat,
                                          TypeId::kDouble,   kText,
                                          TypeId::kDate,     LogicalType::Timestamp(),
                                          TypeId::kUuid,     TypeId::kTime,
                                          TypeId::kInterval, LogicalType::Decimal(20, 3)};
  for (const LogicalType& type : types) {
    const std::vector<Value> values = Random(type, 500, 9);
    Value least;
    Value greatest;
    for (const Value& value : values) {
      if (value.is_null()) continue;
      if (least.is_null() || CompareValues(value, least) < 0) least = value;
      if (greatest.is_null() || CompareValues(value, greatest) > 0) greatest = value;
    }
    EXPECT_EQ(AggregateOf("min", type, values), least) << type.ToString();
    EXPECT_EQ(AggregateOf("max", type, values), greatest) << type.ToString();
  }
}

TEST(AggregatesTest, ExtremaAreCanonical) {
  const auto zero = AggregateOf("min", TypeId::kDouble, Doubles({0.0, -0.0, 0.0, 3}));
  EXPECT_FALSE(std::signbit(zero.floating()));
  EXPECT_TRUE(
      std::isnan(AggregateOf("max", TypeId::kDouble, Doubles({kInfinity, -kNaN, 1})).floating()));
  EXPECT_EQ(AggregateOf("min", TypeId::kDouble, Doubles({kNaN, kInfinity, 7})).floating(), 7.0);
  const std::vector<Value> months = {Value::FromInterval({0, 30, 0}),
                                     Value::FromInterval({1, 0, 0})};
  EXPECT_EQ(AggregateOf("max", TypeId::kInterval, months).interval(), (Interval{0, 30, 0}));
  EXPECT_EQ(AggregateOf("min", TypeId::kInterval, months).interval(), (Interval{0, 30, 0}));
}

TEST(AggregatesTest, NestedTypesAreRefusedByName) {
  const LogicalType list = LogicalType::List(kInteger);
  for (const char* name : {"min", "max", "first", "mode", "median"}) {
    const BoundTestAggregate aggregate(name, {list});
    EXPECT_EQ(aggregate.status().code(), StatusCode::kNotImplemented) << name;
    EXPECT_NE(aggregate.status().message().find("INTEGER[]"), std::string::npos);
  }
}

ValueRows Pairs(const std::vector<Value>& first, const std::vector<Value>& second) {
  ValueRows rows;
  for (size_t i = 0; i < first.size(); ++i) rows.push_back({first[i], second[i]});
  return rows;
}

TEST(AggregatesTest, ArgExtremaSkipNullsAndTakeTheFirstOfEquals) {
  const Value null_int = Value::Null(kInteger);
  const ValueRows rows =
      Pairs({Value::Int32(1), null_int, Value::Int32(3), Value::Int32(5), null_int},
            {Value::Int32(2), Value::Int32(1), null_int, Value::Int32(4), Value::Int32(6)});
  EXPECT_EQ(Aggregate("arg_min", {kInteger, kInteger}, rows).ToString(), "1");
  EXPECT_EQ(Aggregate("max_by", {kInteger, kInteger}, rows).ToString(), "5");
  EXPECT_EQ(Aggregate("arg_min_null", {kInteger, kInteger}, rows).ToString(), "NULL");
  EXPECT_EQ(Aggregate("arg_max_null", {kInteger, kInteger}, rows).ToString(), "NULL");
  std::vector<Value> texts;
  std::vector<Value> keys;
  for (int i = 0; i < 1500; ++i) {
    texts.push_back(Value::Varchar("text of row number " + std::to_string(i)));
    keys.push_back(Value::Varchar(i % 100 == 77 ? "zz, the greatest of all" : "a"));
  }
  EXPECT_EQ(Aggregate("arg_max", {kText, kText}, Pairs(texts, keys)).string(),
            "text of row number 77");
  EXPECT_EQ(Aggregate("arg_min", {kText, kText}, Pairs(texts, keys)).string(),
            "text of row number 0");
}

TEST(AggregatesTest, BitsAndBooleans) {
  EXPECT_EQ(AggregateOf("bit_and", kInteger, Integers(kInteger, {7, 13})).ToString(), "5");
  EXPECT_EQ(AggregateOf("bit_or", TypeId::kUInt8, Integers(TypeId::kUInt8, {1, 128})).ToString(),
            "129");
  EXPECT_EQ(AggregateOf("bit_xor", kHugeint, Integers(kHugeint, {5, 3})).ToString(), "6");
  const std::vector<Value> mixed = {Value::Boolean(true), Value::Null(TypeId::kBoolean),
                                    Value::Boolean(false)};
  EXPECT_EQ(AggregateOf("bool_and", TypeId::kBoolean, mixed).ToString(), "false");
  EXPECT_EQ(AggregateOf("bool_or", TypeId::kBoolean, mixed).ToString(), "true");
}

TEST(AggregatesTest, FirstAndLastFollowTheInput) {
  std::vector<Value> values = Random(kText, 3000, 77);
  values.front() = Value::Null(kText);
  values[1] = Value::Varchar("the first value that is not NULL");
  EXPECT_TRUE(AggregateOf("first", kText, values).is_null());
  EXPECT_TRUE(AggregateOf("arbitrary", kText, values).is_null());
  EXPECT_EQ(AggregateOf("any_value", kText, values), values[1]);
  EXPECT_EQ(AggregateOf("last", kText, values), values.back());
  values.push_back(Value::Varchar("the very last value of them"));
  EXPECT_EQ(AggregateOf("last", kText, values).string(), "the very last value of them");
}

TEST(AggregatesTest, StringsJoinInTheInputsOrder) {
  EXPECT_EQ(AggregateOf("string_agg", kText, WithNulls(Strings({"a", "b"}), kText)).string(),
            "a,b");
  const std::vector<Value> values = Random(kText, 2500, 3);
  std::string expected;
  for (const Value& value : values) {
    if (value.is_null()) continue;
    if (!expected.empty() || &value != &values.front()) expected += "; ";
    expected += value.string();
  }
  EXPECT_EQ(AggregateOf("group_concat", kText, values, {Value::Varchar("; ")}).string(),
            expected.substr(values.front().is_null() ? 2 : 0));
  EXPECT_TRUE(AggregateOf("listagg", kText, Strings({"a"}), {Value::Null(kText)}).is_null());
  EXPECT_EQ(BoundTestAggregate("string_agg", {kText, kText}).status().code(),
            StatusCode::kInvalidInput);
}

TEST(AggregatesTest, QuantilesAsTheReferenceHasThem) {
  const std::vector<Value> four = Integers(kInteger, {4, 2, 1, 3});
  const struct {
    double fraction;
    const char* discrete;
    const char* continuous;
  } cases[] = {{0.5, "2", "2.5"},   {0.0, "1", "1.0"},    {1.0, "4", "4.0"},  {0.25, "1", "1.75"},
               {0.75, "3", "3.25"}, {-0.25, "4", "3.25"}, {-0.5, "3", "2.5"}, {-1.0, "1", "1.0"}};
  for (const auto& test : cases) {
    const std::vector<Value> fraction = {Value::Double(test.fraction)};
    EXPECT_EQ(AggregateOf("quantile_disc", kInteger, four, fraction).ToString(), test.discrete);
    EXPECT_EQ(AggregateOf("quantile_cont", kInteger, four, fraction).ToString(), test.continuous);
  }
  const LogicalType decimal = LogicalType::Decimal(5, 2);
  EXPECT_EQ(AggregateOf("median", decimal, Integers(decimal, {100, 201, 302, 202})).ToString(),
            "2.01");
  EXPECT_EQ(AggregateOf("median", decimal, Integers(decimal, {-100, -201, -302, -202})).ToString(),
            "-2.01");
  EXPECT_EQ(AggregateOf("median", kText, Strings({"b", "a"})).string(), "a");
  EXPECT_EQ(AggregateOf("median", TypeId::kDouble, Doubles({kNaN, 2, 3, kInfinity})).floating(),
            kInfinity);
  const Value interval =
      AggregateOf("median", TypeId::kInterval,
                  {Value::FromInterval({1, 0, 0}), Value::FromInterval({0, 2, 0})});
  EXPECT_EQ(interval.ToString(), "16 days");
  EXPECT_EQ(BoundTestAggregate("median", {TypeId::kDate}).bound().return_type,
            LogicalType::Timestamp());
  for (const Value& bad : {Value::Double(1.5), Value::Double(kNaN), Value::Null(TypeId::kDouble)}) {
    EXPECT_EQ(BoundTestAggregate("quantile_cont", {kInteger}, {bad}).status().code(),
              StatusCode::kInvalidInput);
  }
}

TEST(AggregatesTest, QuantilesOfManyValues) {
  std::vector<Value> values;
  for (int i = 0; i < 5001; ++i) values.push_back(Value::Int32((i * 2711) % 5001));
  EXPECT_EQ(AggregateOf("median", kInteger, values).floating(), 2500.0);
  EXPECT_EQ(AggregateOf("quantile_disc", kInteger, values, {Value::Double(0.9)}).ToString(),
            "4500");
}

TEST(AggregatesTest, ModeTakesTheFirstOfEquals) {
  EXPECT_EQ(AggregateOf("mode", kInteger, Integers(kInteger, {3, 2, 2, 3})).ToString(), "3");
  std::vector<Value> values = Random(kText, 3000, 1);
  for (int i = 0; i < 400; ++i) {
    values.insert(values.begin() + i * 3, Value::Varchar("the most frequent text"));
  }
  EXPECT_EQ(AggregateOf("mode", kText, values).string(), "the most frequent text");
  EXPECT_FALSE(
      std::signbit(AggregateOf("mode", TypeId::kDouble, Doubles({-0.0, 0.0, 1})).floating()));
}

TEST(AggregatesTest, EntropyInBits) {
  EXPECT_EQ(AggregateOf("entropy", kInteger, Integers(kInteger, {1, 2, 3, 4})).floating(), 2.0);
  EXPECT_EQ(AggregateOf("entropy", kInteger, Integers(kInteger, {7, 7})).floating(), 0.0);
  AggregateOf("entropy", kText, Random(kText, 3000, 2));
}

TEST(AggregatesTest, ProductsDoNotDependOnOrder) {
  EXPECT_EQ(AggregateOf("product", TypeId::kDouble, Doubles({2, 3.5, -1})).floating(), -7.0);
  EXPECT_EQ(AggregateOf("product", TypeId::kDouble, Doubles({1e300, 1e-300, 1e300, 1e-300, 0.5}))
                .floating(),
            0.5);
  EXPECT_EQ(AggregateOf("product", TypeId::kDouble, Doubles({1e300, 1e300, -1})).floating(),
            -kInfinity);
  EXPECT_EQ(AggregateOf("product", TypeId::kDouble, Doubles({5e-324, 0.25})).floating(), 0.0);
  EXPECT_TRUE(
      std::isnan(AggregateOf("product", TypeId::kDouble, Doubles({0, kInfinity})).floating()));
  AggregateOf("product", TypeId::kDouble, Random(TypeId::kDouble, 4000, 5));
}

TEST(AggregatesTest, ApproximateDistinctIsWithinAFewPercent) {
  for (const int distinct : {1, 10, 100, 400, 3000, 20000}) {
    std::vector<Value> values;
    for (int i = 0; i < distinct; ++i) {
      values.push_back(Value::Varchar("value " + std::to_string(i)));
      if (distinct < 10000) values.push_back(values[values.size() / 2]);
    }
    const Value estimate = AggregateOf("approx_count_distinct", kText, values);
    EXPECT_NEAR(static_cast<double>(estimate.integer()), distinct, 0.06 * distinct) << distinct;
  }
}

TEST(AggregatesTest, OutOfMemoryIsToldByTheArena) {
  TestEvaluationContext context;
  context.test_memory().set_limit(10'000);
  const BoundTestAggregate aggregate("string_agg", {kText});
  AggregateArena arena(Reservation(&context.memory(), "HASH_AGGREGATE"));
  LaneErrors errors;
  alignas(16) uint8_t state[64];
  ASSERT_LE(aggregate.bound().function->state_size, sizeof(state));
  aggregate.bound().function->initialize(aggregate.bound(), state);
  Vector column = Vector::MakeFlat(kText, 100);
  for (size_t i = 0; i < 100; ++i) column.SetString(i, std::string(1000, 'x'));
  const AggregateCall call{aggregate.bound(), arena, context, errors, {}};
  aggregate.bound().function->update_single(call, std::vector<Vector>{column}, 100, state);
  EXPECT_EQ(arena.status().code(), StatusCode::kOutOfMemory);
  EXPECT_EQ(arena.status().message(), "HASH_AGGREGATE");
}

TEST(AggregatesTest, EveryAggregateOfOneArgumentIgnoresSplits) {
  const std::vector<LogicalType> types = {TypeId::kBoolean,
                                          TypeId::kInt16,
                                          TypeId::kInt64,
                                          TypeId::kUInt64,
                                          kHugeint,
                                          TypeId::kFloat,
                                          TypeId::kDouble,
                                          LogicalType::Decimal(12, 3),
                                          kText,
                                          LogicalType::Timestamp(),
                                          TypeId::kInterval,
                                          TypeId::kTime};
  std::vector<std::string> names;
  FunctionRegistry::Builtin().ForEachAggregate([&](const AggregateFunction& function) {
    if (function.parameters.size() == 1 && (names.empty() || names.back() != function.name)) {
      names.push_back(function.name);
    }
  });
  size_t computed = 0;
  for (const std::string& name : names) {
    for (const LogicalType& type : types) {
      const BoundTestAggregate bound(name, {type});
      // A cast of the argument is the evaluator's work.
      if (!bound.status().ok() || !(bound.bound().argument_types[0] == type)) continue;
      SCOPED_TRACE(name + " of " + type.ToString());
      AggregateOf(name, type, Random(type, 700, computed));
      ++computed;
    }
  }
  EXPECT_GT(computed, 100u);
}

}  // namespace
}  // namespace trivet
