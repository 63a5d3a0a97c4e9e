#include "vector/row_match.h"

#include <gtest/gtest.h>

#include <cstring>

#include "types/testing/random_values.h"
#include "vector/row_store.h"

namespace trivet {
namespace {

constexpr size_t kRows = 200;

std::vector<Value> RandomValues(const LogicalType& type, testing::Random& random,
                                double null_share) {
  std::vector<Value> values;
  for (size_t i = 0; i < kRows; ++i) {
    // Few different ones, so that some agree; zeros look like the bytes beneath a NULL.
    if (i > 0 && random() % 2 == 0) {
      values.push_back(values[random() % values.size()]);
    } else if (random() % 4 == 0 && null_share == 0) {
      Vector zero = Vector::MakeFlat(type, 1);
      std::memset(zero.mutable_data<uint8_t>(), 0, TypeSize(type));
      values.push_back(zero.GetValue(0));
    } else {
      values.push_back(testing::RandomValue(type, random, null_share));
    }
  }
  return values;
}

Vector ColumnOf(const LogicalType& type, const std::vector<Value>& values) {
  Vector column = Vector::MakeFlat(type, values.size());
  for (size_t i = 0; i < values.size(); ++i) column.SetValue(i, values[i]);
  return column;
}

bool Matches(const Value& key, const Value& stored, NullMatching nulls) {
  if (key.is_null() || stored.is_null()) {
    return nulls == NullMatching::kNullsEqual && key.is_null() && stored.is_null();
  }
  return CompareValues(key, stored) == 0;
}

// The same column as codes into its rows in the opposite order.
Vector Reversed(const LogicalType& type, const std::vector<Value>& values) {
  auto codes = MakeIndices(values.size());
  for (size_t i = 0; i < values.size(); ++i)
    codes[i] = static_cast<uint32_t>(values.size() - 1 - i);
  auto entries = std::make_shared<const Vector>(ColumnOf(type, {values.rbegin(), values.rend()}));
  return Vector::MakeDictionary(std::move(entries), codes, values.size(), 0);
}

void ExpectMatches(const RowLayoutPtr& layout, const std::vector<Value>& keys,
                   const Vector& key_column, const std::vector<Value>& stored,
                   const std::vector<uint8_t*>& rows, NullMatching nulls) {
  std::vector<uint32_t> expected;
  std::vector<uint32_t> expected_mismatches;
  std::vector<uint32_t> candidates;
  for (uint32_t i = 0; i < kRows; ++i) {
    candidates.push_back(i);
    (Matches(keys[i], stored[i], nulls) ? expected : expected_mismatches).push_back(i);
  }
  std::vector<uint32_t> mismatches(kRows);
  size_t mismatch_count = 0;
  const VectorView view = key_column.View();
  const RowMatcher matcher(layout, 1, nulls);
  const size_t count = matcher.Match({&view, 1}, rows.data(), candidates.data(), kRows,
                                     mismatches.data(), &mismatch_count);
  candidates.resize(count);
  mismatches.resize(mismatch_count);
  const std::string type = key_column.type().ToString();
  EXPECT_EQ(candidates, expected) << type << key_column.is_dictionary();
  EXPECT_EQ(mismatches, expected_mismatches) << type << key_column.is_dictionary();
}

// Keys with NULLs and keys without, which are compared in other ways, each flat or by codes,
// against rows with NULLs.
TEST(RowMatchTest, AgreesWithTheValuesForEveryType) {
  testing::Random random(11);
  for (const LogicalType& type : testing::ScalarTypes()) {
    for (const double null_share : {0.0, 0.3}) {
      const std::vector<Value> keys = RandomValues(type, random, null_share);
      std::vector<Value> stored = RandomValues(type, random, 0.3);
      for (size_t i = 0; i < kRows; i += 3) stored[i] = keys[i];
      const RowLayoutPtr layout = *RowLayout::Make({type}, {});
      RowStore store(layout, std::make_shared<RowMemory>(Reservation()));
      const std::vector<Vector> columns = {ColumnOf(type, stored)};
      std::vector<uint8_t*> rows(kRows);
      ASSERT_TRUE(store.Append(columns, nullptr, nullptr, kRows, rows.data()).ok());
      for (const Vector& key_column : {ColumnOf(type, keys), Reversed(type, keys)}) {
        for (const NullMatching nulls : {NullMatching::kNullsEqual, NullMatching::kNullsDiffer}) {
          ExpectMatches(layout, keys, key_column, stored, rows, nulls);
        }
      }
    }
  }
}

}  // namespace
}  // namespace trivet
