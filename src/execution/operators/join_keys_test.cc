#include "execution/operators/join_keys.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <functional>
#include <set>

#include "context/memory_budget.h"
#include "execution/operators/scan.h"
#include "execution/testing/rows_operator.h"
#include "execution/testing/run_plan.h"
#include "storage/memory_table.h"
#include "vector/hash_vector.h"

namespace trivet {
namespace {

using Content = DynamicFilter::Content;
using Row = CollectSink::Row;
using Rows = std::vector<Row>;

const std::vector<PhysicalColumn> kSchema = {
    {"w", TypeId::kInt64}, {"s", TypeId::kVarchar}, {"i", TypeId::kInt32}};

ExpressionPtr Column(size_t i) {
  return Expression::Input(static_cast<uint32_t>(i), kSchema[i].type, kSchema[i].name);
}

// Row i: a wide integer and a string of its own, and one of a hundred integers.
Row MakeRow(uint64_t i) {
  return {Value::Int64(static_cast<int64_t>(i * 0x9E3779B97F4A7C15ULL)),
          Value::Varchar("some text " + std::to_string(i)),
          Value::Int32(static_cast<int>(i % 100))};
}
Rows MakeRows(uint64_t first, uint64_t count) {
  Rows rows;
  for (uint64_t i = first; i < first + count; ++i) rows.push_back(MakeRow(i));
  return rows;
}

// Rows in memory whose scan tells what filters it is given, and that it asks them of each row.
class FilteredTable final : public Table {
 public:
  struct Given {
    std::vector<size_t> columns;
    std::shared_ptr<const Content> content;
  };

  explicit FilteredTable(const Rows& rows, bool by_row = true, bool spares_decoding = true)
      : by_row_(by_row), spares_decoding_(spares_decoding) {
    std::vector<ColumnDefinition> columns;
    for (const PhysicalColumn& column : kSchema) columns.push_back({column.name, column.type});
    MemoryTableBuilder builder("t", columns, std::make_shared<MemoryBudget>("memory", 1 << 30));
    for (const auto& morsel : CutRows(kSchema, rows, 5, 60)) {
      for (const Batch& batch : morsel) EXPECT_TRUE(builder.Append(batch).ok());
    }
    rows_ = std::make_shared<MemoryTable>(std::move(columns), *builder.Finish());
  }

  const std::vector<ColumnDefinition>& columns() const override { return rows_->columns(); }
  TableStatistics statistics() const override { return rows_->statistics(); }
  ScanCapabilities capabilities() const override {
    return {.filters = true,
            .dynamic_filters = true,
            .dynamic_filters_by_row = by_row_,
            .dynamic_filters_spare_decoding = spares_decoding_};
  }
  Result<std::unique_ptr<TableScan>> Scan(const ScanRequest& request,
                                          const ExecutionContext& context) const override {
    for (const ScanRequest::Dynamic& dynamic : request.dynamic_filters) {
      given.push_back({dynamic.columns, dynamic.filter->Get()});
    }
    return rows_->Scan(request, context);
  }
  std::string kind() const override { return "FILTERED"; }
  std::string description() const override { return ""; }

  mutable std::vector<Given> given;

 private:
  const bool by_row_;
  const bool spares_decoding_;
  std::shared_ptr<MemoryTable> rows_;
};

using Adjust = std::function<void(PhysicalJoin::Fields&)>;

// Joins a table's rows with built ones, and gives the filters that its scan got.
std::vector<FilteredTable::Given> GivenBy(
    const Rows& probe, const Rows& build, const std::vector<size_t>& keys, QueryContext& context,
    const Adjust& adjust = [](auto&) {}, bool by_row = true, bool spares_decoding = true) {
  auto table = std::make_shared<FilteredTable>(probe, by_row, spares_decoding);
  PhysicalJoin::Fields fields;
  fields.kind = JoinKind::kInner;
  for (const size_t key : keys) {
    fields.left_keys.push_back(Column(key));
    fields.right_keys.push_back(Column(key));
  }
  fields.left_output = {0};
  adjust(fields);
  auto scan = std::make_shared<PhysicalScan>(table, std::vector<uint64_t>{0, 1, 2},
                                             std::vector<ExpressionPtr>{}, kSchema);
  scan->set_id(1);
  auto rows = std::make_shared<RowsOperator>(kSchema, CutRows(kSchema, build, 6, 60));
  rows->set_id(2);
  std::vector<PhysicalColumn> schema = {kSchema[0]};
  if (fields.kind == JoinKind::kMark) schema.push_back({"mark", TypeId::kBoolean});
  auto join = fields.build_left
                  ? std::make_shared<PhysicalJoin>(std::move(fields), schema, rows, scan)
                  : std::make_shared<PhysicalJoin>(std::move(fields), schema, scan, rows);
  join->set_id(0);
  EXPECT_TRUE(join->Validate().ok());
  const auto result = RunPlan(*join, context);
  EXPECT_TRUE(result.ok()) << result.status().ToString();
  return table->given;
}
std::vector<FilteredTable::Given> GivenBy(const Rows& probe, const Rows& build,
                                          const std::vector<size_t>& keys) {
  // It outlives the filters, whose memory it pays for.
  static QueryContext context = TestContext(2);
  return GivenBy(probe, build, keys, context);
}

uint64_t HashOfKeys(const Row& row, const std::vector<size_t>& keys) {
  std::vector<Vector> columns;
  for (const size_t key : keys) columns.push_back(Vector::MakeConstant(row[key]));
  uint64_t hash = 0;
  HashColumns(columns, 1, &hash);
  return hash;
}

// The Bloom filter holds the keys of all `held` rows and of hardly any of the others.
void CheckBloom(const FilteredTable::Given& given, const Rows& held, const Rows& others,
                const std::vector<size_t>& keys) {
  EXPECT_EQ(given.columns, std::vector<size_t>(keys.begin(), keys.end()));
  ASSERT_NE(given.content, nullptr);
  const BlockedBloom& bloom = given.content->bloom;
  ASSERT_FALSE(bloom.is_none());
  EXPECT_TRUE(given.content->bitmap.empty());
  EXPECT_FALSE(given.content->empty);
  for (const Row& row : held) ASSERT_TRUE(bloom.MayHold(HashOfKeys(row, keys)));
  size_t wrong = 0;
  for (const Row& row : others) wrong += bloom.MayHold(HashOfKeys(row, keys)) ? 1 : 0;
  EXPECT_LT(wrong, others.size() / 50 + 1);
}

TEST(JoinKeysTest, WideIntegersAndStringsAreABloomFilter) {
  const Rows probe = MakeRows(0, 6000);
  const Rows build = MakeRows(5900, 200);
  const Rows others = MakeRows(0, 5900);
  for (const bool spills : {false, true}) {
    SCOPED_TRACE(spills);
    QueryContext context = spills ? SpillingContext(2) : TestContext(2);
    std::vector<FilteredTable::Given> given = GivenBy(probe, build, {0}, context);
    ASSERT_EQ(given.size(), 1u);
    CheckBloom(given[0], build, others, {0});
    EXPECT_TRUE(given[0].content->min.has_value() && given[0].content->max.has_value());
    given = GivenBy(probe, build, {1}, context);
    ASSERT_EQ(given.size(), 1u);
    CheckBloom(given[0], build, others, {1});
    EXPECT_EQ(context.metrics().ForOperator(0).bytes_spilled.load() > 0, spills);
  }
}

TEST(JoinKeysTest, IntegersOfASmallRangeAreABitmap) {
  const auto given = GivenBy(MakeRows(0, 5000), MakeRows(7, 3), {2});
  ASSERT_EQ(given.size(), 1u);
  ASSERT_NE(given[0].content, nullptr);
  EXPECT_TRUE(given[0].content->bloom.is_none());
  EXPECT_EQ(given[0].content->bitmap, (std::vector<uint64_t>{7}));
  EXPECT_EQ(given[0].content->min, Value::Int32(7));
  EXPECT_EQ(given[0].content->list.keys(),
            (std::vector<Value>{Value::Int32(7), Value::Int32(8), Value::Int32(9)}));
}

// Whatever the table's form: each key once, some often, few over a wide range; on disk.
TEST(JoinKeysTest, ABitmapHasTheBitsOfAllKeysAndNoOthers) {
  const Rows probe = MakeRows(0, 3000);
  struct Case {
    const char* name;
    int count;
    std::function<int(int)> key;
  };
  const Case cases[] = {{"each once", 300, [](int i) { return 3 * i - 200; }},
                        {"without a gap", 320, [](int i) { return i + 1; }},
                        {"some often", 700, [](int i) { return i % 90 * (i % 3 + 1) + 5; }},
                        {"one word", 64, [](int i) { return i - 32; }},
                        {"a wide range", 100, [](int i) { return i * 300'007 - 7; }}};
  for (const Case& one : cases) {
    for (const bool spills : {false, true}) {
      SCOPED_TRACE(::testing::Message() << one.name << (spills ? ", on disk" : ""));
      Rows build = MakeRows(0, one.count);
      std::set<int> keys;
      for (int i = 0; i < one.count; ++i) {
        build[i][2] = i % 50 == 13 ? Value::Null(TypeId::kInt32) : Value::Int32(one.key(i));
        if (i % 50 != 13) keys.insert(one.key(i));
      }
      QueryContext context = spills ? SpillingContext(2) : TestContext(2);
      const auto given = GivenBy(probe, build, {2}, context);
      ASSERT_EQ(given.size(), 1u);
      ASSERT_NE(given[0].content, nullptr);
      EXPECT_EQ(given[0].content->min, Value::Int32(*keys.begin()));
      EXPECT_EQ(given[0].content->max, Value::Int32(*keys.rbegin()));
      const std::vector<uint64_t>& bitmap = given[0].content->bitmap;
      size_t bits = 0;
      for (const uint64_t word : bitmap) bits += static_cast<size_t>(std::popcount(word));
      EXPECT_EQ(bits, keys.size());
      for (const int key : keys) {
        const auto bit = static_cast<uint64_t>(key - *keys.begin());
        ASSERT_LT(bit, bitmap.size() * 64);
        ASSERT_TRUE(BitIsSet(bitmap.data(), bit)) << key;
      }
    }
  }
}

TEST(JoinKeysTest, RowsInMemoryAreAskedByABitmapWhereItIsMuchSmallerThanThem) {
  QueryContext context = TestContext();
  for (const int built : {100, 1000}) {
    const auto given =
        GivenBy(MakeRows(0, 3000), MakeRows(0, built), {2}, context, [](auto&) {}, true, false);
    ASSERT_EQ(given.size(), 1u);
    ASSERT_NE(given[0].content, nullptr);
    EXPECT_TRUE(given[0].content->max.has_value());
    EXPECT_EQ(given[0].content->bitmap.empty(), built == 1000);
  }
}

// However many rows have them.
TEST(JoinKeysTest, FewKeysAreAList) {
  const Rows probe = MakeRows(0, 3000);
  Rows build;
  for (uint64_t i = 0; i < 5000; ++i) build.push_back(MakeRow(i % KeyList::kMost));
  build.push_back({Value::Null(TypeId::kInt64), Value::Null(TypeId::kVarchar), Value::Int32(1)});
  for (const bool spills : {false, true}) {
    for (const bool by_row : {false, true}) {
      for (const size_t key : {0, 1, 2}) {
        SCOPED_TRACE(key);
        QueryContext context = spills ? SpillingContext(2) : TestContext(2);
        const auto given = GivenBy(probe, build, {key}, context, [](auto&) {}, by_row);
        ASSERT_EQ(given.size(), 1u);
        ASSERT_NE(given[0].content, nullptr);
        const Content& content = *given[0].content;
        ASSERT_EQ(content.list.keys().size(), KeyList::kMost);
        EXPECT_EQ(content.min, content.list.keys().front());
        EXPECT_EQ(content.max, content.list.keys().back());
        EXPECT_TRUE(content.bloom.is_none());
        for (size_t i = 0; i < KeyList::kMost; ++i) {
          EXPECT_TRUE(content.list.MayHold(HashOfKeys(build[i], {key})));
          EXPECT_EQ(std::ranges::count(content.list.keys(), build[i][key]), 1);
        }
        EXPECT_EQ(context.metrics().ForOperator(0).bytes_spilled.load() > 0, spills);
      }
    }
  }
  // One more is too many, of strings as of integers.
  build.push_back(MakeRow(KeyList::kMost));
  for (const size_t key : {0, 1, 2}) {
    QueryContext context = TestContext(2);
    const auto given = GivenBy(probe, build, {key}, context);
    EXPECT_TRUE(given.at(0).content == nullptr || given[0].content->list.is_none());
  }
}

TEST(JoinKeysTest, StringsHaveBounds) {
  const Rows build = MakeRows(1000, 100);
  for (const bool by_row : {false, true}) {
    QueryContext context = TestContext(2);
    const auto given = GivenBy(MakeRows(0, 6000), build, {1}, context, [](auto&) {}, by_row);
    ASSERT_NE(given.at(0).content, nullptr);
    EXPECT_EQ(given[0].content->min, Value::Varchar("some text 1000"));
    EXPECT_EQ(given[0].content->max, Value::Varchar("some text 1099"));
    EXPECT_EQ(given[0].content->bloom.is_none(), !by_row);
  }
}

TEST(JoinKeysTest, KeysOfOneScanAreToldTogether) {
  const Rows probe = MakeRows(0, 6000);
  const Rows build = MakeRows(100, 700);
  // Of the built rows' integers and of their strings, but no pair of them.
  Rows crossed = build;
  for (size_t i = 0; i < crossed.size(); ++i) crossed[i][2] = build[(i + 1) % build.size()][2];
  for (const bool spills : {false, true}) {
    SCOPED_TRACE(spills);
    QueryContext context = spills ? SpillingContext(2) : TestContext(2);
    const auto given = GivenBy(probe, build, {2, 1}, context);
    ASSERT_EQ(given.size(), 3u);
    EXPECT_EQ(given[0].columns, std::vector<size_t>{2});
    ASSERT_NE(given[0].content, nullptr);
    EXPECT_FALSE(given[0].content->bitmap.empty());
    EXPECT_EQ(given[1].columns, std::vector<size_t>{1});
    CheckBloom(given[2], build, crossed, {2, 1});
  }
}

// Here a key is no column, so that the other is told alone, by hashes that no row has.
TEST(JoinKeysTest, AKeyAmongOthersOfNoScanIsToldAlone) {
  const Rows build = MakeRows(5900, 700);
  const auto cast = [](size_t column) {
    return Expression::Cast(Column(column), TypeId::kInt64, false);
  };
  for (const size_t key : {0, 1}) {
    QueryContext context = TestContext(2);
    const auto given = GivenBy(MakeRows(0, 6000), build, {key}, context, [&](auto& fields) {
      fields.left_keys.insert(fields.left_keys.begin(), cast(2));
      fields.right_keys.insert(fields.right_keys.begin(), cast(2));
    });
    ASSERT_EQ(given.size(), 1u);
    CheckBloom(given[0], build, MakeRows(0, 5900), {key});
  }
}

TEST(JoinKeysTest, NothingPassesWithoutAnyKey) {
  const Rows probe = MakeRows(0, 500);
  Rows only_null = MakeRows(0, 10);
  for (Row& row : only_null) {
    for (size_t c = 0; c < row.size(); ++c) row[c] = Value::Null(kSchema[c].type);
  }
  for (const std::vector<size_t>& keys : std::vector<std::vector<size_t>>{{0}, {1}, {2, 1}}) {
    for (const Rows& build : {Rows{}, only_null}) {
      for (const JoinKind kind : {JoinKind::kInner, JoinKind::kRight}) {
        QueryContext context = TestContext(2);
        const auto given =
            GivenBy(probe, build, keys, context, [&](auto& fields) { fields.kind = kind; });
        ASSERT_EQ(given.size(), keys.size() == 1 ? 1u : 3u);
        for (const FilteredTable::Given& one : given) {
          ASSERT_NE(one.content, nullptr);
          EXPECT_TRUE(one.content->empty);
        }
      }
    }
  }
}

TEST(JoinKeysTest, ABuildSideThatIsNotMuchSmallerHasNoBloomFilter) {
  auto given = GivenBy(MakeRows(0, 1000), MakeRows(0, 126), {1});
  ASSERT_EQ(given.size(), 1u);
  EXPECT_EQ(given[0].content, nullptr);
  given = GivenBy(MakeRows(0, 1000), MakeRows(0, 126), {0});
  ASSERT_NE(given.at(0).content, nullptr);
  EXPECT_TRUE(given[0].content->bloom.is_none());
  EXPECT_TRUE(given[0].content->min.has_value());
  given = GivenBy(MakeRows(0, 1000), MakeRows(0, 125), {1});
  EXPECT_NE(given.at(0).content, nullptr);
}

TEST(JoinKeysTest, OnlyTheRangeIsToldToAScanThatAsksOfNoRow) {
  QueryContext context = TestContext();
  const Rows probe = MakeRows(0, 1000);
  for (const std::vector<size_t>& keys : std::vector<std::vector<size_t>>{{2}, {2, 1}}) {
    const auto given = GivenBy(probe, MakeRows(0, 60), keys, context, [](auto&) {}, false);
    ASSERT_EQ(given.size(), keys.size());
    for (const FilteredTable::Given& one : given) {
      ASSERT_NE(one.content, nullptr);
      EXPECT_TRUE(one.content->max.has_value());
      EXPECT_TRUE(one.content->bitmap.empty() && one.content->bloom.is_none());
    }
  }
}

TEST(JoinKeysTest, WhatTheBudgetRefusesIsLeftOut) {
  const Rows probe = MakeRows(0, 300'000);
  const Rows build = MakeRows(0, 35'000);
  // The filter takes 64 KiB; a sixteenth of the budget is the most it may.
  constexpr size_t kScarce = 1'000'000;
  for (const size_t limit : {kScarce, size_t{40'000'000}}) {
    MemoryBudget budget("memory_limit", limit);
    QueryContext context = SpillingContext(1, kVectorSize, &budget);
    const auto given = GivenBy(probe, build, {0}, context);
    ASSERT_EQ(given.size(), 1u);
    ASSERT_NE(given[0].content, nullptr);
    EXPECT_EQ(given[0].content->bloom.is_none(), limit == kScarce) << limit;
    EXPECT_LE(budget.peak_bytes(), limit);
  }
}

TEST(JoinKeysTest, JoinsThatShowUnmatchedRowsTellNothing) {
  const Rows probe = MakeRows(0, 1000);
  const Rows build = MakeRows(0, 60);
  std::set<JoinKind> telling;
  for (const JoinKind kind : {JoinKind::kInner, JoinKind::kLeft, JoinKind::kRight, JoinKind::kFull,
                              JoinKind::kSemi, JoinKind::kAnti, JoinKind::kMark}) {
    QueryContext context = TestContext();
    const auto given =
        GivenBy(probe, build, {1}, context, [&](auto& fields) { fields.kind = kind; });
    if (!given.empty()) telling.insert(kind);
  }
  EXPECT_EQ(telling, (std::set<JoinKind>{JoinKind::kInner, JoinKind::kRight, JoinKind::kSemi}));
  for (const JoinKind kind : {JoinKind::kSemi, JoinKind::kAnti}) {
    QueryContext context = TestContext();
    const auto given = GivenBy(probe, build, {1}, context, [&](auto& fields) {
      fields.kind = kind;
      fields.build_left = true;
    });
    ASSERT_EQ(given.size(), 1u);
    CheckBloom(given[0], build, MakeRows(60, 900), {1});
  }
  // A NULL finds a NULL, which no filter knows.
  QueryContext context = TestContext();
  for (const std::vector<size_t>& keys : std::vector<std::vector<size_t>>{{1}, {1, 0}}) {
    const auto given =
        GivenBy(probe, build, keys, context, [](auto& fields) { fields.null_safe_keys = {0}; });
    EXPECT_EQ(given.size(), keys.size() - 1);
    for (const auto& one : given) EXPECT_EQ(one.columns, std::vector<size_t>{0});
  }
}

}  // namespace
}  // namespace trivet
