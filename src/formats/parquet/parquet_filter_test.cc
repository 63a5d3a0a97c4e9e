#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <limits>

#include "expression/evaluator.h"
#include "expression/function_registry.h"
#include "formats/parquet/parquet_table.h"
#include "formats/testing/arrow_tables.h"
#include "formats/testing/scan.h"
#include "vector/hash_vector.h"

namespace trivet {
namespace {

using testing::ScanAll;
using testing::ScanResult;

class ParquetFilterTest : public ::testing::Test {
 protected:
  void Open(
      const arrow::Table& content,
      const std::function<void(::parquet::WriterProperties::Builder&)>& adjust = [](auto&) {}) {
    ::parquet::WriterProperties::Builder builder;
    builder.data_pagesize(2000)->write_batch_size(100)->max_row_group_length(3000);
    builder.enable_write_page_index();
    adjust(builder);
    const std::string path = directory_ / ("f" + std::to_string(files_++) + ".parquet");
    testing::WriteParquet(content, path, builder.build());
    auto opened = OpenParquet({path}, {}, FileSystem::Local());
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    table_ = *opened;
    ScanRequest all = testing::AllColumns(*table_);
    auto context = testing::MakeContext();
    unfiltered_ = ScanAll(*table_, all, context);
    ASSERT_TRUE(unfiltered_.status.ok());
  }

  size_t Ordinal(const std::string& name) const {
    for (size_t i = 0; i < table_->columns().size(); ++i) {
      if (table_->columns()[i].name == name) return i;
    }
    ADD_FAILURE() << name;
    return 0;
  }
  ExpressionPtr Column(const std::string& name) const {
    const size_t ordinal = Ordinal(name);
    return Expression::Input(static_cast<uint32_t>(ordinal), table_->columns()[ordinal].type, name);
  }
  // The value of an existing row.
  ExpressionPtr Of(const std::string& name, size_t row) const {
    return Expression::Constant(unfiltered_.columns[Ordinal(name)][row]);
  }

  // Rows that pass by evaluating each filter on single rows, in written order.
  std::vector<size_t> PassingRows(const std::vector<ExpressionPtr>& filters) const {
    auto context = testing::MakeContext();
    Evaluator evaluator({Expression::And(filters)}, context);
    std::vector<size_t> rows;
    for (size_t row = 0; row < unfiltered_.rows; ++row) {
      std::vector<Vector> columns;
      for (const auto& column : unfiltered_.columns)
        columns.push_back(Vector::MakeConstant(column[row]));
      uint32_t selected[kVectorSize];
      size_t count = 0;
      EXPECT_TRUE(evaluator.Select(0, Batch(std::move(columns), 1), selected, count).ok());
      if (count == 1) rows.push_back(row);
    }
    return rows;
  }

  // Scans with the filters at several batch sizes and expects the rows that pass, in order.
  void Check(const std::vector<ExpressionPtr>& filters, const std::vector<std::string>& output,
             OperatorMetrics* metrics = nullptr) {
    const std::vector<size_t> expected = PassingRows(filters);
    for (const size_t batch_size : {size_t{2048}, size_t{3}}) {
      ScanRequest request;
      for (const std::string& name : output) request.columns.push_back(Ordinal(name));
      request.filters = filters;
      request.metrics = batch_size == 2048 ? metrics : nullptr;
      auto context = testing::MakeContext(batch_size);
      const ScanResult result = ScanAll(*table_, request, context);
      ASSERT_TRUE(result.status.ok()) << result.status.ToString();
      ASSERT_EQ(result.rows, expected.size()) << Expression::And(filters)->ToString();
      for (size_t c = 0; c < output.size(); ++c) {
        for (size_t i = 0; i < expected.size(); ++i) {
          ASSERT_EQ(result.columns[c][i], unfiltered_.columns[Ordinal(output[c])][expected[i]])
              << output[c] << " row " << i << " for " << Expression::And(filters)->ToString();
        }
      }
    }
  }

  testing::TemporaryDirectory directory_;
  int files_ = 0;
  TablePtr table_;
  ScanResult unfiltered_;
};

TEST_F(ParquetFilterTest, ComparisonsOnEveryTypeAgreeWithRowByRowEvaluation) {
  for (const uint64_t distinct : {uint64_t{6}, uint64_t{1} << 60}) {
    for (const double nulls : {0.0, 0.2}) {
      Open(*testing::RandomTable(500, nulls, distinct, 9), [](auto& builder) {
        builder.data_pagesize(300)->write_batch_size(20)->max_row_group_length(200);
      });
      for (size_t c = 0; c < table_->columns().size(); ++c) {
        const std::string& name = table_->columns()[c].name;
        SCOPED_TRACE(name);
        size_t row = 17;
        while (row + 1 < 500 && unfiltered_.columns[c][row].is_null()) ++row;
        for (const Comparison comparison :
             {Comparison::kEqual, Comparison::kNotEqual, Comparison::kLess,
              Comparison::kGreaterOrEqual, Comparison::kNotDistinctFrom}) {
          Check({Expression::Compare(comparison, Column(name), Of(name, row))},
                {name, "i32", "text"});
        }
        Check({Expression::IsNull(Column(name))}, {name});
        Check({Expression::IsNotNull(Column(name))}, {"i64", name});
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST_F(ParquetFilterTest, SeveralFiltersOverSeveralColumns) {
  Open(*testing::RandomTable(4000, 0.1, 9, 21));
  const auto i64 = Column("i64"), text = Column("text"), f64 = Column("f64"), i32 = Column("i32");
  Check({Expression::In({text, Of("text", 3), Of("text", 40),
                         Expression::Constant(Value::Null(TypeId::kVarchar))}),
         Expression::Compare(Comparison::kNotEqual, i64, Of("i64", 5)),
         Expression::Compare(Comparison::kGreater, f64, Of("f64", 8))},
        {"d38", "text", "bool"});
  Check({Expression::Or({Expression::Compare(Comparison::kEqual, text, Of("text", 3)),
                         Expression::Compare(Comparison::kEqual, i64, Of("i64", 5))})},
        {"blob", "i64"});
  Check({Expression::Compare(Comparison::kEqual, Expression::Cast(i32, TypeId::kInt64), i64)},
        {"text"});
  Check({Expression::Constant(Value::Boolean(false))}, {"text"});
  Check({Column("bool")}, {"text"});
  Check({Expression::Not(Column("bool"))}, {});
}

// i32 0..n-1 in order: row groups and pages are clustered.
std::shared_ptr<arrow::Table> Ordered(int64_t rows) {
  arrow::Int32Builder key;
  arrow::DoubleBuilder real;
  arrow::StringBuilder text;
  for (int64_t i = 0; i < rows; ++i) {
    testing::Must(key.Append(static_cast<int32_t>(i)));
    testing::Must(real.Append(static_cast<double>(i)));
    testing::Must(text.Append("row number " + std::to_string(i)));
  }
  return arrow::Table::Make(
      arrow::schema({arrow::field("key", arrow::int32(), false),
                     arrow::field("real", arrow::float64(), false),
                     arrow::field("text", arrow::utf8(), false)}),
      {testing::Must(key.Finish()), testing::Must(real.Finish()), testing::Must(text.Finish())});
}

ExpressionPtr Int(int32_t value) { return Expression::Constant(Value::Int32(value)); }

TEST_F(ParquetFilterTest, StatisticsAndPageIndexSkipRowsAndBytes) {
  Open(*Ordered(30000), [](auto& builder) { builder.disable_dictionary(); });
  OperatorMetrics metrics;
  Check({Expression::Compare(Comparison::kGreaterOrEqual, Column("key"), Int(10100)),
         Expression::Compare(Comparison::kLess, Column("key"), Int(10200))},
        {"text"}, &metrics);
  // Nine of ten row groups by their bounds, and all pages of the tenth but one or two.
  EXPECT_GE(metrics.rows_skipped.load(), 27000u + 2000u);
  EXPECT_GT(metrics.bytes_skipped.load(), metrics.bytes_read.load());

  // The same without a page index reads more, and finds the same rows.
  OperatorMetrics without;
  Open(*Ordered(30000),
       [](auto& builder) { builder.disable_dictionary()->disable_write_page_index(); });
  Check({Expression::Compare(Comparison::kEqual, Column("key"), Int(10100))}, {"text"}, &without);
  EXPECT_EQ(without.rows_skipped.load(), 27000u);
}

TEST_F(ParquetFilterTest, ComparisonsToTheBoundsOfRowGroupsAndPagesThemselves) {
  Open(*Ordered(400), [](auto& builder) {
    builder.disable_dictionary()->data_pagesize(80)->write_batch_size(20)->max_row_group_length(
        100);
  });
  for (const Comparison comparison :
       {Comparison::kEqual, Comparison::kNotEqual, Comparison::kLess, Comparison::kLessOrEqual,
        Comparison::kGreater, Comparison::kGreaterOrEqual}) {
    for (const int32_t bound : {0, 99, 100, 120, 219, 399}) {
      Check({Expression::Compare(comparison, Column("key"), Int(bound))}, {"key"});
      Check({Expression::Compare(comparison, Column("real"),
                                 Expression::Constant(Value::Double(bound)))},
            {"key"});
      if (HasFatalFailure()) return;
    }
  }
}

TEST_F(ParquetFilterTest, CastColumnsPruneToo) {
  Open(*Ordered(9000));
  OperatorMetrics metrics;
  Check({Expression::Compare(Comparison::kEqual, Expression::Cast(Column("key"), TypeId::kInt64),
                             Expression::Constant(Value::Int64(8000)))},
        {"text"}, &metrics);
  EXPECT_GE(metrics.rows_skipped.load(), 6000u);
}

TEST_F(ParquetFilterTest, NaNIsGreatestWhateverTheStatisticsSay) {
  arrow::DoubleBuilder builder;
  testing::Must(builder.AppendValues({1.0, 2.0, std::nan(""), 3.0}));
  Open(*arrow::Table::Make(arrow::schema({arrow::field("real", arrow::float64(), false)}),
                           {testing::Must(builder.Finish())}));
  Check({Expression::Compare(Comparison::kGreater, Column("real"),
                             Expression::Constant(Value::Double(100)))},
        {"real"});
  EXPECT_EQ(PassingRows({Expression::Compare(Comparison::kGreater, Column("real"),
                                             Expression::Constant(Value::Double(100)))})
                .size(),
            1u);
}

TEST_F(ParquetFilterTest, DictionariesWithoutAMatchSkipTheirRowGroup) {
  Open(*testing::RandomTable(9000, 0, 6, 21));
  OperatorMetrics metrics;
  Check({Expression::Compare(Comparison::kEqual, Column("text"),
                             Expression::Constant(Value::Varchar("lu lu")))},
        {"i64"}, &metrics);
  EXPECT_EQ(metrics.rows_skipped.load(), 9000u);
}

TEST_F(ParquetFilterTest, BloomFiltersSkipRowGroups) {
  auto content = Ordered(9000);
  // Every other key is missing, within the bounds.
  arrow::Int32Builder even;
  for (int32_t i = 0; i < 9000; ++i) testing::Must(even.Append((i * 7919) % 9000 * 2));
  content = testing::Must(
      content->SetColumn(0, arrow::field("key", arrow::int32(), false),
                         std::make_shared<arrow::ChunkedArray>(testing::Must(even.Finish()))));
  Open(*content, [](auto& builder) {
    builder.disable_dictionary()->disable_write_page_index();
    ::parquet::BloomFilterOptions options;
    options.ndv = 3000;
    options.fpp = 0.001;
    builder.enable_bloom_filter("key", options);
    builder.enable_bloom_filter("text", options);
  });
  OperatorMetrics metrics;
  Check({Expression::Compare(Comparison::kEqual, Column("key"), Int(4001))}, {"text"}, &metrics);
  EXPECT_EQ(metrics.rows_skipped.load(), 9000u);
  OperatorMetrics text_metrics;
  Check({Expression::Compare(Comparison::kEqual, Column("text"),
                             Expression::Constant(Value::Varchar("row number 4444x")))},
        {"key"}, &text_metrics);
  EXPECT_EQ(text_metrics.rows_skipped.load(), 9000u);
  Check({Expression::Compare(Comparison::kEqual, Column("key"), Int(4002))}, {"text"});
  Check({Expression::In({Column("text"), Expression::Constant(Value::Varchar("row number 8")),
                         Expression::Constant(Value::Varchar("row number 8000"))})},
        {"key"});
}

TEST_F(ParquetFilterTest, BloomFiltersHaveTheValuesOfEveryType) {
  const auto content = testing::RandomTable(200, 0, uint64_t{1} << 60, 4);
  Open(*content, [&](auto& builder) {
    builder.disable_dictionary();
    for (const auto& field : content->schema()->fields()) {
      if (field->type()->id() != arrow::Type::BOOL) {
        builder.enable_bloom_filter(field->name(), ::parquet::BloomFilterOptions());
      }
    }
  });
  for (const auto& column : table_->columns()) {
    Check({Expression::Compare(Comparison::kEqual, Column(column.name), Of(column.name, 17))},
          {column.name});
    if (HasFatalFailure()) return;
  }
}

TEST_F(ParquetFilterTest, FiltersThatFailRunOnlyOnRowsThatTheOthersKeep) {
  Open(*Ordered(5000));
  // CAST('row number n' AS INTEGER) fails on every row that reaches it.
  const ExpressionPtr failing = Expression::Compare(
      Comparison::kEqual, Expression::Cast(Column("text"), TypeId::kInt32), Int(1));
  ASSERT_TRUE(failing->can_fail());
  const ExpressionPtr none = Expression::Compare(Comparison::kLess, Column("real"),
                                                 Expression::Constant(Value::Double(-1)));
  auto context = testing::MakeContext();
  ScanRequest request;
  request.columns = {0};
  for (const auto& filters : {std::vector<ExpressionPtr>{none, failing}, {failing, none}}) {
    request.filters = filters;
    const ScanResult result = ScanAll(*table_, request, context);
    EXPECT_TRUE(result.status.ok()) << result.status.ToString();
    EXPECT_EQ(result.rows, 0u);
  }
  request.filters = {failing};
  EXPECT_EQ(ScanAll(*table_, request, context).status.code(), StatusCode::kInvalidInput);
}

TEST_F(ParquetFilterTest, DynamicFiltersOnlyRemoveWhatTheyExclude) {
  Open(*Ordered(30000));
  const auto scan = [&](DynamicFilter::Content content, const std::string& column,
                        OperatorMetrics* metrics) {
    auto filter = std::make_shared<DynamicFilter>();
    filter->Publish(std::make_shared<const DynamicFilter::Content>(std::move(content)));
    ScanRequest request;
    request.columns = {0, 2};
    request.dynamic_filters = {{{Ordinal(column)}, filter}};
    request.metrics = metrics;
    auto context = testing::MakeContext();
    return ScanAll(*table_, request, context);
  };
  OperatorMetrics metrics;
  DynamicFilter::Content content;
  content.min = Value::Int32(5000);
  content.max = Value::Int32(5127);
  content.bitmap = {0x5555555555555555ULL, 0xFFULL};
  ScanResult result = scan(content, "key", &metrics);
  ASSERT_TRUE(result.status.ok());
  ASSERT_EQ(result.rows, 40u);
  EXPECT_EQ(result.columns[0][1], Value::Int32(5002));
  EXPECT_EQ(result.columns[1][39], Value::Varchar("row number 5071"));
  EXPECT_GE(metrics.rows_skipped.load(), 27000u);

  content = {};
  content.empty = true;
  EXPECT_EQ(scan(content, "key", nullptr).rows, 0u);

  content = {};
  content.min = Value::Varchar("row number 299");
  result = scan(content, "text", nullptr);
  for (const Value& value : result.columns[1]) EXPECT_GE(value.string(), "row number 299");
  EXPECT_EQ(result.rows,
            std::count_if(unfiltered_.columns[2].begin(), unfiltered_.columns[2].end(),
                          [](const Value& v) { return v.string() >= "row number 299"; }));

  // One that lets everything through changes nothing.
  content = {};
  content.min = Value::Int32(0);
  EXPECT_EQ(scan(content, "key", nullptr).rows, 30000u);
}

// A filter of all these keys, as a join build publishes it.
DynamicFilter::Content Listing(const std::vector<Value>& keys) {
  DynamicFilter::Content content;
  std::vector<uint64_t> hashes(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    HashVector(Vector::MakeConstant(keys[i]), 1, &hashes[i]);
  }
  content.list = KeyList(keys, hashes);
  content.min = content.list.keys().front();
  content.max = content.list.keys().back();
  return content;
}

class ParquetKeyListTest : public ParquetFilterTest {
 protected:
  ScanResult Scan(DynamicFilter::Content content, const std::string& column) {
    auto filter = std::make_shared<DynamicFilter>();
    filter->Publish(std::make_shared<const DynamicFilter::Content>(std::move(content)));
    ScanRequest request;
    request.columns = {Ordinal(column)};
    request.dynamic_filters = {{{Ordinal(column)}, filter, &filter_metrics_.emplace_back()}};
    request.metrics = &metrics_.emplace_back();
    auto context = testing::MakeContext();
    return ScanAll(*table_, request, context);
  }
  const OperatorMetrics& metrics() const { return metrics_.back(); }
  const FilterMetrics& filter_metrics() const { return filter_metrics_.back(); }

  std::deque<OperatorMetrics> metrics_;
  std::deque<FilterMetrics> filter_metrics_;
};

TEST_F(ParquetKeyListTest, PartsBetweenTheKeysAreLeftOut) {
  Open(*Ordered(30000));
  // Of ten groups, those of the keys alone; of these, few pages.
  ScanResult result =
      Scan(Listing({Value::Int32(25000), Value::Int32(10), Value::Int32(-7)}), "key");
  EXPECT_EQ(result.columns[0], (std::vector<Value>{Value::Int32(10), Value::Int32(25000)}));
  EXPECT_EQ(filter_metrics().groups_removed.load(), 8u);
  EXPECT_GE(metrics().rows_skipped.load(), 28000u);
  EXPECT_EQ(filter_metrics().rows_removed.load(), 29998u);
  EXPECT_STREQ(filter_metrics().content.load(), "list");

  // No value of the column, but one that lies among them.
  result = Scan(Listing({Value::Varchar("row number 12x"), Value::Varchar("z")}), "text");
  EXPECT_EQ(result.rows, 0u);
  EXPECT_EQ(filter_metrics().rows_removed.load(), 30000u);

  DynamicFilter::Content bounds;
  bounds.min = Value::Varchar("row number 2");
  bounds.max = Value::Varchar("row number 21");
  result = Scan(bounds, "text");
  for (const Value& text : result.columns[0]) {
    EXPECT_TRUE(text.string() >= "row number 2" && text.string() <= "row number 21");
  }
  EXPECT_EQ(result.rows, std::ranges::count_if(unfiltered_.columns[2], [](const Value& text) {
              return text.string() >= "row number 2" && text.string() <= "row number 21";
            }));
  EXPECT_GT(metrics().rows_skipped.load(), 10000u);
}

TEST_F(ParquetKeyListTest, BloomFiltersAndDictionariesOfFilesAreAsked) {
  Open(*Ordered(9000), [](auto& builder) {
    builder.disable_dictionary()->disable_write_page_index();
    builder.enable_bloom_filter("text", ::parquet::BloomFilterOptions());
  });
  const std::vector<Value> absent = {Value::Varchar("row number 0x"),
                                     Value::Varchar("row number 99x")};
  EXPECT_EQ(Scan(Listing(absent), "text").rows, 0u);
  EXPECT_EQ(metrics().rows_skipped.load(), 9000u);
  EXPECT_EQ(filter_metrics().groups_removed.load(), 3u);

  Open(*Ordered(9000),
       [](auto& builder) { builder.disable_write_page_index()->disable_statistics(); });
  EXPECT_EQ(Scan(Listing(absent), "text").rows, 0u);
  EXPECT_EQ(metrics().rows_skipped.load(), 9000u);
  EXPECT_EQ(filter_metrics().groups_removed.load(), 3u);
}

TEST_F(ParquetKeyListTest, KeysOfEveryTypeAreFound) {
  for (const uint64_t distinct : {uint64_t{6}, uint64_t{1} << 60}) {
    Open(*testing::RandomTable(2000, 0.2, distinct, 31), [](auto& builder) {
      builder.data_pagesize(300)->write_batch_size(20)->max_row_group_length(500);
    });
    for (size_t c = 0; c < table_->columns().size(); ++c) {
      const ColumnDefinition& column = table_->columns()[c];
      SCOPED_TRACE(column.name);
      if (column.type.IsNested()) continue;
      for (const size_t count : {1, 2, 9}) {
        std::vector<Value> keys;
        for (size_t row = 0; row < 2000 && keys.size() < count; row += 101) {
          const Value& value = unfiltered_.columns[c][row];
          if (!value.is_null() && std::ranges::count(keys, value) == 0) keys.push_back(value);
        }
        const ScanResult result = Scan(Listing(keys), column.name);
        ASSERT_TRUE(result.status.ok());
        std::vector<Value> expected;
        for (const Value& value : unfiltered_.columns[c]) {
          if (!value.is_null() && std::ranges::count(keys, value) != 0) expected.push_back(value);
        }
        ASSERT_EQ(result.columns[0], expected);
      }
    }
  }
}

// Parquet's bounds leave it out.
TEST_F(ParquetKeyListTest, NotANumberIsFoundWhereBoundsEndBelowIt) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  arrow::DoubleBuilder reals;
  for (int i = 0; i < 3000; ++i) testing::Must(reals.Append(i % 100 == 7 ? nan : i));
  Open(*arrow::Table::Make(arrow::schema({arrow::field("real", arrow::float64(), false)}),
                           {testing::Must(reals.Finish())}),
       [](auto& builder) { builder.max_row_group_length(500); });
  EXPECT_EQ(Scan(Listing({Value::Double(nan), Value::Double(-1)}), "real").rows, 30u);
  EXPECT_EQ(Scan(Listing({Value::Double(nan)}), "real").rows, 30u);
}

TEST_F(ParquetKeyListTest, OneThatMostRowsPassIsDropped) {
  arrow::StringBuilder texts;
  constexpr size_t kRows = 200'000;
  for (size_t i = 0; i < kRows; ++i) {
    testing::Must(texts.Append(i % 20 == 0 ? "rare " + std::to_string(i)
                                           : "often " + std::to_string(i % 19)));
  }
  Open(*arrow::Table::Make(arrow::schema({arrow::field("text", arrow::utf8(), false)}),
                           {testing::Must(texts.Finish())}),
       [](auto& builder) { builder.disable_dictionary()->max_row_group_length(kRows / 4); });
  std::vector<Value> keys;
  for (int i = 0; i < 19; ++i) keys.push_back(Value::Varchar("often " + std::to_string(i)));
  const ScanResult result = Scan(Listing(keys), "text");
  EXPECT_GT(filter_metrics().rows_removed.load(), 0u);
  EXPECT_LT(filter_metrics().rows_removed.load(), kRows / 20 / 2);
  EXPECT_EQ(result.rows + filter_metrics().rows_removed.load(), kRows);
}

TEST_F(ParquetFilterTest, SurvivorsOfSeveralWindowsKeepTheirOrderAcrossADictionaryFallback) {
  Open(*Ordered(20000), [](auto& builder) {
    builder.dictionary_pagesize_limit(20000)->max_row_group_length(20000);
  });
  // A few rows of every window: some before and some after the text column turns from codes to
  // PLAIN.
  std::vector<ExpressionPtr> members = {Column("key")};
  for (int32_t key = 5; key < 20000; key += 400) members.push_back(Int(key));
  Check({Expression::In(members)}, {"text", "real", "key"});
}

TEST_F(ParquetFilterTest, CountsRowsWithoutReadingAnyColumn) {
  Open(*Ordered(5000));
  OperatorMetrics metrics;
  Check({}, {}, &metrics);
  EXPECT_EQ(metrics.bytes_read.load(), 0u);
}

}  // namespace
}  // namespace trivet
