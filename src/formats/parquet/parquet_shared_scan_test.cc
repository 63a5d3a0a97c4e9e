#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "formats/parquet/parquet_table.h"
#include "formats/testing/arrow_tables.h"
#include "formats/testing/scan.h"

namespace trivet {
namespace {

// Threads of one scan count what its filters let through, and each puts its filters in order by
// these counts, which change meanwhile.
TEST(SharedScanTest, FiltersAreOrderedWhileOthersCount) {
  constexpr size_t kRows = 60000;
  constexpr size_t kFilters = 40;
  arrow::Int64Builder numbers;
  for (size_t i = 0; i < kRows; ++i) {
    ASSERT_TRUE(numbers.Append(static_cast<int64_t>(i * 7919 % kRows)).ok());
  }
  const auto content = arrow::Table::Make(arrow::schema({arrow::field("a", arrow::int64())}),
                                          {numbers.Finish().ValueOrDie()});
  ::parquet::WriterProperties::Builder builder;
  builder.max_row_group_length(2000)->disable_dictionary();
  const testing::TemporaryDirectory directory;
  testing::WriteParquet(*content, directory / "f.parquet", builder.build());
  const TablePtr table = OpenParquet({directory / "f.parquet"}, {}, FileSystem::Local()).value();
  ScanRequest request = testing::AllColumns(*table);
  for (size_t i = 0; i < kFilters; ++i) {
    request.filters.push_back(
        Expression::Compare(Comparison::kNotEqual, Expression::Input(0, TypeId::kInt64, "a"),
                            Expression::Constant(Value::Int64(static_cast<int64_t>(i * 977)))));
  }
  const auto context = testing::MakeContext(8);
  for (int round = 0; round < 3; ++round) {
    auto scan = table->Scan(request, context).value();
    std::atomic<size_t> rows{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        Batch batch;
        while (auto morsel = scan->NextMorsel().value()) {
          while (morsel->Next(batch).value()) rows += batch.row_count();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(rows, kRows - kFilters);
  }
}

}  // namespace
}  // namespace trivet
