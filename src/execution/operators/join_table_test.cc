// The join's table against a multimap: whatever the keys, the addressing and who gathered the rows.
#include "execution/operators/join_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "base/hash.h"
#include "context/query_context.h"
#include "execution/operators/join_gather.h"
#include "execution/operators/join_pairs.h"
#include "vector/hash_vector.h"

namespace trivet {
namespace {

// A key's number; none: NULL.
using Key = std::optional<int64_t>;

enum class Keys { kInteger, kText, kIntegerAndText };

struct Case {
  std::string name;
  Keys keys = Keys::kInteger;
  bool sparse = false;  // integers from all of 64 bits: addressed by their hash
  size_t rows = 0;      // on the build side
  size_t distinct = 0;  // keys among which rows choose
  bool skewed = false;  // a few of them have most rows
  double null_share = 0;
  bool null_safe = false;
  bool keep_null_keys = false;
  size_t gatherers = 1;
  size_t threads = 1;
  bool mixed = false;        // rows as they come back from disk
  bool short_texts = false;  // what rows have besides their keys lies in the rows
  size_t memory = ~size_t{0} >> 1;
};

// Many short texts and some long ones.
std::string TextOf(int64_t number) {
  return (number % 3 == 0 ? "a text that is too long for a row " : "") + std::to_string(number);
}

class JoinTableTest : public ::testing::TestWithParam<Case> {
 protected:
  JoinTableTest() : context_(Options(), FileSystem::Local(), nullptr) {}

  static QueryContext::Options Options() {
    QueryContext::Options options;
    options.thread_count = GetParam().threads;
    options.memory_limit_bytes = GetParam().memory;
    return options;
  }

  Key RandomKey() {
    const Case& c = GetParam();
    const double drawn = std::uniform_real_distribution<>()(random_);
    if (std::uniform_real_distribution<>()(random_) < c.null_share) return std::nullopt;
    return static_cast<int64_t>(static_cast<double>(c.distinct) *
                                (c.skewed ? drawn * drawn * drawn * drawn : drawn));
  }
  // Distinct keys where there are as many as rows, in random order.
  std::vector<Key> BuildKeys() {
    const Case& c = GetParam();
    std::vector<Key> keys;
    for (size_t i = 0; i < c.rows; ++i) {
      const Key random = RandomKey();
      keys.push_back(c.distinct == c.rows && random ? Key(static_cast<int64_t>(i)) : random);
    }
    std::shuffle(keys.begin(), keys.end(), random_);
    return keys;
  }

  std::vector<LogicalType> KeyTypes() const {
    switch (GetParam().keys) {
      case Keys::kInteger: return {TypeId::kInt64};
      case Keys::kText: return {TypeId::kVarchar};
      case Keys::kIntegerAndText: return {TypeId::kInt64, TypeId::kVarchar};
    }
    return {};
  }
  int64_t IntegerOf(int64_t key) const {
    return GetParam().sparse ? static_cast<int64_t>(HashInt64(static_cast<uint64_t>(key))) : key;
  }
  // The columns of these keys; their texts are kept by the test.
  std::vector<Vector> KeyColumns(std::span<const Key> keys) {
    std::vector<Vector> columns;
    for (const LogicalType& type : KeyTypes()) {
      Vector column = Vector::MakeFlat(type, std::max<size_t>(keys.size(), 1));
      for (size_t i = 0; i < keys.size(); ++i) {
        if (!keys[i]) {
          column.SetNull(i);
        } else if (type.id() == TypeId::kInt64) {
          column.mutable_data<int64_t>()[i] = IntegerOf(*keys[i]);
        } else {
          texts_.push_back(TextOf(*keys[i]));
          column.mutable_data<StringView>()[i] =
              StringView(texts_.back().data(), texts_.back().size());
        }
      }
      columns.push_back(std::move(column));
    }
    return columns;
  }

  JoinTableShape Shape() const {
    JoinTableShape shape;
    std::vector<LogicalType> types = KeyTypes();
    for (uint32_t i = 0; i < types.size(); ++i) {
      shape.keys.push_back(Expression::Input(i, types[i]));
      shape.null_safe.push_back(GetParam().null_safe);
    }
    shape.keep_null_keys = GetParam().keep_null_keys;
    types.push_back(TypeId::kInt64);    // the row's number
    types.push_back(TypeId::kVarchar);  // and a text that tells it
    shape.columns = {types.size() - 2, types.size() - 1};
    shape.layout = *RowLayout::Make(std::move(types), {.hash = true, .flag = true});
    return shape;
  }

  // Gathers the rows, each gatherer some, as a join's build does.
  std::vector<GatheredRows> Gather(const std::vector<Key>& keys) {
    const Case& c = GetParam();
    std::vector<GatheredRows> gathered;
    for (size_t g = 0; g < c.gatherers; ++g) {
      JoinRowGatherer gatherer(*runtime_.table, context_, false);
      RowStore mixed(runtime_.table->shape().layout,
                     std::make_shared<RowMemory>(Reservation(&context_.memory(), "test")));
      // The first one has most rows.
      const size_t first = g == 0 ? 0 : c.rows - (c.gatherers - g) * (c.rows / 8);
      const size_t end = c.rows - (c.gatherers - g - 1) * (c.rows / 8);
      for (size_t at = first; at < end; at += kVectorSize) {
        const size_t count = std::min(kVectorSize, end - at);
        AppendRows(std::span(keys).subspan(at, count), static_cast<int64_t>(at), gatherer,
                   c.mixed ? &mixed : nullptr);
      }
      if (c.mixed) {
        gathered.push_back({std::move(mixed), GatheredRows::kMixed});
      } else {
        gatherer.Take(gathered);
      }
    }
    return gathered;
  }

  void AppendRows(std::span<const Key> keys, int64_t number, JoinRowGatherer& gatherer,
                  RowStore* mixed) {
    const Case& c = GetParam();
    std::vector<Vector> columns = KeyColumns(keys);
    uint64_t hashes[kVectorSize];
    HashColumns(columns, keys.size(), hashes);
    Vector numbers = Vector::MakeFlat(TypeId::kInt64, keys.size());
    Vector texts = Vector::MakeFlat(TypeId::kVarchar, keys.size());
    std::vector<uint32_t> matchable;
    std::vector<uint32_t> null_keys;
    std::vector<uint32_t> all;
    for (size_t i = 0; i < keys.size(); ++i) {
      const int64_t row = number + static_cast<int64_t>(i);
      numbers.mutable_data<int64_t>()[i] = row;
      texts_.push_back(c.short_texts ? "short" : TextOf(row));
      texts.mutable_data<StringView>()[i] = StringView(texts_.back().data(), texts_.back().size());
      const bool is_matchable = keys[i] || c.null_safe;
      (is_matchable ? matchable : null_keys).push_back(static_cast<uint32_t>(i));
      if (is_matchable || c.keep_null_keys) all.push_back(static_cast<uint32_t>(i));
    }
    columns.push_back(std::move(numbers));
    columns.push_back(std::move(texts));
    if (mixed != nullptr) {
      uint8_t* addresses[kVectorSize];
      ASSERT_TRUE(mixed->Append(columns, hashes, all.data(), all.size(), addresses).ok());
      return;
    }
    ASSERT_TRUE(gatherer.Append(columns, hashes, matchable.data(), matchable.size(), false).ok());
    if (c.keep_null_keys) {
      ASSERT_TRUE(gatherer.Append(columns, hashes, null_keys.data(), null_keys.size(), true).ok());
    }
  }

  void MakeTable(const std::vector<Key>& keys) {
    runtime_.fields = &fields_;
    for (uint32_t i = 0; i < KeyTypes().size(); ++i) {
      runtime_.probe_keys.push_back(Expression::Input(i, KeyTypes()[i]));
    }
    runtime_.table = std::make_shared<JoinTable>(Shape(), context_);
    JoinTableBuilder builder(*runtime_.table, GetParam().threads);
    std::vector<GatheredRows> gathered = Gather(keys);
    ASSERT_TRUE(builder.Prepare(gathered).ok());
    std::atomic<size_t> next{0};
    std::vector<std::thread> threads;
    for (size_t t = 0; t < GetParam().threads; ++t) {
      threads.emplace_back([&] {
        for (size_t task = next++; task < builder.task_count(); task = next++) {
          EXPECT_TRUE(builder.RunTask(task).ok());
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    ASSERT_TRUE(builder.Finish().ok());
  }

  int64_t NumberOf(const uint8_t* row) const {
    const RowLayout& layout = runtime_.table->layout();
    const size_t column = runtime_.table->shape().key_count();
    const auto number = layout.Get<int64_t>(row, column);
    if (number % 8 == 0) {
      const std::string text = GetParam().short_texts ? "short" : TextOf(number);
      EXPECT_EQ(layout.Get<StringView>(row, column + 1).view(), text);
    }
    return number;
  }

  std::mt19937_64 random_{20261122};
  QueryContext context_;
  PhysicalJoin::Fields fields_;
  JoinRuntime runtime_;
  std::deque<std::string> texts_;
};

TEST_P(JoinTableTest, FindsWhatAMultimapDoes) {
  const Case& c = GetParam();
  const std::vector<Key> keys = BuildKeys();
  MakeTable(keys);
  const JoinTable& table = *runtime_.table;

  std::multimap<Key, int64_t> expected;
  std::set<int64_t> expected_nulls;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (keys[i] || c.null_safe) {
      expected.emplace(keys[i], static_cast<int64_t>(i));
    } else if (c.keep_null_keys) {
      expected_nulls.insert(static_cast<int64_t>(i));
    }
  }
  if (c.memory < size_t{1} << 30) {
    EXPECT_EQ(table.items(), JoinTable::Items::kPointers);
  }
  EXPECT_EQ(table.row_count(), expected.size() + expected_nulls.size());
  std::set<int64_t> nulls;
  for (const uint8_t* row : table.null_rows()) nulls.insert(NumberOf(row));
  EXPECT_EQ(nulls, expected_nulls);
  std::set<int64_t> all;
  std::set<size_t> ordinals;
  for (const RowStore& store : table.stores()) {
    RowStore::Cursor cursor(store);
    uint8_t* rows[kVectorSize];
    while (const size_t count = cursor.Next(rows)) {
      for (size_t i = 0; i < count; ++i) {
        const int64_t number = NumberOf(rows[i]);
        EXPECT_TRUE(all.insert(number).second);
        if (table.has_ordinals() && !expected_nulls.contains(number)) {
          ordinals.insert(table.OrdinalOf(rows[i]));
        }
      }
    }
  }
  EXPECT_EQ(all.size(), expected.size() + expected_nulls.size());
  if (table.has_ordinals()) {
    EXPECT_EQ(ordinals.size(), expected.size());
    EXPECT_TRUE(ordinals.empty() || *ordinals.rbegin() < table.row_count());
  }

  // Keys that could be there, of many every seventeenth, those on either side of them, and NULL.
  std::vector<Key> probes{std::nullopt, int64_t{-1}, static_cast<int64_t>(c.distinct)};
  for (size_t i = 0; i < c.distinct; i += c.distinct > 5'000 ? 17 : 1) {
    probes.push_back(static_cast<int64_t>(i));
  }
  std::shuffle(probes.begin(), probes.end(), random_);
  for (const JoinPairs::Runs runs : {JoinPairs::Runs::kFull, JoinPairs::Runs::kOncePerRow}) {
    JoinPairs pairs(runtime_, context_);
    for (size_t at = 0; at < probes.size(); at += kVectorSize) {
      const auto some = std::span(probes).subspan(at, std::min(kVectorSize, probes.size() - at));
      const Batch batch(KeyColumns(some), some.size());
      ASSERT_TRUE(pairs.Start(batch, runs).ok());
      std::vector<std::multiset<int64_t>> found(some.size());
      while (pairs.Next()) {
        std::set<uint32_t> once;
        for (size_t i = 0; i < pairs.count(); ++i) {
          const uint32_t row = pairs.probe_rows()[i];
          EXPECT_TRUE(once.insert(row).second || runs == JoinPairs::Runs::kFull);
          found[row].insert(NumberOf(pairs.build_rows()[i]));
        }
      }
      for (size_t i = 0; i < some.size(); ++i) {
        std::multiset<int64_t> wanted;
        const auto [first, last] = expected.equal_range(some[i]);
        for (auto entry = first; entry != last; ++entry) wanted.insert(entry->second);
        ASSERT_EQ(found[i], wanted) << some[i].value_or(-99);
      }
    }
  }
}

std::vector<Case> Cases() {
  std::vector<Case> cases;
  for (const size_t gatherers : {1, 3}) {
    const size_t threads = gatherers == 1 ? 1 : 2;
    const std::string who = gatherers == 1 ? "" : "ByThree";
    const auto add = [&](Case c) {
      c.gatherers = gatherers;
      c.threads = threads;
      c.name += who;
      cases.push_back(c);
    };
    add({.name = "Nothing", .distinct = 3});
    add({.name = "FewDense", .rows = 1'000, .distinct = 1'000});
    add({.name = "DenseOnce", .rows = 80'000, .distinct = 80'000});
    add({.name = "DenseAgain", .rows = 40'000, .distinct = 5'000});
    add({.name = "ManyDenseAgain", .rows = 150'000, .distinct = 30'000, .short_texts = true});
    add({.name = "DenseSeldomAgain", .rows = 80'000, .distinct = 900'000});
    add({.name = "SparseOnce", .sparse = true, .rows = 20'000, .distinct = 20'000});
    add({.name = "ManySparseOnce", .sparse = true, .rows = 400'000, .distinct = 400'000});
    add({.name = "SparseSkewed",
         .sparse = true,
         .rows = 30'000,
         .distinct = 20'000,
         .skewed = true});
    add({.name = "DenseSkewed", .rows = 30'000, .distinct = 20'000, .skewed = true});
    add({.name = "OneKey", .sparse = true, .rows = 9'000, .distinct = 1});
    add({.name = "Texts", .keys = Keys::kText, .rows = 20'000, .distinct = 3'000});
    add({.name = "ManyTexts", .keys = Keys::kText, .rows = 360'000, .distinct = 50'000});
    add({.name = "TwoKeys", .keys = Keys::kIntegerAndText, .rows = 20'000, .distinct = 20'000});
    add({.name = "TwoKeysSkewed",
         .keys = Keys::kIntegerAndText,
         .rows = 20'000,
         .distinct = 3'000,
         .skewed = true});
    for (const bool mixed : {false, true}) {
      const std::string how = mixed ? "FromDisk" : "";
      add({.name = "NullsKept" + how,
           .rows = 20'000,
           .distinct = 4'000,
           .null_share = 0.2,
           .keep_null_keys = true,
           .mixed = mixed});
      add({.name = "SparseNullsKept" + how,
           .sparse = true,
           .rows = 20'000,
           .distinct = 4'000,
           .null_share = 0.2,
           .keep_null_keys = true,
           .mixed = mixed});
      add({.name = "SingleNullsKept" + how,
           .rows = 2'000,
           .distinct = 2'000,
           .null_share = 0.2,
           .keep_null_keys = true,
           .mixed = mixed});
      add({.name = "NullsLeftOut" + how,
           .keys = Keys::kText,
           .rows = 20'000,
           .distinct = 4'000,
           .null_share = 0.2,
           .mixed = mixed});
    }
    add({.name = "AllNullsKept",
         .rows = 500,
         .distinct = 4,
         .null_share = 1,
         .keep_null_keys = true});
    add({.name = "AllNullsKeptFromDisk",
         .rows = 500,
         .distinct = 4,
         .null_share = 1,
         .keep_null_keys = true,
         .mixed = true});
    add({.name = "NullSafe",
         .rows = 20'000,
         .distinct = 4'000,
         .null_share = 0.1,
         .null_safe = true});
    // No room for copies: pointers.
    add({.name = "PointersToSparse",
         .sparse = true,
         .rows = 360'000,
         .distinct = 50'000,
         .memory = size_t{120} << 20});
    add({.name = "PointersToDense",
         .rows = 140'000,
         .distinct = 30'000,
         .memory = size_t{50} << 20});
    add({.name = "PointersToTwoKeys",
         .keys = Keys::kIntegerAndText,
         .rows = 60'000,
         .distinct = 40'000,
         .memory = size_t{30} << 20});
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(All, JoinTableTest, ::testing::ValuesIn(Cases()),
                         [](const auto& tested) { return tested.param.name; });

// Without memory for a directory nothing is taken, so that the rows can be spilled.
TEST(JoinTableMemoryTest, LeavesRowsAloneWhereTheDirectoryDoesNotFit) {
  QueryContext::Options options;
  options.memory_limit_bytes = size_t{1} << 20;
  QueryContext context(options, FileSystem::Local(), nullptr);
  JoinTableShape shape;
  shape.keys = {Expression::Input(0, TypeId::kInt64)};
  shape.null_safe = {false};
  shape.layout = *RowLayout::Make({TypeId::kInt64}, {.hash = true});
  JoinTable table(std::move(shape), context);
  JoinRowGatherer gatherer(table, context, false);
  Status status;
  int64_t key = 0;
  while (status.ok() && gatherer.row_count() < 30 * kVectorSize) {
    std::vector<Vector> columns{Vector::MakeFlat(TypeId::kInt64)};
    for (size_t i = 0; i < kVectorSize; ++i) {
      columns[0].mutable_data<int64_t>()[i] = static_cast<int64_t>(HashInt64(++key));
    }
    uint64_t hashes[kVectorSize];
    HashColumns(columns, kVectorSize, hashes);
    status = gatherer.Append(columns, hashes, nullptr, kVectorSize, false);
  }
  size_t whole = 0;
  for (const auto& [store, rows] : gatherer.WholeRows()) whole += rows;
  EXPECT_EQ(whole % kVectorSize, 0u);
  EXPECT_GT(whole, 0u);
  std::vector<GatheredRows> gathered;
  gatherer.Take(gathered);
  const size_t rows = gathered.front().rows.row_count();
  JoinTableBuilder builder(table, 1);
  EXPECT_EQ(builder.Prepare(gathered).code(), StatusCode::kOutOfMemory);
  ASSERT_EQ(gathered.size(), 1u);
  EXPECT_EQ(gathered.front().rows.row_count(), rows);
  const size_t held = context.memory().reserved_bytes();
  gathered.clear();
  EXPECT_LT(context.memory().reserved_bytes(), held);
}

}  // namespace
}  // namespace trivet
