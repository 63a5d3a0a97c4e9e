#include "storage/text_dictionary.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "context/memory_budget.h"
#include "storage/vector_bounds.h"

namespace trivet {
namespace {

std::shared_ptr<MemoryBudget> Budget(size_t bytes = size_t{64} << 20) {
  return std::make_shared<MemoryBudget>("memory_limit", bytes);
}

// Short and long strings of `distinct` different ones, some of which differ behind byte 12 alone,
// and NULL in one row of `null_every`.
Vector Column(size_t rows, size_t distinct, size_t null_every, uint64_t seed) {
  Vector column = Vector::MakeFlat(TypeId::kVarchar, rows);
  std::mt19937_64 random(seed);
  for (size_t i = 0; i < rows; ++i) {
    const size_t number = random() % distinct;
    if (null_every != 0 && random() % null_every == 0) {
      column.SetNull(i);
    } else if (number % 3 == 0) {
      column.SetString(i, "a text of which the end differs: " + std::to_string(number));
    } else {
      column.SetString(i, number == 1 ? "" : std::to_string(number));
    }
  }
  return column;
}

void ExpectSame(const ColumnStatistics& actual, const ColumnStatistics& expected) {
  EXPECT_EQ(actual.min, expected.min);
  EXPECT_EQ(actual.max, expected.max);
  EXPECT_EQ(actual.null_count, expected.null_count);
}

TEST(TextDictionaryTest, CodesStandForTheRowsOfAllColumns) {
  TextDictionary dictionary(TypeId::kVarchar, Budget(), "test");
  constexpr size_t kRows = 10'000;
  std::vector<Vector> columns;
  std::vector<std::vector<uint32_t>> codes;
  for (uint64_t seed = 0; seed < 6; ++seed) {
    // The first has no NULL, and later ones have strings that earlier ones have not.
    columns.push_back(Column(kRows, 100 + 200 * seed, seed == 0 ? 0 : 17, seed));
    codes.emplace_back(kRows);
    const auto bounds = dictionary.Encode(columns.back(), kRows, codes.back().data());
    ASSERT_TRUE(bounds.has_value());
    ExpectSame(*bounds, VectorBounds(columns.back(), kRows));
  }
  const auto entries = dictionary.Finish();
  EXPECT_LE(dictionary.size(), 1101u);
  for (size_t c = 0; c < columns.size(); ++c) {
    for (size_t i = 0; i < kRows; ++i) {
      ASSERT_LT(codes[c][i], dictionary.size());
      ASSERT_EQ(entries->GetValue(codes[c][i]), columns[c].GetValue(i)) << c << ", row " << i;
    }
  }
  // Equal rows have equal codes.
  std::map<std::string, uint32_t> known;
  for (uint32_t code = 0; code < dictionary.size(); ++code) {
    const Value value = entries->GetValue(code);
    EXPECT_TRUE(known.emplace(value.is_null() ? "NULL" : "'" + value.ToString(), code).second);
  }
}

TEST(TextDictionaryTest, TakesNullsAlone) {
  TextDictionary dictionary(TypeId::kVarchar, Budget(), "test");
  Vector column = Vector::MakeFlat(TypeId::kVarchar, 100);
  for (size_t i = 0; i < 100; ++i) column.SetNull(i);
  std::vector<uint32_t> codes(100);
  const auto bounds = dictionary.Encode(column, 100, codes.data());
  ASSERT_TRUE(bounds.has_value());
  ExpectSame(*bounds, VectorBounds(column, 100));
  EXPECT_FALSE(dictionary.Finish()->IsValid(codes[99]));
}

TEST(TextDictionaryTest, ClosesWhereStringsAreMany) {
  constexpr size_t kRows = 8'000;
  std::vector<uint32_t> codes(kRows);
  TextDictionary dictionary(TypeId::kVarchar, Budget(), "test");
  const Vector few = Column(kRows, 50, 10, 1);
  const Vector many = Column(kRows, kRows, 0, 2);
  std::vector<uint32_t> first(kRows);
  ASSERT_TRUE(dictionary.Encode(few, kRows, first.data()).has_value());
  EXPECT_FALSE(dictionary.Encode(many, kRows, codes.data()).has_value());
  EXPECT_FALSE(dictionary.Encode(few, kRows, codes.data()).has_value()) << "open again";
  const auto entries = dictionary.Finish();
  for (size_t i = 0; i < kRows; ++i) ASSERT_EQ(entries->GetValue(first[i]), few.GetValue(i));
}

TEST(TextDictionaryTest, NeverHasMoreThanItsMostEntries) {
  TextDictionary dictionary(TypeId::kVarchar, Budget(), "test");
  constexpr size_t kRows = 80'000;
  Vector column = Vector::MakeFlat(TypeId::kVarchar, kRows);
  std::vector<uint32_t> codes(kRows);
  size_t taken = 0;
  // Each has another 10,000 strings, few enough for its rows.
  for (size_t step = 0; step < 5; ++step) {
    for (size_t i = 0; i < kRows; ++i) {
      column.SetString(i, std::to_string(step * 10'000 + i % 10'000));
    }
    if (dictionary.Encode(column, kRows, codes.data())) ++taken;
  }
  EXPECT_EQ(taken, TextDictionary::kMostEntries / 10'000);
  EXPECT_LE(dictionary.size(), TextDictionary::kMostEntries);
}

TEST(TextDictionaryTest, ReservesItsStringsAndDoesWithoutWhereRefused) {
  const auto budget = Budget(100'000);
  constexpr size_t kRows = 10'000;
  std::vector<uint32_t> codes(kRows);
  {
    TextDictionary dictionary(TypeId::kVarchar, budget, "test");
    ASSERT_TRUE(dictionary.Encode(Column(kRows, 300, 0, 1), kRows, codes.data()).has_value());
    const auto entries = dictionary.Finish();
    EXPECT_GT(budget->reserved_bytes(), 300 * 16 + 100 * 30u);
  }
  EXPECT_EQ(budget->reserved_bytes(), 0u);
  TextDictionary dictionary(TypeId::kVarchar, Budget(10'000), "test");
  EXPECT_FALSE(dictionary.Encode(Column(kRows, 1000, 0, 1), kRows, codes.data()).has_value());
}

}  // namespace
}  // namespace trivet
