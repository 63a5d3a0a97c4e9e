// The parts of a scan over files, one after the other, are the scan.
#include <gtest/gtest.h>

#include "formats/registry.h"
#include "formats/testing/arrow_tables.h"
#include "formats/testing/scan.h"

namespace trivet {
namespace {

using testing::ScanAll;
using testing::ScanResult;

void ExpectPartsAreTheWhole(const Table& table, ScanRequest request, size_t threads) {
  QueryContext context({.batch_size = 500, .thread_count = threads}, FileSystem::Local(), nullptr);
  const ScanResult whole = ScanAll(table, request, context);
  ASSERT_TRUE(whole.status.ok()) << whole.status.ToString();
  for (const uint32_t count : {1, 2, 3, 7, 64}) {
    std::vector<std::vector<Value>> columns(request.columns.size());
    size_t rows = 0;
    for (uint32_t index = 0; index < count; ++index) {
      request.part = {index, count};
      ScanResult part = ScanAll(table, request, context);
      ASSERT_TRUE(part.status.ok()) << part.status.ToString();
      rows += part.rows;
      for (size_t c = 0; c < columns.size(); ++c) {
        columns[c].insert(columns[c].end(), part.columns[c].begin(), part.columns[c].end());
      }
    }
    EXPECT_EQ(rows, whole.rows) << count << " parts";
    EXPECT_EQ(columns, whole.columns) << count << " parts";
  }
}

TEST(FileScanParts, OfParquetAreRowGroupsOverAllFiles) {
  testing::TemporaryDirectory directory;
  ::parquet::WriterProperties::Builder builder;
  builder.data_pagesize(3000)->write_batch_size(100)->max_row_group_length(1000);
  const size_t rows[] = {5500, 0, 300, 2000};
  for (size_t file = 0; file < 4; ++file) {
    testing::WriteParquet(*testing::RandomTable(6000, 0.1, 400, 7 + file)->Slice(0, rows[file]),
                          directory / (std::to_string(file) + ".parquet"), builder.build());
  }
  auto table = OpenFile({directory / "*.parquet"}, "", {}, FileSystem::Local());
  ASSERT_TRUE(table.ok()) << table.status().ToString();
  EXPECT_GE((*table)->split_count(), 9u);
  ScanRequest request = testing::AllColumns(**table);
  ExpectPartsAreTheWhole(**table, request, 1);
  ExpectPartsAreTheWhole(**table, request, 4);
  for (size_t i = 0; i < (*table)->columns().size(); ++i) {
    if ((*table)->columns()[i].type.id() != TypeId::kInt64) continue;
    request.filters = {Expression::Compare(Comparison::kGreater,
                                           Expression::Input(i, TypeId::kInt64, "i"),
                                           Expression::Constant(Value::Int64(0)))};
  }
  ASSERT_FALSE(request.filters.empty());
  ExpectPartsAreTheWhole(**table, request, 2);
  // Progress counts the part alone.
  auto context = testing::MakeContext();
  uint64_t announced = 0;
  for (uint32_t index = 0; index < 3; ++index) {
    request.part = {index, 3};
    announced += (*table)->Scan(request, context).value()->total_rows();
  }
  EXPECT_EQ(announced, 7800u);
}

TEST(FileScanParts, OfTextFilesAreFiles) {
  testing::TemporaryDirectory directory;
  for (int file = 0; file < 5; ++file) {
    std::string text = "a,b\n";
    for (int i = 0; i < file * 30; ++i) text += std::to_string(i) + ",x" + std::to_string(i) + "\n";
    auto out = FileSystem::Local().OpenForWrite(directory / (std::to_string(file) + ".csv"));
    ASSERT_TRUE((*out)->Append(text.data(), text.size()).ok());
    ASSERT_TRUE((*out)->Close().ok());
  }
  auto table = OpenFile({directory / "*.csv"}, "", {{"all_varchar", Value::Boolean(true)}},
                        FileSystem::Local());
  ASSERT_TRUE(table.ok()) << table.status().ToString();
  EXPECT_EQ((*table)->split_count(), 5u);
  ExpectPartsAreTheWhole(**table, testing::AllColumns(**table), 1);
}

}  // namespace
}  // namespace trivet
