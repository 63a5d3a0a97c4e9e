#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "formats/parquet/footer.h"
#include "formats/parquet/parquet_table.h"
#include "formats/testing/arrow_tables.h"
#include "formats/testing/memory_files.h"
#include "formats/testing/scan.h"

namespace trivet {
namespace {

constexpr size_t kGroupRows = 1000;
constexpr size_t kGroups = 6;

// Columns a (0, 1, 2 and so on) and b (even numbers in no order), in six row groups.
class ReadAheadTest : public ::testing::Test {
 protected:
  ReadAheadTest() {
    arrow::Int64Builder numbers;
    arrow::Int64Builder scattered;
    for (size_t i = 0; i < kGroups * kGroupRows; ++i) {
      EXPECT_TRUE(numbers.Append(static_cast<int64_t>(i)).ok());
      EXPECT_TRUE(scattered.Append(static_cast<int64_t>(i * 7919 % 6000 * 2)).ok());
    }
    const auto content = arrow::Table::Make(
        arrow::schema({arrow::field("a", arrow::int64()), arrow::field("b", arrow::int64())}),
        {numbers.Finish().ValueOrDie(), scattered.Finish().ValueOrDie()});
    ::parquet::WriterProperties::Builder builder;
    builder.max_row_group_length(kGroupRows)->disable_dictionary();
    const std::string path = directory_ / "f.parquet";
    testing::WriteParquet(*content, path, builder.build());
    std::stringstream bytes;
    bytes << std::ifstream(path).rdbuf();
    files_.Put("f.parquet", bytes.str());
    table_ = OpenParquet({"f.parquet"}, {}, files_).value();
  }

  // Columns of row groups that the file was told of when the scan had been read: "a1 b1 a2 b2".
  std::string Told(const std::vector<ExpressionPtr>& filters) {
    ScanRequest request = testing::AllColumns(*table_);
    request.filters = filters;
    OperatorMetrics metrics;
    request.metrics = &metrics;
    QueryContext context({}, files_, nullptr);
    EXPECT_TRUE(testing::ScanAll(*table_, request, context).status.ok());
    const auto metadata = parquet::ReadFooter(*files_.OpenForRead("f.parquet").value()).value();
    std::string told;
    uint64_t bytes = 0;
    for (const ByteRange& range : files_.TakeExpected()) {
      bytes += range.size;
      for (size_t group = 0; group < kGroups; ++group) {
        for (size_t column = 0; column < 2; ++column) {
          const auto& chunk = metadata.row_groups[group].columns[column];
          if (range.offset != static_cast<uint64_t>(chunk.start())) continue;
          EXPECT_EQ(range.size, static_cast<size_t>(chunk.compressed_bytes));
          told += (told.empty() ? "" : " ") + std::string(column == 0 ? "a" : "b") +
                  std::to_string(group);
        }
      }
    }
    EXPECT_EQ(metrics.bytes_ahead.load(), bytes);
    return told;
  }

  static ExpressionPtr Compare(Comparison comparison, uint32_t column, int64_t value) {
    return Expression::Compare(comparison, Expression::Input(column, TypeId::kInt64, "column"),
                               Expression::Constant(Value::Int64(value)));
  }

  testing::TemporaryDirectory directory_;
  testing::MemoryFiles files_;
  TablePtr table_;
};

TEST_F(ReadAheadTest, FilesAreToldOfTheNextRowGroups) {
  // Before the first has been read, nothing is known to be wanted.
  EXPECT_EQ(Told({}), "a2 b2 a3 b3 a4 b4 a5 b5");
}

TEST_F(ReadAheadTest, NotOfRowGroupsThatStatisticsExclude) {
  EXPECT_EQ(Told({Compare(Comparison::kLess, 0, 3500)}), "a2 b2 a3 b3");
}

TEST_F(ReadAheadTest, NotOfColumnsThatNoRowWanted) {
  // In the range of every row group, and in none of them.
  EXPECT_EQ(Told({Compare(Comparison::kEqual, 1, 3001)}), "b2 b3 b4 b5");
}

}  // namespace
}  // namespace trivet
