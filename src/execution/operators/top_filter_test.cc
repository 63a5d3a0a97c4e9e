#include "execution/operators/top_filter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "context/query_context.h"
#include "execution/testing/run_plan.h"
#include "execution/testing/sort_rows.h"
#include "execution/testing/spill_space.h"
#include "expression/function_registry.h"
#include "types/testing/random_values.h"

namespace trivet {
namespace {

using testing::kMixer;
using testing::RandomValue;
using testing::Row;
using testing::Rows;
using testing::ScalarTypes;

SortKey ColumnKey(size_t column, const LogicalType& type, bool descending, bool nulls_first) {
  return {Expression::Input(static_cast<uint32_t>(column), type, "c"), descending, nulls_first};
}

// Groups by column 0, ordered by column 1, in which the first `rows` of each count.
SortShape ShapeOf(const LogicalType& group, const LogicalType& value, uint64_t rows,
                  bool descending = false, bool nulls_first = false) {
  SortShape shape = *SortShape::Make(
      {group, value},
      {ColumnKey(0, group, false, false), ColumnKey(1, value, descending, nulls_first)});
  shape.partition_keys = 1;
  shape.group_rows = rows;
  shape.filter_bytes = ~size_t{0};
  return shape;
}

std::vector<Vector> Columns(const std::vector<LogicalType>& types, std::span<const Row> rows) {
  std::vector<Vector> columns;
  for (size_t c = 0; c < types.size(); ++c) {
    columns.push_back(Vector::MakeFlat(types[c], rows.size()));
    for (size_t i = 0; i < rows.size(); ++i) columns[c].SetValue(i, rows[i][c]);
  }
  return columns;
}

// Whether a comes strictly before b.
bool ComesBefore(const Value& a, const Value& b, bool descending, bool nulls_first) {
  if (a.is_null() || b.is_null()) return a.is_null() != b.is_null() && a.is_null() == nulls_first;
  const int order = CompareValues(a, b);
  return descending ? order > 0 : order < 0;
}

bool SameGroup(const Value& a, const Value& b) {
  if (a.is_null() || b.is_null()) return a.is_null() && b.is_null();
  return CompareValues(a, b) == 0;
}

TEST(TopFilterTest, DropsNoRowThatFewerThanTheLimitComeBefore) {
  std::mt19937_64 random(4);
  size_t dropped = 0;
  for (const LogicalType& type : ScalarTypes()) {
    for (int variant = 0; variant < 8; ++variant) {
      const bool descending = variant & 1;
      const bool nulls_first = variant & 2;
      const uint64_t limit = 1 + random() % 3;
      // Groups of every type, too.
      const LogicalType group = variant & 4 ? type : LogicalType(TypeId::kInt32);
      std::vector<Value> groups;
      for (int i = 0; i < 5; ++i) groups.push_back(RandomValue(group, random));
      groups.push_back(Value::Null(group));
      Rows rows;
      for (int i = 0; i < 200; ++i) {
        rows.push_back({groups[random() % groups.size()],
                        random() % 9 == 0 ? Value::Null(type) : RandomValue(type, random)});
      }
      const SortShape shape = ShapeOf(group, type, limit, descending, nulls_first);
      QueryContext context = TestContext(1);
      const auto filter = TopFilter::Make(shape, context);
      ASSERT_NE(filter, nullptr);
      for (size_t begin = 0; begin < rows.size(); begin += 40) {
        const std::span<const Row> batch = std::span(rows).subspan(begin, 40);
        uint32_t kept[kVectorSize];
        const size_t count = filter->Select(Columns({group, type}, batch), batch.size(), kept);
        ASSERT_TRUE(std::is_sorted(kept, kept + count));
        dropped += batch.size() - count;
        for (size_t i = 0; i < batch.size(); ++i) {
          if (std::find(kept, kept + count, i) != kept + count) continue;
          const Row& row = batch[i];
          uint64_t before = 0;
          for (size_t j = 0; j < begin + batch.size(); ++j) {
            before += SameGroup(rows[j][0], row[0]) &&
                      ComesBefore(rows[j][1], row[1], descending, nulls_first);
          }
          ASSERT_GE(before, limit) << type.ToString() << " " << row[1].ToString();
        }
      }
      ASSERT_FALSE(filter->is_done());
    }
  }
  EXPECT_GT(dropped, 5000u);  // it would be no use otherwise
}

struct Numbers {
  std::vector<Vector> columns;
  size_t count;
};
Numbers NumbersOf(const std::vector<std::pair<int64_t, int64_t>>& pairs) {
  Rows rows;
  for (const auto& [group, value] : pairs) {
    rows.push_back({Value::Int64(group), Value::Int64(value)});
  }
  return {Columns({TypeId::kInt64, TypeId::kInt64}, rows), rows.size()};
}

std::vector<uint32_t> Kept(TopFilter& filter, const Numbers& numbers) {
  std::vector<uint32_t> kept(kVectorSize);
  kept.resize(filter.Select(numbers.columns, numbers.count, kept.data()));
  return kept;
}

TEST(TopFilterTest, KeepsTiesAndWhatComesBeforeThem) {
  const SortShape shape = ShapeOf(TypeId::kInt64, TypeId::kInt64, 2);
  QueryContext context = TestContext(1);
  const auto filter = TopFilter::Make(shape, context);
  EXPECT_EQ(Kept(*filter, NumbersOf({{1, 5}, {1, 7}, {2, 9}, {1, 7}, {1, 8}})),
            (std::vector<uint32_t>{0, 1, 2, 3}));
  EXPECT_EQ(Kept(*filter, NumbersOf({{1, 7}, {1, 6}, {1, 7}, {1, 6}, {2, 100}, {2, 99}, {2, 100}})),
            (std::vector<uint32_t>{0, 1, 3, 4, 5}));
  EXPECT_EQ(Kept(*filter, NumbersOf({{3, 1}, {1, 5}, {1, 4}, {1, 6}})),
            (std::vector<uint32_t>{0, 1, 2}));
}

TEST(TopFilterTest, ThinsRowsThatLaterOnesSurpass) {
  const SortShape shape = ShapeOf(TypeId::kInt64, TypeId::kInt64, 1);
  QueryContext context = TestContext(1);
  const auto filter = TopFilter::Make(shape, context);
  std::vector<SortEntry> entries;
  for (int64_t value = 10; value > 0; --value) {
    ASSERT_EQ(Kept(*filter, NumbersOf({{value % 2, value}})).size(), 1u);
    entries.push_back({static_cast<uint64_t>(value), nullptr});
  }
  filter->Thin(entries);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].head, 2u);
  EXPECT_EQ(entries[1].head, 1u);
  filter->ForgetRows();
  // What went to disk still counts.
  EXPECT_EQ(Kept(*filter, NumbersOf({{0, 3}, {1, 1}, {0, 2}, {1, 2}})),
            (std::vector<uint32_t>{1, 2}));
}

TEST(TopFilterTest, EndsWhereItIsOfNoUse) {
  const auto ends_after = [](uint64_t groups, auto value, size_t filter_bytes) {
    SortShape shape = ShapeOf(TypeId::kInt64, TypeId::kInt64, 1);
    shape.filter_bytes = filter_bytes;
    QueryContext context = TestContext(1);
    const auto filter = TopFilter::Make(shape, context);
    std::vector<SortEntry> entries;
    size_t place = 0;
    while (place < (size_t{1} << 21) && !filter->is_done()) {
      Batch batch = Batch::MakeFlat({TypeId::kInt64, TypeId::kInt64}, kVectorSize);
      for (size_t i = 0; i < kVectorSize; ++i, ++place) {
        batch.mutable_column(0).mutable_data<int64_t>()[i] =
            static_cast<int64_t>((place + 1) * kMixer >> 20) % static_cast<int64_t>(groups);
        batch.mutable_column(1).mutable_data<int64_t>()[i] = value(place);
      }
      uint32_t kept[kVectorSize];
      entries.resize(entries.size() + filter->Select(batch.columns(), kVectorSize, kept));
      if (entries.size() >= (size_t{1} << 17)) filter->Thin(entries);
    }
    return place;
  };
  const auto mixed = [](size_t place) { return static_cast<int64_t>(place * kMixer); };
  const auto falling = [](size_t place) { return -static_cast<int64_t>(place); };
  constexpr size_t kNever = size_t{1} << 21;
  constexpr size_t kUnbounded = ~size_t{0};
  EXPECT_EQ(ends_after(100, mixed, kUnbounded), kNever);
  EXPECT_EQ(ends_after(20'000, mixed, kUnbounded), kNever);
  EXPECT_LT(ends_after(1'000'000'000, mixed, kUnbounded), kNever / 2);  // all groups are new
  EXPECT_EQ(ends_after(100, falling, kUnbounded), kNever);  // each row surpasses those before
  EXPECT_LT(ends_after(100, [](size_t) { return int64_t{7}; }, kUnbounded), kNever / 2);  // all tie
  EXPECT_LT(ends_after(20'000, mixed, 100'000), kNever / 2);
}

TEST(TopFilterTest, EndsWhereMemoryIsRefused) {
  const SortShape shape = ShapeOf(TypeId::kInt64, TypeId::kInt64, 1);
  QueryContext context({.thread_count = 1, .memory_limit_bytes = 20'000}, FileSystem::Local(),
                       nullptr);
  const auto filter = TopFilter::Make(shape, context);
  EXPECT_EQ(Kept(*filter, NumbersOf({{1, 5}, {1, 7}, {1, 9}})).size(), 3u);
  EXPECT_TRUE(filter->is_done());
}

TEST(TopFilterTest, IsForFewFirstRowsOfGroupsAlone) {
  QueryContext context = TestContext(1);
  for (const uint64_t rows : {uint64_t{0}, TopFilter::kMostRows + 1}) {
    EXPECT_EQ(TopFilter::Make(ShapeOf(TypeId::kInt64, TypeId::kInt64, rows), context), nullptr);
  }
}

// Through the whole operator: many groups whose first rows come late, early or mixed.
class GroupedTopNTest : public ::testing::TestWithParam<bool> {};

std::vector<std::pair<int64_t, int64_t>> FirstOfGroups(size_t count, uint64_t groups,
                                                       uint64_t limit, uint64_t offset) {
  std::map<int64_t, std::vector<int64_t>> places;
  for (size_t i = 0; i < count; ++i) {
    places[testing::MixedKey(i, groups)].push_back(static_cast<int64_t>(i));
  }
  std::vector<std::pair<int64_t, int64_t>> first;
  for (auto& [group, list] : places) {
    std::stable_sort(list.begin(), list.end(),
                     [](int64_t a, int64_t b) { return a % 97 > b % 97; });
    for (size_t i = offset; i < list.size() && i - offset < limit; ++i) {
      first.emplace_back(group, list[i]);
    }
  }
  return first;
}

TEST_P(GroupedTopNTest, GivesTheFirstRowsOfEachGroup) {
  constexpr size_t kRows = 400'000;
  SpillSpace space;
  const ExpressionPtr group = Expression::Input(0, TypeId::kInt64, "i");
  const ExpressionPtr place = Expression::Input(1, TypeId::kInt64, "n");
  const ExpressionPtr value = *FunctionRegistry::Builtin().BindScalar(
      "%", {place, Expression::Constant(Value::Int64(97))}, nullptr);
  for (const uint64_t groups : {uint64_t{1}, uint64_t{700}, uint64_t{90'000}}) {
    for (const auto& [limit, offset] : {std::pair<uint64_t, uint64_t>{1, 0}, {3, 1}, {64, 0}}) {
      QueryContext context({.thread_count = 2, .always_spill = GetParam()}, FileSystem::Local(),
                           nullptr, space.files());
      const auto plan = testing::MakeSort({.keys = {{value, true, false}},
                                           .limit = limit,
                                           .offset = offset,
                                           .partition_by = {group}},
                                          testing::ManyRows(kRows, groups));
      const auto rows = RunPlanInOrder(*plan, context);
      ASSERT_TRUE(rows.ok()) << rows.status().ToString();
      std::vector<std::pair<int64_t, int64_t>> got;
      for (const Row& row : *rows) {
        got.emplace_back(static_cast<int64_t>(row[0].integer()),
                         static_cast<int64_t>(row[1].integer()));
      }
      ASSERT_EQ(got, FirstOfGroups(kRows, groups, limit, offset)) << groups << " " << limit;
      EXPECT_EQ(context.memory().reserved_bytes(), 0u);
    }
  }
}

TEST_P(GroupedTopNTest, HoldsLittleMoreThanItGives) {
  if (GetParam()) return;
  constexpr size_t kRows = 1'000'000;
  QueryContext context = TestContext(2);
  const auto plan = testing::MakeSort(
      {.keys = {{Expression::Input(1, TypeId::kInt64, "n"), true, false}},  // each row is better
       .limit = 2,
       .partition_by = {Expression::Input(0, TypeId::kInt64, "i")}},
      testing::ManyRows(kRows, 1000));
  const auto rows = RunPlanInOrder(*plan, context);
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_EQ(rows->size(), 2000u);
  EXPECT_LT(context.memory().peak_bytes(), size_t{64} << 20);
}

// A batch that is refused comes again once others were spilled: it must not count twice.
TEST(TopFilterTest, ARefusedBatchCountsOnce) {
  constexpr size_t kMegabyte = size_t{1} << 20;
  const std::vector<LogicalType> types = {TypeId::kInt64, TypeId::kInt64, TypeId::kVarchar};
  SortShape shape = *SortShape::Make(
      types, {ColumnKey(0, types[0], false, false), ColumnKey(1, types[1], false, false)});
  shape.partition_keys = 1;
  shape.group_rows = 2;
  shape.filter_bytes = ~size_t{0};
  QueryContext context({.thread_count = 1, .memory_limit_bytes = 64 * kMegabyte},
                       FileSystem::Local(), nullptr);
  const auto share = context.JoinMemoryShares(0);
  SortRun run(shape, context, *share);
  const auto append = [&](int64_t value, const std::string& text) {
    Rows rows;
    for (int64_t i = 0; i < 1000; ++i) {
      rows.push_back({Value::Int64(i), Value::Int64(value), Value::Varchar(text)});
    }
    const Batch batch(Columns(types, rows), rows.size());
    std::lock_guard lock(run.mutex());
    return run.Append(batch, {batch.columns()[0], batch.columns()[1]});
  };
  const std::string long_text(20'000, 'x');
  Reservation other(&context.memory(), "other");
  ASSERT_TRUE(append(9, "short").ok());
  ASSERT_TRUE(other.Grow(50 * kMegabyte).ok());
  ASSERT_EQ(append(5, long_text).code(), StatusCode::kOutOfMemory);
  other.Release();
  ASSERT_TRUE(append(5, long_text).ok());
  ASSERT_TRUE(append(7, "short").ok());
  ASSERT_TRUE(run.EndInput().ok());
  std::map<int64_t, std::vector<int64_t>> values;
  for (const auto& piece : run.pieces()) {
    for (const SortEntry& entry : piece.entries) {
      values[shape.layout->Get<int64_t>(entry.row, 0)].push_back(
          shape.layout->Get<int64_t>(entry.row, 1));
    }
  }
  ASSERT_EQ(values.size(), 1000u);
  for (const auto& [group, held] : values) {
    ASSERT_GE(held.size(), 2u);
    EXPECT_EQ(held[0], 5);
    EXPECT_EQ(held[1], 7);
  }
}

INSTANTIATE_TEST_SUITE_P(InMemoryAndOnDisk, GroupedTopNTest, ::testing::Bool());

}  // namespace
}  // namespace trivet
