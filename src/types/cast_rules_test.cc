#include "types/cast_rules.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace trivet {
namespace {

// source, target, whether it converts implicitly, type of UNION, type of CASE; one pair a line.
const char* const kPairs[] = {
#include "types/testdata/reference_cast_rules.inc"
};

LogicalType TypeNamed(const std::string& name) {
  for (uint8_t id = 0; id <= static_cast<uint8_t>(TypeId::kUuid); ++id) {
    if (static_cast<TypeId>(id) == TypeId::kDecimal) continue;
    if (LogicalType(static_cast<TypeId>(id)).ToString() == name) return static_cast<TypeId>(id);
  }
  for (const TimeUnit unit : {TimeUnit::kSecond, TimeUnit::kMilli, TimeUnit::kNano}) {
    if (LogicalType::Timestamp(unit).ToString() == name) return LogicalType::Timestamp(unit);
  }
  if (name == "TIMESTAMP WITH TIME ZONE") return LogicalType::Timestamp(TimeUnit::kMicro, true);
  int precision = 0;
  int scale = 0;
  // NOLINTNEXTLINE(bugprone-unchecked-string-to-number-conversion): small numbers, written by us
  EXPECT_EQ(std::sscanf(name.c_str(), "DECIMAL(%d,%d)", &precision, &scale), 2) << name;
  return LogicalType::Decimal(static_cast<uint8_t>(precision), static_cast<uint8_t>(scale));
}

std::string Text(const std::optional<LogicalType>& type) { return type ? type->ToString() : "!"; }

TEST(CastRulesTest, EveryPairIsTheReferences) {
  std::istringstream lines(kPairs[0]);
  std::string line;
  int pairs = 0;
  while (std::getline(lines, line)) {
    std::vector<std::string> fields;
    std::istringstream parts(line);
    for (std::string field; std::getline(parts, field, '\t');) fields.push_back(field);
    ASSERT_EQ(fields.size(), 5U) << line;
    const LogicalType from = TypeNamed(fields[0]);
    const LogicalType to = TypeNamed(fields[1]);
    if (fields[2] != "-") {
      EXPECT_EQ(ImplicitCastCost(from, to).has_value(), fields[2] == "1") << line;
    }
    EXPECT_EQ(Text(CommonSupertype(from, to)), fields[4]) << line;
    // Where the reference unites types that do not convert at all, its cast fails at run time; here
    // there is no common type.
    const auto united = SetOperationType(from, to);
    const bool involves_text = from == TypeId::kVarchar || to == TypeId::kVarchar;
    if (united || involves_text) {
      EXPECT_EQ(Text(united), fields[3]) << line;
    }
    ++pairs;
  }
  EXPECT_EQ(pairs, 31 * 31);
}

TEST(CastRulesTest, CostsPreferTheCustomaryOverload) {
  const auto cost = [](const LogicalType& from, const LogicalType& to) {
    return *ImplicitCastCost(from, to);
  };
  EXPECT_EQ(cost(TypeId::kInt32, TypeId::kInt32), 0);
  EXPECT_LT(cost(TypeId::kInt8, TypeId::kInt64), cost(TypeId::kInt8, TypeId::kDouble));
  EXPECT_LT(cost(TypeId::kInt64, TypeId::kDouble), cost(TypeId::kInt64, TypeId::kFloat));
  EXPECT_LT(cost(TypeId::kInt64, TypeId::kDouble), cost(TypeId::kInt64, TypeId::kInt128));
  EXPECT_LT(cost(LogicalType::Decimal(9, 2), TypeId::kDouble),
            cost(LogicalType::Decimal(9, 2), TypeId::kFloat));
  EXPECT_LT(cost(TypeId::kDate, LogicalType::Timestamp()),
            cost(TypeId::kDate, LogicalType::Timestamp(TimeUnit::kMicro, true)));
}

TEST(CastRulesTest, NestedTypesConvertByTheirParts) {
  const LogicalType ints = LogicalType::List(TypeId::kInt32);
  const LogicalType doubles = LogicalType::List(TypeId::kDouble);
  EXPECT_TRUE(ImplicitCastCost(ints, doubles));
  EXPECT_FALSE(ImplicitCastCost(doubles, ints));
  EXPECT_EQ(Text(CommonSupertype(ints, doubles)), "DOUBLE[]");
  EXPECT_EQ(Text(CommonSupertype(ints, LogicalType::List(TypeId::kNull))), "INTEGER[]");
  EXPECT_EQ(Text(CommonSupertype(ints, TypeId::kInt32)), "!");
  const LogicalType a = LogicalType::Struct({{"x", TypeId::kInt32}});
  const LogicalType b = LogicalType::Struct({{"x", TypeId::kDouble}});
  const LogicalType c = LogicalType::Struct({{"y", TypeId::kDouble}});
  EXPECT_TRUE(ImplicitCastCost(a, b));
  EXPECT_FALSE(ImplicitCastCost(a, c));
  EXPECT_EQ(Text(CommonSupertype(a, b)), "STRUCT(x DOUBLE)");
  EXPECT_EQ(Text(CommonSupertype(a, c)), "!");
}

TEST(CastRulesTest, SupertypesAreSymmetricAndAbsorbing) {
  std::vector<LogicalType> types;
  for (uint8_t id = 0; id <= static_cast<uint8_t>(TypeId::kUuid); ++id) {
    if (static_cast<TypeId>(id) != TypeId::kDecimal) types.emplace_back(static_cast<TypeId>(id));
  }
  for (uint8_t precision = 1; precision <= 38; precision += 7) {
    for (uint8_t scale = 0; scale <= precision; scale += 5)
      types.push_back(LogicalType::Decimal(precision, scale));
  }
  for (const LogicalType& left : types) {
    for (const LogicalType& right : types) {
      const auto common = CommonSupertype(left, right);
      EXPECT_EQ(Text(common), Text(CommonSupertype(right, left)));
      if (common) {
        EXPECT_EQ(Text(CommonSupertype(*common, left)), Text(common))
            << left.ToString() << right.ToString();
      }
    }
  }
}

}  // namespace
}  // namespace trivet
