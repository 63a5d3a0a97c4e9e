#include "types/value.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "types/binary_text.h"
#include "types/date_time.h"
#include "types/decimal.h"
#include "types/time_zone.h"

namespace trivet {
namespace {

std::string DoubleText(double value) { return Value::Double(value).ToString(); }

TEST(ValueTest, DoublesPrintShortestDigits) {
  EXPECT_EQ(DoubleText(1), "1.0");
  EXPECT_EQ(DoubleText(1e20), "1e+20");
  EXPECT_EQ(DoubleText(1e15), "1000000000000000.0");
  EXPECT_EQ(DoubleText(1e16), "1e+16");
  EXPECT_EQ(DoubleText(123456789012345680.0), "1.2345678901234568e+17");
  EXPECT_EQ(DoubleText(1e-4), "0.0001");
  EXPECT_EQ(DoubleText(1.5e-5), "1.5e-05");
  EXPECT_EQ(DoubleText(1.5e300), "1.5e+300");
  EXPECT_EQ(DoubleText(0.1), "0.1");
  EXPECT_EQ(DoubleText(123.456), "123.456");
  EXPECT_EQ(DoubleText(-0.0), "-0.0");
  EXPECT_EQ(DoubleText(5e-324), "5e-324");
  EXPECT_EQ(DoubleText(std::nan("")), "nan");
  EXPECT_EQ(DoubleText(-std::nan("")), "nan");
  EXPECT_EQ(DoubleText(-std::numeric_limits<double>::infinity()), "-inf");
  EXPECT_EQ(Value::Float(0.1F).ToString(), "0.1");
  EXPECT_EQ(Value::Float(16777216).ToString(), "16777216.0");
  EXPECT_EQ(Value::Float(3.4e38F).ToString(), "3.4e+38");
}

TEST(ValueTest, IntegersAndDecimalsPrintAllWidths) {
  EXPECT_EQ(Value::Integer(TypeId::kInt128, kInt128Min).ToString(),
            "-170141183460469231731687303715884105728");
  EXPECT_EQ(Value::Int64(std::numeric_limits<int64_t>::min()).ToString(), "-9223372036854775808");
  EXPECT_EQ(Value::Int32(0).ToString(), "0");
  EXPECT_EQ(Value::Integer(LogicalType::Decimal(4, 2), 150).ToString(), "1.50");
  EXPECT_EQ(Value::Integer(LogicalType::Decimal(4, 2), -5).ToString(), "-0.05");
  EXPECT_EQ(Value::Integer(LogicalType::Decimal(4, 4), 0).ToString(), ".0000");
  EXPECT_EQ(Value::Integer(LogicalType::Decimal(2, 2), -50).ToString(), "-.50");
  EXPECT_EQ(Value::Integer(LogicalType::Decimal(38, 25), PowerOfTen(37) + 7).ToString(),
            "1000000000000.0000000000000000000000007");
}

TEST(ValueTest, DatesAndTimesPrint) {
  const auto date = [](int32_t days) { return Value::Integer(TypeId::kDate, days).ToString(); };
  EXPECT_EQ(date(0), "1970-01-01");
  EXPECT_EQ(date(18262), "2020-01-01");
  EXPECT_EQ(date(kDateInfinity), "infinity");
  EXPECT_EQ(date(kDateNegativeInfinity), "-infinity");
  EXPECT_EQ(date(static_cast<int32_t>(DaysFromCivil(-43, 3, 15))), "0044-03-15 (BC)");
  EXPECT_EQ(date(kDateMin), "5877642-06-25 (BC)");
  EXPECT_EQ(date(kDateMax), "5881580-07-10");
  EXPECT_EQ(Value::Integer(TypeId::kTime, kMicrosPerDay).ToString(), "24:00:00");
  EXPECT_EQ(Value::Integer(TypeId::kTime, 45296500000).ToString(), "12:34:56.5");
  EXPECT_EQ(Value::Integer(LogicalType::Timestamp(), -1).ToString(), "1969-12-31 23:59:59.999999");
  EXPECT_EQ(Value::Integer(LogicalType::Timestamp(), kTimestampMicrosMin).ToString(),
            "290309-12-22 (BC) 00:00:00");
  EXPECT_EQ(Value::Integer(LogicalType::Timestamp(TimeUnit::kNano), 1).ToString(),
            "1970-01-01 00:00:00.000000001");
  EXPECT_EQ(Value::Integer(LogicalType::Timestamp(TimeUnit::kSecond), 86399).ToString(),
            "1970-01-01 23:59:59");
  const Value zoned = Value::Integer(LogicalType::Timestamp(TimeUnit::kMicro, true), 1500000);
  EXPECT_EQ(zoned.ToString(), "1970-01-01 00:00:01.5+00");
  EXPECT_EQ(zoned.ToString(*TimeZone::Find("Asia/Kolkata").value()), "1970-01-01 05:30:01.5+05:30");
}

TEST(ValueTest, IntervalsPrintTheirParts) {
  const auto text = [](int32_t months, int32_t days, int64_t micros) {
    return Value::FromInterval({months, days, micros}).ToString();
  };
  EXPECT_EQ(text(14, 3, 14706789000), "1 year 2 months 3 days 04:05:06.789");
  EXPECT_EQ(text(-14, -3, -14706789000), "-1 year -2 months -3 days -04:05:06.789");
  EXPECT_EQ(text(0, 0, 0), "00:00:00");
  EXPECT_EQ(text(0, 1, 0), "1 day");
  EXPECT_EQ(text(-1, 0, 0), "-1 month");
  EXPECT_EQ(text(0, 0, std::numeric_limits<int64_t>::min()), "-2562047788:00:54.775808");
}

TEST(ValueTest, NestedValuesQuoteWhatCouldBeMistaken) {
  const LogicalType strings = LogicalType::List(TypeId::kVarchar);
  std::vector<Value> elements;
  for (const char* text :
       {"a", "b c", "it's", "NULL", "", " x", "a,b", "[x]", "a\\b", "a:b", "k;v"}) {
    elements.push_back(Value::Varchar(text));
  }
  elements.push_back(Value::Null(TypeId::kVarchar));
  EXPECT_EQ(Value::List(strings, elements).ToString(),
            "[a, b c, 'it\\'s', 'NULL', '', ' x', 'a,b', '[x]', 'a\\\\b', 'a:b', k;v, NULL]");
  const LogicalType pair = LogicalType::Struct({{"it's", TypeId::kInt32}, {"t", TypeId::kTime}});
  EXPECT_EQ(Value::Struct(pair, {Value::Int32(1), Value::Integer(TypeId::kTime, 0)}).ToString(),
            "{'it\\'s': 1, 't': '00:00:00'}");
  const LogicalType tuple = LogicalType::Struct({{"", TypeId::kInt32}, {"", TypeId::kVarchar}});
  EXPECT_EQ(Value::Struct(tuple, {Value::Int32(1), Value::Varchar("a")}).ToString(), "(1, a)");
}

TEST(ValueTest, BlobsAndUuidsPrint) {
  EXPECT_EQ(Value::Blob(std::string("\xab\0abc\x7f'\"\\", 9)).ToString(),
            "\\xAB\\x00abc\\x7F\\x27\\x22\\x5C");
  int128_t uuid;
  ASSERT_TRUE(ParseUuid("{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}", &uuid));
  EXPECT_EQ(Value::Integer(TypeId::kUuid, uuid).ToString(), "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
  int128_t smaller;
  ASSERT_TRUE(ParseUuid("00000000-0000-0000-0000-000000000001", &smaller));
  EXPECT_LT(smaller, uuid);
}

TEST(ValueTest, EqualityAndOrderAreTheEngines) {
  EXPECT_EQ(Value::Double(-0.0), Value::Double(0.0));
  EXPECT_EQ(Value::Double(NAN), Value::Double(NAN));
  EXPECT_EQ(CompareValues(Value::Double(NAN), Value::Double(INFINITY)), 1);
  EXPECT_EQ(Value::Null(TypeId::kInt32), Value::Null(TypeId::kInt32));
  EXPECT_FALSE(Value::Null(TypeId::kInt32) == Value::Null(TypeId::kInt64));
  EXPECT_FALSE(Value::Null(TypeId::kInt32) == Value::Int32(0));
  EXPECT_EQ(Value::FromInterval({1, 0, 0}), Value::FromInterval({0, 29, kMicrosPerDay}));
  EXPECT_EQ(CompareValues(Value::FromInterval({1, 0, 0}), Value::FromInterval({0, 31, 0})), -1);
  EXPECT_EQ(CompareValues(Value::Varchar("a"), Value::Varchar("\xff")), -1);
  const LogicalType list = LogicalType::List(TypeId::kInt32);
  const Value with_null = Value::List(list, {Value::Null(TypeId::kInt32)});
  EXPECT_EQ(CompareValues(with_null, Value::List(list, {Value::Int32(9)})), 1);
  EXPECT_EQ(CompareValues(Value::List(list, {}), with_null), -1);
}

TEST(ValueTest, LiteralsCarryTheirType) {
  EXPECT_EQ(Value().ToSqlLiteral(), "NULL");
  EXPECT_EQ(Value::Null(TypeId::kInt64).ToSqlLiteral(), "CAST(NULL AS BIGINT)");
  EXPECT_EQ(Value::Int32(-5).ToSqlLiteral(), "-5");
  EXPECT_EQ(Value::Int32(-2147483647 - 1).ToSqlLiteral(), "CAST('-2147483648' AS INTEGER)");
  EXPECT_EQ(Value::Int64(5).ToSqlLiteral(), "CAST('5' AS BIGINT)");
  EXPECT_EQ(Value::Varchar("it's").ToSqlLiteral(), "'it''s'");
  EXPECT_EQ(Value::Integer(TypeId::kDate, 0).ToSqlLiteral(), "CAST('1970-01-01' AS DATE)");
  EXPECT_EQ(Value::List(LogicalType::List(TypeId::kInt32), {Value::Int32(1)}).ToSqlLiteral(),
            "CAST([1] AS INTEGER[])");
}

}  // namespace
}  // namespace trivet
