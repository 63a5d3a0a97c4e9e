#include "execution/operators/few_keys.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "vector/hash_vector.h"

namespace trivet {
namespace {

// Adds the values one vector at a time; the list, or none where there was too much.
std::optional<std::vector<Value>> Collect(const LogicalType& type, const std::vector<Value>& values,
                                          size_t step = 7) {
  FewKeys keys(type);
  for (size_t first = 0; first < values.size(); first += step) {
    const size_t count = std::min(step, values.size() - first);
    Vector column = Vector::MakeFlat(type, count);
    for (size_t i = 0; i < count; ++i) column.SetValue(i, values[first + i]);
    std::vector<uint64_t> hashes(count);
    HashVector(column, count, hashes.data());
    if (!keys.Add(column, hashes.data(), count)) return std::nullopt;
  }
  const KeyList list = keys.List();
  for (const Value& value : values) {
    uint64_t hash = 0;
    HashVector(Vector::MakeConstant(value), 1, &hash);
    EXPECT_TRUE(list.MayHold(hash));
  }
  return list.keys();
}

TEST(FewKeysTest, EachValueIsThereOnce) {
  std::vector<Value> texts;
  std::vector<Value> wide;
  const LogicalType decimal = LogicalType::Decimal(30, 2);
  for (int i = 0; i < 1000; ++i) {
    texts.push_back(Value::Varchar("a text of some length, number " + std::to_string(i % 50)));
    wide.push_back(Value::Integer(decimal, (int128_t{1} << 70) * (i % 3)));
  }
  const auto distinct = Collect(TypeId::kVarchar, texts);
  ASSERT_TRUE(distinct.has_value());
  EXPECT_EQ(distinct->size(), 50u);
  EXPECT_EQ(distinct->front(), texts[0]);
  EXPECT_EQ(Collect(decimal, wide)->size(), 3u);
  EXPECT_EQ(Collect(TypeId::kBoolean, {Value::Boolean(true), Value::Boolean(false)})->size(), 2u);
  EXPECT_EQ(Collect(TypeId::kVarchar, {})->size(), 0u);
}

TEST(FewKeysTest, WhatIsHeldEqualIsOneKey) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto reals =
      Collect(TypeId::kDouble, {Value::Double(0.0), Value::Double(-0.0), Value::Double(nan),
                                Value::Double(-nan), Value::Double(-1)});
  ASSERT_EQ(reals->size(), 3u);
  EXPECT_EQ(reals->front(), Value::Double(-1));
  EXPECT_EQ(
      Collect(TypeId::kInterval, {Value::FromInterval({1, 0, 0}), Value::FromInterval({0, 30, 0})})
          ->size(),
      1u);
}

// Unlike texts of one hash are two keys.
TEST(FewKeysTest, AHashIsNotTakenForTheKey) {
  Vector column = Vector::MakeFlat(TypeId::kVarchar, 2);
  column.SetString(0, "one");
  column.SetString(1, "another that is long enough");
  const uint64_t hashes[] = {77, 77};
  FewKeys keys(TypeId::kVarchar);
  ASSERT_TRUE(keys.Add(column, hashes, 2));
  ASSERT_TRUE(keys.Add(column, hashes, 2));
  EXPECT_EQ(keys.List().keys().size(), 2u);
}

TEST(FewKeysTest, TooManyOrTooLongAreTold) {
  std::vector<Value> texts;
  for (int i = 0; i < 51; ++i) texts.push_back(Value::Varchar(std::to_string(i)));
  EXPECT_FALSE(Collect(TypeId::kVarchar, texts).has_value());
  texts.pop_back();
  EXPECT_TRUE(Collect(TypeId::kVarchar, texts).has_value());
  const std::string longest(FewKeys::kLongest, 'x');
  EXPECT_TRUE(Collect(TypeId::kVarchar, {Value::Varchar(longest)}).has_value());
  EXPECT_FALSE(Collect(TypeId::kVarchar, {Value::Varchar(longest + "x")}).has_value());
}

}  // namespace
}  // namespace trivet
