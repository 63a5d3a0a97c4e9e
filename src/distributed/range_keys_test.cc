#include "distributed/range_keys.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>

#include "coordinator/adaptation.h"
#include "expression/testing.h"
#include "types/value.h"

namespace trivet {
namespace {

const std::vector<LogicalType> kTypes = {TypeId::kInt32, TypeId::kVarchar, TypeId::kDouble};

SortKey Key(uint32_t column, bool descending, bool nulls_first) {
  return {Expression::Input(column, kTypes[column], "c"), descending, nulls_first};
}

using Row = std::vector<Value>;

Batch MakeBatch(const std::vector<Row>& rows) {
  Batch batch = Batch::MakeFlat(kTypes);
  for (size_t row = 0; row < rows.size(); ++row) {
    for (size_t column = 0; column < kTypes.size(); ++column) {
      batch.mutable_column(column).SetValue(row, rows[row][column]);
    }
  }
  batch.set_row_count(rows.size());
  return batch;
}

std::vector<std::string> Encode(const RangeKeys& range, const std::vector<Row>& rows,
                                uint32_t task = 0, uint64_t first_row = 0) {
  testing::TestContext context;
  RangeKeyEncoder encoder(range, task, context);
  const Status status = encoder.Encode(MakeBatch(rows), first_row);
  EXPECT_TRUE(status.ok()) << status.ToString();
  std::vector<std::string> keys;
  for (size_t row = 0; row < rows.size(); ++row) keys.emplace_back(encoder.key(row));
  return keys;
}

// The order of two values of a column, as the engine defines it.
int CompareByKey(const Value& a, const Value& b, const SortKey& key) {
  if (a.is_null() || b.is_null()) {
    if (a.is_null() == b.is_null()) return 0;
    return a.is_null() == key.nulls_first ? -1 : 1;
  }
  const int order = CompareValues(a, b);
  return key.descending ? -order : order;
}

int CompareRows(const Row& a, const Row& b, const std::vector<SortKey>& keys) {
  for (const SortKey& key : keys) {
    const uint32_t column = key.expression->input_index();
    const int order = CompareByKey(a[column], b[column], key);
    if (order != 0) return order;
  }
  return 0;
}

Row RandomRow(std::mt19937_64& random) {
  const std::vector<std::string> texts = {"",
                                          std::string(1, '\0'),
                                          std::string("a\0b", 3),
                                          "a",
                                          "ab",
                                          std::string("a\0", 2),
                                          "\xFF",
                                          "\xFF\xFF",
                                          "the same twelve",
                                          "the same twelves"};
  const std::vector<double> numbers = {-0.0,
                                       0.0,
                                       1.5,
                                       -1.5,
                                       1e300,
                                       -std::numeric_limits<double>::infinity(),
                                       std::numeric_limits<double>::quiet_NaN()};
  const std::vector<int32_t> integers = {0, 1, -1, std::numeric_limits<int32_t>::min(),
                                         std::numeric_limits<int32_t>::max()};
  const auto null = [&] { return random() % 5 == 0; };
  return {null() ? Value::Null(kTypes[0]) : Value::Int32(integers[random() % integers.size()]),
          null() ? Value::Null(kTypes[1]) : Value::Varchar(texts[random() % texts.size()]),
          null() ? Value::Null(kTypes[2]) : Value::Double(numbers[random() % numbers.size()])};
}

TEST(RangeKeysTest, BytesHaveTheOrderOfTheKeys) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 60; ++round) {
    std::vector<SortKey> keys;
    for (uint32_t column = 0; column < 3; ++column) {
      keys.push_back(Key(column, random() % 2 == 0, random() % 2 == 0));
    }
    std::shuffle(keys.begin(), keys.end(), random);
    std::vector<Row> rows;
    for (int i = 0; i < 60; ++i) rows.push_back(RandomRow(random));
    const std::vector<std::string> encoded = Encode({keys, false}, rows);
    for (size_t a = 0; a < rows.size(); ++a) {
      for (size_t b = 0; b < rows.size(); ++b) {
        const int order = CompareRows(rows[a], rows[b], keys);
        const int bytes = encoded[a].compare(encoded[b]);
        ASSERT_EQ(order < 0, bytes < 0) << round << ": " << a << " and " << b;
        ASSERT_EQ(order == 0, bytes == 0) << round << ": " << a << " and " << b;
      }
    }
  }
}

TEST(RangeKeysTest, LongKeysAreCutOffAndKeepTheOrder) {
  const std::vector<SortKey> keys = {Key(1, false, false), Key(0, false, false)};
  const std::string text(100, 'x');
  const auto row = [&](std::string name, int32_t number) {
    return Row{Value::Int32(number), Value::Varchar(std::move(name)), Value::Double(0)};
  };
  const std::vector<Row> rows = {row(text, 5), row(text + "y", 1), row(text, 6), row("w", 9)};
  for (const bool by_place : {false, true}) {
    const std::vector<std::string> encoded = Encode({keys, by_place}, rows);
    EXPECT_EQ(encoded[0].size(), RangeKeyEncoder::kMostKeyBytes);
    // No place behind a key that does not tell these rows apart: it would put the third last.
    EXPECT_EQ(encoded[0], encoded[1]);
    EXPECT_EQ(encoded[0], encoded[2]);
    EXPECT_LT(encoded[3], encoded[0]);
  }
}

TEST(RangeKeysTest, KeysBehindThoseThatFillTheBytesAreLeftOut) {
  // NULL texts are short: all keys show, and a place stands behind them.
  std::vector<SortKey> keys(70, Key(1, false, false));
  keys.push_back(Key(0, false, false));
  const Row low{Value::Int32(1), Value::Null(kTypes[1]), Value::Double(0)};
  const Row high{Value::Int32(2), Value::Null(kTypes[1]), Value::Double(0)};
  const std::vector<std::string> encoded = Encode({keys, true}, {high, low});
  EXPECT_EQ(encoded[0].size(), RangeKeyEncoder::kMostKeyBytes);
  EXPECT_EQ(encoded[0], encoded[1]);
}

TEST(RangeKeysTest, PlacesTellEqualKeysApart) {
  const RangeKeys range{{Key(0, true, false)}, true};
  const Row same{Value::Int32(4), Value::Varchar("a"), Value::Double(1)};
  const std::vector<std::string> first = Encode(range, {same, same}, 0, 300);
  const std::vector<std::string> second = Encode(range, {same}, 1, 0);
  EXPECT_LT(first[0], first[1]);
  EXPECT_LT(first[1], second[0]);
  const std::vector<std::string> later = Encode(range, {same}, 0, 65'000);
  EXPECT_LT(first[1], later[0]);
  EXPECT_LT(later[0], second[0]);
}

TEST(KeySamplerTest, EveryRowIsAsLikely) {
  constexpr int kRows = 2'000;
  constexpr int kRounds = 300;
  std::map<int, int> quarters;
  for (int round = 0; round < kRounds; ++round) {
    KeySampler sampler(round);
    for (int row = 0; row < kRows; ++row) sampler.Add(std::to_string(10'000 + row));
    const std::vector<std::string> keys = sampler.Take();
    ASSERT_EQ(keys.size(), KeySampler::kKeys);
    EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
    for (const std::string& key : keys) ++quarters[(std::stoi(key) - 10'000) / (kRows / 4)];
  }
  for (int quarter = 0; quarter < 4; ++quarter) {
    const double share = quarters[quarter] / (static_cast<double>(kRounds) * KeySampler::kKeys);
    EXPECT_NEAR(share, 0.25, 0.01) << quarter;
  }
}

TEST(KeySamplerTest, ASeedGivesTheSameSampleAgain) {
  const auto sample = [](uint64_t seed) {
    KeySampler sampler(seed);
    for (int row = 0; row < 5'000; ++row) sampler.Add(std::to_string(row));
    return sampler.Take();
  };
  EXPECT_EQ(sample(3), sample(3));
  EXPECT_NE(sample(3), sample(4));
}

// Rows of partitions cut at bounds from samples; each task samples its own rows.
std::vector<size_t> CutRows(const std::vector<std::vector<int32_t>>& tasks, bool by_place,
                            uint32_t partitions) {
  const RangeKeys range{{Key(0, false, false)}, by_place};
  std::vector<KeySample> samples;
  std::vector<std::vector<std::string>> encoded;
  for (uint32_t task = 0; task < tasks.size(); ++task) {
    KeySampler sampler(task);
    std::vector<std::string>& keys = encoded.emplace_back();
    for (size_t begin = 0; begin < tasks[task].size(); begin += kVectorSize) {
      std::vector<Row> rows;
      for (size_t i = begin; i < std::min(begin + kVectorSize, tasks[task].size()); ++i) {
        rows.push_back({Value::Int32(tasks[task][i]), Value::Varchar(""), Value::Double(0)});
      }
      for (std::string& key : Encode(range, rows, task, begin)) keys.push_back(std::move(key));
    }
    for (const std::string& key : keys) sampler.Add(key);
    samples.push_back({sampler.Take(), keys.size()});
  }
  const std::vector<std::string> bounds = RangeBounds(samples, partitions);
  std::vector<size_t> sizes(partitions);
  for (const std::vector<std::string>& keys : encoded) {
    for (const std::string& key : keys) {
      ++sizes[std::upper_bound(bounds.begin(), bounds.end(), key) - bounds.begin()];
    }
  }
  return sizes;
}

TEST(RangeBoundsTest, PartitionsAreEvenUnderSkewAndDuplicates) {
  std::mt19937_64 random(11);
  std::vector<std::vector<int32_t>> tasks(3);
  for (size_t task = 0; task < tasks.size(); ++task) {
    // Nine of ten rows have one of three keys, and the tasks are of unlike sizes.
    for (size_t i = 0; i < 3'000 * (task + 1); ++i) {
      const bool heavy = random() % 10 != 0;
      tasks[task].push_back(static_cast<int32_t>(heavy ? random() % 3 : random() % 1'000'000));
    }
  }
  const double share = 18'000.0 / 8;
  for (const size_t size : CutRows(tasks, true, 8)) EXPECT_NEAR(size, share, share * 0.5);
  // Without places a key's rows stay together, and there are partitions without rows.
  const std::vector<size_t> whole = CutRows(tasks, false, 8);
  EXPECT_GT(*std::max_element(whole.begin(), whole.end()), static_cast<size_t>(2 * share));
  // All alike.
  tasks.assign(2, std::vector<int32_t>(4'000, 1));
  for (const size_t size : CutRows(tasks, true, 4)) EXPECT_NEAR(size, 2'000.0, 700);
}

}  // namespace
}  // namespace trivet
