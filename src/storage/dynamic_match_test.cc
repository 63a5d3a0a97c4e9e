#include "storage/dynamic_match.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/testing/simd_levels.h"
#include "vector/hash_vector.h"

namespace trivet {
namespace {

class DynamicMatchTest : public trivet::testing::EverySimdLevel {};
TRIVET_AT_EVERY_SIMD_LEVEL(DynamicMatchTest);

using Content = DynamicFilter::Content;

// What the filter's fields say, one value after the other.
bool Passes(const Content& filter, const Value& value) {
  if (filter.empty || value.is_null()) return false;
  if (!filter.list.is_none() && std::ranges::count(filter.list.keys(), value) == 0) return false;
  if (filter.min && CompareValues(value, *filter.min) < 0) return false;
  if (filter.max && CompareValues(value, *filter.max) > 0) return false;
  if (!filter.bitmap.empty() && filter.min) {
    const auto place = static_cast<uint64_t>(value.integer() - filter.min->integer());
    if (place >= filter.bitmap.size() * 64) return false;
    if (!BitIsSet(filter.bitmap.data(), place)) return false;
  }
  return true;
}

template <typename T>
Vector RandomColumn(const LogicalType& type, std::mt19937_64& random, size_t count, T low,
                    int kind) {
  Vector column = Vector::MakeFlat(type);
  for (size_t row = 0; row < count; ++row) {
    T value = static_cast<T>(low + static_cast<T>(random() % 120) - 30);
    if (random() % 10 == 0) {
      value = random() % 2 ? std::numeric_limits<T>::min() : std::numeric_limits<T>::max();
    }
    column.mutable_data<T>()[row] = value;
    if (kind % 2 == 1 && random() % 6 == 0) column.SetNull(row);
  }
  if (kind < 2) return column;
  auto rows = MakeIndices(count);  // a selection of it
  for (size_t i = 0; i < count; ++i) rows[i] = static_cast<uint32_t>(random() % count);
  column.Slice(rows, count);
  return column;
}

void CheckAll(const Content& filter, const Vector& column, size_t count, std::mt19937_64& random) {
  for (const bool of_some : {false, true}) {
    std::vector<uint32_t> rows;
    for (uint32_t row = 0; row < count; ++row) {
      if (!of_some || random() % 3 == 0) rows.push_back(row);
    }
    std::vector<uint32_t> expected;
    for (const uint32_t row : rows) {
      if (Passes(filter, column.GetValue(row))) expected.push_back(row);
    }
    std::vector<uint32_t> out(rows.size());
    out.resize(SelectDynamicFilter(filter, {&column, 1}, of_some ? rows.data() : nullptr,
                                   rows.size(), out.data()));
    ASSERT_EQ(out, expected);
    if (!of_some) continue;
    rows.resize(SelectDynamicFilter(filter, {&column, 1}, rows.data(), rows.size(), rows.data()));
    ASSERT_EQ(rows, expected) << "in place";
  }
}

template <typename T>
void CheckIntegers(const LogicalType& type) {
  const auto make = [&](T value) { return Value::Integer(type, value); };
  std::mt19937_64 random(1);
  for (int round = 0; round < 400; ++round) {
    const size_t count = 1 + random() % 200;
    // Not far below zero where there is nothing below.
    const T low = static_cast<T>(std::is_signed_v<T> ? static_cast<int>(random() % 40) - 20 : 40);
    const Vector column = RandomColumn<T>(type, random, count, low, round % 4);
    Content filter;
    if (random() % 6 != 0) filter.min = make(low);
    const T high = static_cast<T>(low + static_cast<T>(random() % 80));
    if (random() % 6 != 0) filter.max = make(high);
    if (filter.min && random() % 3 != 0) {
      filter.bitmap.resize(random() % 3);
      for (uint64_t& word : filter.bitmap) word = random();
    }
    CheckAll(filter, column, count, random);
    ASSERT_FALSE(::testing::Test::HasFatalFailure()) << "round " << round;
  }
}

TEST_P(DynamicMatchTest, IntegersPassAsTheFilterSays) {
  CheckIntegers<int8_t>(TypeId::kInt8);
  CheckIntegers<int16_t>(TypeId::kInt16);
  CheckIntegers<int32_t>(TypeId::kInt32);
  CheckIntegers<int64_t>(TypeId::kInt64);
  CheckIntegers<uint8_t>(TypeId::kUInt8);
  CheckIntegers<uint32_t>(TypeId::kUInt32);
  CheckIntegers<uint64_t>(TypeId::kUInt64);
}

TEST_P(DynamicMatchTest, OtherTypesPassByBounds) {
  std::mt19937_64 random(2);
  Vector column = Vector::MakeFlat(TypeId::kVarchar);
  constexpr size_t kCount = 100;
  for (size_t row = 0; row < kCount; ++row) {
    column.SetString(row, std::string(1 + random() % 3, static_cast<char>('a' + random() % 8)));
    if (random() % 7 == 0) column.SetNull(row);
  }
  Content filter;
  CheckAll(filter, column, kCount, random);
  filter.min = Value::Varchar("bb");
  CheckAll(filter, column, kCount, random);
  filter.max = Value::Varchar("f");
  CheckAll(filter, column, kCount, random);
  filter.empty = true;
  CheckAll(filter, column, kCount, random);
}

TEST_P(DynamicMatchTest, ListedKeysAloneDo) {
  std::mt19937_64 random(7);
  constexpr size_t kCount = 300;
  const auto check = [&](const LogicalType& type, const auto& value) {
    SCOPED_TRACE(type.ToString());
    for (int round = 0; round < 60; ++round) {
      Vector column = Vector::MakeFlat(type);
      for (size_t row = 0; row < kCount; ++row) {
        column.SetValue(row, value(random() % 60));
        if (round % 2 == 1 && random() % 9 == 0) column.SetNull(row);
      }
      if (round % 3 == 0) {
        auto rows = MakeIndices(kCount);
        for (size_t i = 0; i < kCount; ++i) rows[i] = static_cast<uint32_t>(random() % kCount);
        column.Slice(rows, kCount);
      }
      std::vector<Value> keys;
      std::vector<uint64_t> hashes;
      for (size_t i = 0; i <= random() % 20; ++i) {
        const Value key = value(random() % 90);
        if (std::ranges::count(keys, key) > 0) continue;
        keys.push_back(key);
        HashVector(Vector::MakeConstant(key), 1, &hashes.emplace_back());
      }
      Content filter;
      filter.list = KeyList(keys, hashes);
      filter.min = filter.list.keys().front();
      filter.max = filter.list.keys().back();
      CheckAll(filter, column, kCount, random);
    }
  };
  const LogicalType decimal = LogicalType::Decimal(30, 2);
  check(TypeId::kVarchar, [](uint64_t i) {
    return Value::Varchar(std::string(i % 2 * 12, 'x') + std::to_string(i));
  });
  check(TypeId::kInt64, [](uint64_t i) { return Value::Int64(static_cast<int64_t>(i << 40)); });
  check(TypeId::kUInt64, [](uint64_t i) { return Value::Integer(TypeId::kUInt64, i << 58); });
  check(TypeId::kDouble, [](uint64_t i) { return Value::Double(static_cast<double>(i) / 7); });
  check(TypeId::kBoolean, [](uint64_t i) { return Value::Boolean(i % 2 == 0); });
  check(decimal, [&](uint64_t i) { return Value::Integer(decimal, int128_t{1} << (i + 20)); });
}

// Some thirtieth of the columns' rows are keys of a Bloom filter: all of these pass, hardly any
// other does, whether all rows are asked for, some or few.
void CheckBloom(const std::vector<Vector>& columns, size_t count) {
  std::mt19937_64 random(3);
  std::vector<uint64_t> hashes(count);
  HashColumns(columns, count, hashes.data());
  std::vector<uint64_t> keys;
  for (const uint64_t hash : hashes) {
    if (random() % 30 == 0) keys.push_back(hash);
  }
  Content filter;
  filter.bloom = BlockedBloom(keys.size());
  for (const uint64_t hash : keys) filter.bloom.Add(hash);
  std::ranges::sort(keys);
  for (const size_t one_in : {1, 2, 50}) {
    std::vector<uint32_t> rows;
    std::vector<uint32_t> held;
    for (uint32_t row = 0; row < count; ++row) {
      if (random() % one_in != 0) continue;
      rows.push_back(row);
      const bool is_null = columns.size() == 1 && columns.front().GetValue(row).is_null();
      if (!is_null && std::ranges::binary_search(keys, hashes[row])) held.push_back(row);
    }
    std::vector<uint32_t> out(rows.size());
    out.resize(SelectDynamicFilter(filter, columns, one_in == 1 ? nullptr : rows.data(),
                                   rows.size(), out.data()));
    EXPECT_TRUE(std::ranges::is_sorted(out));
    EXPECT_TRUE(std::ranges::includes(rows, out));
    EXPECT_TRUE(std::ranges::includes(out, held)) << one_in;
    EXPECT_LE(out.size(), held.size() + rows.size() / 50 + 1) << one_in;
    rows.resize(SelectDynamicFilter(filter, columns, rows.data(), rows.size(), rows.data()));
    EXPECT_EQ(rows, out) << "in place";
  }
}

TEST_P(DynamicMatchTest, ABloomFilterKeepsAllThatItHolds) {
  std::mt19937_64 random(4);
  constexpr size_t kCount = 2000;
  const auto make = [&](const LogicalType& type, const auto& value) {
    Vector column = Vector::MakeFlat(type);
    for (size_t row = 0; row < kCount; ++row) {
      if (row % 11 == 3) {
        column.SetNull(row);
      } else {
        column.SetValue(row, value(random()));
      }
    }
    return column;
  };
  const Vector wide =
      make(TypeId::kInt64, [](uint64_t bits) { return Value::Int64(static_cast<int64_t>(bits)); });
  const Vector narrow = make(TypeId::kInt32, [](uint64_t bits) {
    return Value::Int32(static_cast<int32_t>(bits % 1000));
  });
  const Vector text = make(TypeId::kVarchar, [](uint64_t bits) {
    return Value::Varchar(std::string(bits % 3 * 10, 'x') + std::to_string(bits % 100'000));
  });
  const Vector real = make(TypeId::kDouble, [](uint64_t bits) {
    return Value::Double(static_cast<double>(bits % 100'000) / 7);
  });
  const Vector decimal = make(LogicalType::Decimal(30, 2), [](uint64_t bits) {
    return Value::Integer(LogicalType::Decimal(30, 2), static_cast<int128_t>(bits) << 20);
  });
  Vector coded = text;  // a dictionary
  auto codes = MakeIndices(kCount);
  for (size_t i = 0; i < kCount; ++i) codes[i] = static_cast<uint32_t>(random() % kCount);
  coded.Slice(codes, kCount);
  for (const Vector& column : {wide, text, real, decimal, coded}) CheckBloom({column}, kCount);
  CheckBloom({narrow, wide}, kCount);
  CheckBloom({text, narrow, real}, kCount);
  CheckBloom({coded, wide}, kCount);
}

TEST_P(DynamicMatchTest, ABloomFilterKeepsWhatTheJoinHoldsEqual) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  Vector column = Vector::MakeFlat(TypeId::kDouble);
  const std::vector<double> values = {0.0, -0.0, nan, -nan, 1.0};
  for (size_t row = 0; row < values.size(); ++row) column.SetValue(row, Value::Double(values[row]));
  column.SetNull(values.size());
  Content filter;
  filter.bloom = BlockedBloom(2);
  filter.bloom.Add(HashOf(-0.0));
  filter.bloom.Add(HashOf(-nan));
  std::vector<uint32_t> out(values.size() + 1);
  out.resize(SelectDynamicFilter(filter, {&column, 1}, nullptr, out.size(), out.data()));
  EXPECT_EQ(out, (std::vector<uint32_t>{0, 1, 2, 3}));
  // A key of another width has the same hash.
  Content of_wide;
  of_wide.bloom = BlockedBloom(1);
  of_wide.bloom.Add(HashOf(int64_t{-7}));
  Vector narrow = Vector::MakeFlat(TypeId::kInt8);
  for (size_t row = 0; row < 20; ++row) {
    narrow.SetValue(row, Value::Integer(TypeId::kInt8, static_cast<int64_t>(row) - 10));
  }
  out.assign(20, 0);
  out.resize(SelectDynamicFilter(of_wide, {&narrow, 1}, nullptr, out.size(), out.data()));
  EXPECT_EQ(out, (std::vector<uint32_t>{3}));
}

TEST_P(DynamicMatchTest, OfSeveralColumnsOnlyNoKeyAtAllExcludesWithoutAnotherContent) {
  Vector column = Vector::MakeFlat(TypeId::kInt32);
  for (size_t row = 0; row < 9; ++row) column.SetValue(row, Value::Int32(static_cast<int>(row)));
  const std::vector<Vector> columns = {column, column};
  Content filter;
  std::vector<uint32_t> out(9);
  EXPECT_EQ(SelectDynamicFilter(filter, columns, nullptr, 9, out.data()), 9u);
  EXPECT_EQ(out, (std::vector<uint32_t>{0, 1, 2, 3, 4, 5, 6, 7, 8}));
  filter.empty = true;
  EXPECT_EQ(SelectDynamicFilter(filter, columns, nullptr, 9, out.data()), 0u);
}

}  // namespace
}  // namespace trivet
