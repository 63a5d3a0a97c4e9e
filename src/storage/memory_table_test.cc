#include "storage/memory_table.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "context/query_context.h"
#include "storage/range_table.h"
#include "vector/hash_vector.h"

namespace trivet {
namespace {

const std::vector<ColumnDefinition> kColumns = {
    {"i", TypeId::kInt32}, {"s", TypeId::kVarchar}, {"d", TypeId::kDouble}};

class MemoryTableTest : public ::testing::Test {
 protected:
  QueryContext Context(size_t batch_size = kVectorSize) {
    QueryContext::Options options;
    options.batch_size = batch_size;
    return QueryContext(options, FileSystem::Local(), budget_.get());
  }

  // Row i: i (NULL where i % 7 is 0), a long or short text, i / 2.
  static std::string TextOf(size_t i) {
    return i % 3 == 0 ? "a text that is long, number " + std::to_string(i) : std::to_string(i);
  }
  Batch Rows(size_t begin, size_t count) {
    std::vector<LogicalType> types;
    for (const ColumnDefinition& column : kColumns) types.push_back(column.type);
    Batch batch = Batch::MakeFlat(types, std::max<size_t>(count, 1));
    for (size_t row = 0; row < count; ++row) {
      const size_t i = begin + row;
      batch.mutable_column(0).SetValue(
          row, i % 7 == 0 ? Value::Null(TypeId::kInt32) : Value::Int32(static_cast<int32_t>(i)));
      batch.mutable_column(1).SetValue(row, Value::Varchar(TextOf(i)));
      batch.mutable_column(2).SetValue(row, Value::Double(static_cast<double>(i) / 2));
    }
    batch.set_row_count(count);
    return batch;
  }
  std::shared_ptr<const MemoryTable> Table(size_t row_count, size_t step = 2048) {
    MemoryTableBuilder builder("t", kColumns, budget_);
    for (size_t begin = 0; begin < row_count; begin += step) {
      EXPECT_TRUE(builder.Append(Rows(begin, std::min(step, row_count - begin))).ok());
    }
    return std::make_shared<const MemoryTable>(kColumns, builder.Finish().value());
  }
  // All rows of a scan in order, as the given column's values.
  std::vector<Value> Scan(const trivet::Table& table, const ScanRequest& request, size_t batch_size,
                          size_t column = 0) {
    QueryContext context = Context(batch_size);
    std::vector<Value> values;
    auto scan = table.Scan(request, context).value();
    uint64_t last_morsel = 0;
    while (auto reader = scan->NextMorsel().value()) {
      EXPECT_TRUE(values.empty() || reader->morsel() > last_morsel);
      last_morsel = reader->morsel();
      Batch batch;
      uint64_t sequence = 0;
      while (reader->Next(batch).value()) {
        EXPECT_LE(batch.row_count(), batch_size);
        EXPECT_EQ(batch.order(), (BatchOrder{reader->morsel(), sequence++}));
        for (size_t row = 0; row < batch.row_count(); ++row) {
          values.push_back(batch.column(column).GetValue(row));
        }
      }
    }
    return values;
  }
  static ExpressionPtr Greater(int32_t bound) {
    return Expression::Compare(Comparison::kGreater, Expression::Input(0, TypeId::kInt32, "i"),
                               Expression::Constant(Value::Int32(bound)));
  }

  const std::shared_ptr<MemoryBudget> budget_ =
      std::make_shared<MemoryBudget>("memory_limit", size_t{1} << 30);
};

TEST_F(MemoryTableTest, GivesBackItsRowsInOrderAtAnyBatchSize) {
  const auto table = Table(3000, 700);
  for (size_t batch_size : {size_t{1}, size_t{2}, size_t{100}, kVectorSize}) {
    const std::vector<Value> texts = Scan(*table, {.columns = {2, 1}}, batch_size, 1);
    ASSERT_EQ(texts.size(), 3000u);
    for (size_t i = 0; i < texts.size(); ++i) ASSERT_EQ(texts[i], Value::Varchar(TextOf(i)));
    const std::vector<Value> numbers = Scan(*table, {.columns = {0}}, batch_size);
    for (size_t i = 0; i < numbers.size(); ++i) {
      ASSERT_EQ(numbers[i].is_null(), i % 7 == 0);
      if (i % 7 == 0) continue;
      ASSERT_EQ(numbers[i], Value::Int32(static_cast<int32_t>(i)));
    }
  }
}

TEST_F(MemoryTableTest, FillsChunksAndContinuesInTheNext) {
  const size_t count = MemoryTableBuilder::kChunkRows + 10;
  const auto table = Table(count);
  ASSERT_EQ(table->chunks().size(), 2u);
  EXPECT_EQ(table->chunks()[0]->row_count, MemoryTableBuilder::kChunkRows);
  EXPECT_EQ(table->row_count(), count);
  const std::vector<Value> values = Scan(*table, {.columns = {2}}, kVectorSize);
  ASSERT_EQ(values.size(), count);
  EXPECT_EQ(values.back(), Value::Double(static_cast<double>(count - 1) / 2));
}

TEST_F(MemoryTableTest, KeepsNoHoldOnTheBatchesItCameFrom) {
  MemoryTableBuilder builder("t", kColumns, budget_);
  {
    Batch batch = Rows(0, 10);
    ASSERT_TRUE(builder.Append(batch).ok());
    // What the batch's own memory holds later is nothing to the table.
    for (size_t row = 0; row < 10; ++row) {
      batch.mutable_column(1).SetString(row, "overwritten by something else");
    }
  }
  const MemoryTable table(kColumns, builder.Finish().value());
  EXPECT_EQ(Scan(table, {.columns = {1}}, 4)[0], Value::Varchar(TextOf(0)));
}

TEST_F(MemoryTableTest, AppliesFiltersExactly) {
  const auto table = Table(5000);
  // The filter's column is not among the output's.
  ScanRequest request{.columns = {2}, .filters = {Greater(4990)}};
  const std::vector<Value> values = Scan(*table, request, 64);
  ASSERT_EQ(values.size(), 7u);  // 4991 and 4998 are NULL there
  EXPECT_EQ(values.front(), Value::Double(4992.0 / 2));
}

TEST_F(MemoryTableTest, CountsRowsWithoutColumns) {
  const auto table = Table(5000);
  QueryContext context = Context();
  auto scan = table->Scan({}, context).value();
  EXPECT_EQ(scan->total_rows(), 5000u);
  size_t rows = 0;
  while (auto reader = scan->NextMorsel().value()) {
    Batch batch;
    while (reader->Next(batch).value()) rows += batch.row_count();
  }
  EXPECT_EQ(rows, 5000u);
}

TEST_F(MemoryTableTest, BoundsRuleChunksOut) {
  const auto table = Table(MemoryTableBuilder::kChunkRows + 100);
  OperatorMetrics metrics;
  ScanRequest request{.columns = {2}, .filters = {Greater(MemoryTableBuilder::kChunkRows)}};
  request.metrics = &metrics;
  EXPECT_EQ(Scan(*table, request, kVectorSize).size(), 85u);
  EXPECT_EQ(metrics.rows_skipped, MemoryTableBuilder::kChunkRows);
  // What a join has published later rules out morsels.
  auto filter = std::make_shared<DynamicFilter>();
  auto content = std::make_shared<DynamicFilter::Content>();
  content->min = Value::Double(1e9);
  content->max = Value::Double(2e9);
  filter->Publish(content);
  EXPECT_TRUE(
      Scan(*table, {.columns = {2}, .dynamic_filters = {{{2}, filter}}}, kVectorSize).empty());
}

TEST_F(MemoryTableTest, ChunksBetweenListedKeysAreLeftOut) {
  constexpr size_t kRows = MemoryTableBuilder::kChunkRows;
  const auto table = Table(3 * kRows);
  const auto rows = [&](const std::vector<double>& keys, FilterMetrics& metrics) {
    std::vector<Value> values;
    std::vector<uint64_t> hashes;
    for (const double key : keys) {
      values.push_back(Value::Double(key));
      hashes.push_back(HashOf(key));
    }
    auto content = std::make_shared<DynamicFilter::Content>();
    content->list = KeyList(std::move(values), hashes);
    content->min = content->list.keys().front();
    content->max = content->list.keys().back();
    auto filter = std::make_shared<DynamicFilter>();
    filter->Publish(std::move(content));
    return Scan(*table, {.columns = {2}, .dynamic_filters = {{{2}, filter, &metrics}}}, kVectorSize)
        .size();
  };
  FilterMetrics outer;
  EXPECT_EQ(rows({1, kRows + 1.0}, outer), 2u);
  EXPECT_EQ(outer.rows_removed, 3 * kRows - 2);
  EXPECT_GT(outer.groups_removed, 0u);
  EXPECT_STREQ(outer.content, "list");
  FilterMetrics last;
  EXPECT_EQ(rows({kRows + 1.0}, last), 1u);
  EXPECT_GT(last.groups_removed, outer.groups_removed);
}

// A filter on the column of integers, whose bits say which of [1, 1000] are keys.
std::shared_ptr<DynamicFilter> BitmapFilter(uint64_t every) {
  auto content = std::make_shared<DynamicFilter::Content>();
  content->min = Value::Int32(1);
  content->max = Value::Int32(1000);
  content->bitmap.assign(BitWords(1000), 0);
  for (uint64_t bit = 0; bit < 1000; bit += every) {
    content->bitmap[bit >> 6] |= uint64_t{1} << (bit & 63);
  }
  auto filter = std::make_shared<DynamicFilter>();
  filter->Publish(std::move(content));
  return filter;
}

TEST_F(MemoryTableTest, FiltersOfJoinsAreAskedOfEachRow) {
  const auto table = Table(5000);
  // The bits of 1, 11, 21, ...; NULLs, which multiples of seven are, pass no filter.
  std::vector<Value> expected;
  for (int row = 1; row <= 1000; row += 10) {
    if (row % 7 != 0) expected.push_back(Value::Double(row / 2.0));
  }
  for (const size_t batch_size : {size_t{1}, size_t{7}, kVectorSize}) {
    FilterMetrics metrics;
    // The filter's column is none of those that are given.
    EXPECT_EQ(Scan(*table, {.columns = {2}, .dynamic_filters = {{{0}, BitmapFilter(10), &metrics}}},
                   batch_size),
              expected);
    EXPECT_EQ(metrics.rows_removed, 5000 - expected.size());
    // With another one, and with a filter of the query's own.
    std::vector<Value> fewer;
    for (int row = 301; row <= 1000; row += 30) {
      if (row % 7 != 0) fewer.push_back(Value::Int32(row));
    }
    EXPECT_EQ(Scan(*table,
                   {.columns = {0},
                    .filters = {Greater(300)},
                    .dynamic_filters = {{{0}, BitmapFilter(10)}, {{0}, BitmapFilter(3)}}},
                   batch_size),
              fewer);
  }
}

TEST_F(MemoryTableTest, FiltersThatLetNearlyAllRowsPassAreLeftOut) {
  constexpr size_t kRows = MemoryTableBuilder::kChunkRows;
  const auto table = Table(kRows);
  const auto removed = [&](const std::shared_ptr<DynamicFilter>& filter) {
    FilterMetrics metrics;
    Scan(*table, {.columns = {0}, .dynamic_filters = {{{2}, filter, &metrics}}}, kVectorSize);
    return metrics.rows_removed.load();
  };
  for (const auto publishing :
       {DynamicFilter::Publishing::kOnce, DynamicFilter::Publishing::kTightened}) {
    // All of the first two thirds pass, and none of the others.
    auto filter = std::make_shared<DynamicFilter>(publishing);
    auto bounds = std::make_shared<DynamicFilter::Content>();
    bounds->min = Value::Double(0);
    bounds->max = Value::Double(kRows / 3.0);
    filter->Publish(std::move(bounds));
    const bool once = publishing == DynamicFilter::Publishing::kOnce;
    EXPECT_EQ(removed(filter), once ? 0 : kRows / 3 - 1);
  }
}

TEST_F(MemoryTableTest, NothingIsLeftOutBeforeAFilterThatMayFail) {
  const auto table = Table(1000);
  const ExpressionPtr narrow =
      Expression::Cast(Expression::Input(0, TypeId::kInt32, "i"), TypeId::kInt8);
  ASSERT_TRUE(narrow->can_fail());
  QueryContext context = Context();
  const ScanRequest request{
      .columns = {0},
      .filters = {Expression::Compare(Comparison::kGreater, narrow,
                                      Expression::Constant(Value::Integer(TypeId::kInt8, 0)))},
      .dynamic_filters = {{{0}, BitmapFilter(10'000)}}};
  auto scan = table->Scan(request, context).value();
  auto reader = scan->NextMorsel().value();
  Batch batch;
  EXPECT_EQ(reader->Next(batch).status().code(), StatusCode::kInvalidInput);
}

TEST_F(MemoryTableTest, StatisticsAreExact) {
  const auto table = Table(MemoryTableBuilder::kChunkRows + 100);
  const TableStatistics statistics = table->statistics();
  EXPECT_EQ(statistics.row_count, MemoryTableBuilder::kChunkRows + 100);
  EXPECT_EQ(statistics.columns[0].min, Value::Int32(1));
  EXPECT_EQ(statistics.columns[0].null_count, (MemoryTableBuilder::kChunkRows + 100 + 6) / 7);
  EXPECT_EQ(statistics.columns[2].max,
            Value::Double(static_cast<double>(MemoryTableBuilder::kChunkRows + 99) / 2));
  EXPECT_EQ(statistics.columns[1].min, Value::Varchar("1"));
}

TEST_F(MemoryTableTest, NotANumberIsTheGreatest) {
  MemoryTableBuilder builder("t", {{"d", TypeId::kDouble}}, budget_);
  Vector column = Vector::MakeFlat(TypeId::kDouble, 3);
  column.mutable_data<double>()[0] = std::numeric_limits<double>::quiet_NaN();
  column.mutable_data<double>()[1] = -1;
  column.mutable_data<double>()[2] = 5;
  ASSERT_TRUE(builder.Append(Batch({column}, 3)).ok());
  const MemoryChunks chunks = builder.Finish().value();
  EXPECT_EQ(chunks[0]->statistics[0].min, Value::Double(-1));
  EXPECT_TRUE(std::isnan(chunks[0]->statistics[0].max->floating()));
}

TEST_F(MemoryTableTest, RefusesNullsWhereDeclared) {
  MemoryTableBuilder builder("t", {{"i", TypeId::kInt32, true}}, budget_);
  const Batch batch({Vector::MakeNull(TypeId::kInt32)}, 1);
  const Status status = builder.Append(batch);
  EXPECT_EQ(status.code(), StatusCode::kInvalidInput);
  EXPECT_EQ(status.message(), "NOT NULL constraint failed: t.i");
}

TEST_F(MemoryTableTest, ReservesWhatItKeepsAndGivesItBack) {
  {
    const auto table = Table(20000);
    // 20,000 rows of 4 + 16 + 8 bytes and some long texts.
    EXPECT_GE(budget_->reserved_bytes(), 20000u * 28 + 6000 * 28);
  }
  EXPECT_EQ(budget_->reserved_bytes(), 0u);
  const auto small = std::make_shared<MemoryBudget>("memory_limit", 100000);
  MemoryTableBuilder builder("t", kColumns, small);
  Status status;
  for (size_t i = 0; i < 10 && status.ok(); ++i) status = builder.Append(Rows(i * 2048, 2048));
  EXPECT_EQ(status.code(), StatusCode::kOutOfMemory);
  EXPECT_NE(status.message().find("table t"), std::string::npos);
}

// Few strings are kept once, whatever the chunks; many, and chunks of few rows, as they come.
TEST_F(MemoryTableTest, FewStringsBecomeADictionary) {
  const std::vector<ColumnDefinition> columns = {
      {"few", TypeId::kVarchar}, {"many", TypeId::kVarchar}, {"late", TypeId::kVarchar}};
  constexpr size_t kRows = 2 * MemoryTableBuilder::kChunkRows + 1000;
  const auto text = [](size_t column, size_t i) {
    const bool is_few = column == 0 || (column == 2 && i < MemoryTableBuilder::kChunkRows);
    return "a text that is long: " + std::to_string(is_few ? i % 50 : i);
  };
  MemoryTableBuilder builder("t", columns, budget_);
  for (size_t begin = 0; begin < kRows; begin += 1000) {
    Batch batch = Batch::MakeFlat({TypeId::kVarchar, TypeId::kVarchar, TypeId::kVarchar}, 1000);
    batch.set_row_count(std::min<size_t>(1000, kRows - begin));
    for (size_t row = 0; row < batch.row_count(); ++row) {
      const size_t i = begin + row;
      for (size_t c = 0; c < 3; ++c) batch.mutable_column(c).SetString(row, text(c, i));
      if (i % 11 == 0) batch.mutable_column(0).SetNull(row);
    }
    ASSERT_TRUE(builder.Append(batch).ok());
  }
  auto table = std::make_shared<const MemoryTable>(columns, builder.Finish().value());
  const MemoryChunks& chunks = table->chunks();
  ASSERT_EQ(chunks.size(), 3u);
  const auto is_encoded = [&](size_t chunk, size_t column) {
    return chunks[chunk]->columns[column].is_dictionary();
  };
  EXPECT_TRUE(is_encoded(0, 0) && is_encoded(1, 0));
  EXPECT_FALSE(is_encoded(2, 0)) << "1000 rows";
  EXPECT_FALSE(is_encoded(0, 1) || is_encoded(1, 1));
  EXPECT_TRUE(is_encoded(0, 2));
  EXPECT_FALSE(is_encoded(1, 2));
  EXPECT_EQ(chunks[0]->columns[0].dictionary_id(), chunks[1]->columns[0].dictionary_id());
  for (size_t column = 0; column < 3; ++column) {
    const std::vector<Value> values = Scan(*table, {.columns = {column}}, 1500);
    ASSERT_EQ(values.size(), kRows);
    for (size_t i = 0; i < kRows; ++i) {
      const bool is_null = column == 0 && i % 11 == 0;
      ASSERT_EQ(values[i],
                is_null ? Value::Null(TypeId::kVarchar) : Value::Varchar(text(column, i)))
          << column << ", row " << i;
    }
  }
  const ColumnStatistics few = table->statistics().columns[0];
  EXPECT_EQ(few.min, Value::Varchar(text(0, 0)));
  EXPECT_EQ(few.max, Value::Varchar(text(0, 9)));
  EXPECT_EQ(few.null_count, (kRows + 10) / 11);
  // Codes of the few, views and bytes of the others; growing chunks' slack aside.
  const size_t views = kRows * 2 * (sizeof(StringView) + 28);
  EXPECT_LT(budget_->reserved_bytes(), kRows * sizeof(uint32_t) + views + views / 10);
  table.reset();
  EXPECT_EQ(budget_->reserved_bytes(), 0u);
}

TEST_F(MemoryTableTest, RangesComputeTheirRows) {
  const RangeTable range("n", 10, -3, 4);
  const std::vector<Value> values = Scan(range, {.columns = {0}}, 3);
  EXPECT_EQ(values, (std::vector<Value>{Value::Int64(10), Value::Int64(7), Value::Int64(4),
                                        Value::Int64(1)}));
  EXPECT_EQ(range.statistics().columns[0].min, Value::Int64(1));
  EXPECT_EQ(Scan(RangeTable("n", 0, 1, 500000), {.columns = {0, 0}}, kVectorSize, 1).back(),
            Value::Int64(499999));
}

TEST_F(MemoryTableTest, GivesASampleFromPlacesAllOverTheTable) {
  const auto table = Table(MemoryTableBuilder::kChunkRows + 40'000);
  const ScanRequest request{.columns = {2}, .filters = {}, .sample_rows = 800};
  const std::vector<Value> sample = Scan(*table, request, kVectorSize);
  ASSERT_EQ(sample.size(), 800u);
  EXPECT_LT(sample.front().floating(), 20'000);
  EXPECT_GT(sample.back().floating(), 70'000);
  for (size_t i = 1; i < sample.size(); ++i) {
    EXPECT_LT(sample[i - 1].floating(), sample[i].floating());
  }
  EXPECT_EQ(Scan(*table, request, 2), sample);
  EXPECT_EQ(Scan(*Table(500), request, 64).size(), 500u);
}

}  // namespace
}  // namespace trivet
