#include "formats/parquet/column_statistics.h"

#include <gtest/gtest.h>

#include <set>

#include "formats/parquet/parquet_table.h"
#include "formats/testing/arrow_tables.h"
#include "formats/testing/scan.h"

namespace trivet {
namespace {

TEST(DistinctBehindSampleTest, RecoversTheNumberOfValuesDrawn) {
  for (const double distinct : {10.0, 1000.0, 200000.0}) {
    const double rows = 113000;
    const double seen = distinct * (1 - std::exp(-rows / distinct));
    EXPECT_NEAR(parquet::DistinctBehindSample(seen, rows) / distinct, 1.0, 0.01);
  }
}

TEST(EstimateStatisticsTest, BoundsHoldForAllValuesAndCountsAreExact) {
  testing::TemporaryDirectory directory;
  for (const double nulls : {0.0, 0.3, 1.0}) {
    auto content = testing::RandomTable(4000, nulls, uint64_t{1} << 60, 3);
    ::parquet::WriterProperties::Builder builder;
    builder.max_row_group_length(900);
    const std::string path = directory / "t.parquet";
    testing::WriteParquet(*content, path, builder.build());
    auto table = OpenParquet({path}, {}, FileSystem::Local());
    ASSERT_TRUE(table.ok());
    const TableStatistics statistics = (*table)->statistics();
    EXPECT_EQ(statistics.row_count, 4000u);
    auto context = testing::MakeContext();
    const auto read = testing::ScanAll(**table, testing::AllColumns(**table), context);
    ASSERT_TRUE(read.status.ok());
    for (size_t c = 0; c < read.columns.size(); ++c) {
      const ColumnStatistics& column = statistics.columns[c];
      SCOPED_TRACE((*table)->columns()[c].name);
      uint64_t null_count = 0;
      for (const Value& value : read.columns[c]) {
        if (value.is_null()) {
          ++null_count;
          continue;
        }
        if (column.min) {
          EXPECT_LE(CompareValues(*column.min, value), 0);
        }
        if (column.max) {
          EXPECT_GE(CompareValues(*column.max, value), 0);
        }
      }
      EXPECT_EQ(column.null_count, null_count);
      EXPECT_EQ(column.min.has_value(), null_count < 4000);
    }
  }
}

TEST(EstimateStatisticsTest, DistinctCountsComeNear) {
  testing::TemporaryDirectory directory;
  constexpr int64_t kRows = 40000;
  arrow::Int64Builder sorted, shared, unique;
  arrow::StringBuilder text;
  std::mt19937_64 random(5);
  for (int64_t i = 0; i < kRows; ++i) {
    testing::Must(sorted.Append(i / 4));
    testing::Must(shared.Append(static_cast<int64_t>(random() % 5000) * 1000));
    testing::Must(unique.Append(static_cast<int64_t>(random() >> 2)));
    testing::Must(text.Append("value " + std::to_string(random() % 25)));
  }
  auto content = arrow::Table::Make(
      arrow::schema({arrow::field("sorted", arrow::int64()), arrow::field("shared", arrow::int64()),
                     arrow::field("unique", arrow::int64()), arrow::field("text", arrow::utf8())}),
      {testing::Must(sorted.Finish()), testing::Must(shared.Finish()),
       testing::Must(unique.Finish()), testing::Must(text.Finish())});
  ::parquet::WriterProperties::Builder builder;
  builder.max_row_group_length(4000)->disable_dictionary("unique");
  const std::string path = directory / "t.parquet";
  testing::WriteParquet(*content, path, builder.build());
  auto table = OpenParquet({path}, {}, FileSystem::Local());
  ASSERT_TRUE(table.ok());
  const TableStatistics statistics = (*table)->statistics();
  EXPECT_NEAR(*statistics.columns[0].distinct_count, 10000, 500);
  EXPECT_NEAR(*statistics.columns[1].distinct_count, 5000, 500);
  EXPECT_NEAR(*statistics.columns[2].distinct_count, 40000, 1);
  EXPECT_NEAR(*statistics.columns[3].distinct_count, 25, 0.5);
}

}  // namespace
}  // namespace trivet
