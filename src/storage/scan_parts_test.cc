// The parts of a scan, one after the other, are the scan.
#include <gtest/gtest.h>

#include <limits>

#include "context/query_context.h"
#include "storage/memory_table.h"
#include "storage/range_table.h"

namespace trivet {
namespace {

constexpr uint32_t kCounts[] = {1, 2, 3, 7, 64};

struct Rows {
  std::vector<std::vector<Value>> values;
  uint64_t announced = 0;  // by total_rows
};

void Append(const Table& table, const ScanRequest& request, Rows& rows) {
  QueryContext context({.batch_size = 100}, FileSystem::Local(), nullptr);
  auto scan = table.Scan(request, context).value();
  rows.announced += scan->total_rows();
  while (auto reader = scan->NextMorsel().value()) {
    Batch batch;
    while (reader->Next(batch).value()) {
      for (size_t i = 0; i < batch.row_count(); ++i) {
        std::vector<Value>& row = rows.values.emplace_back();
        for (const Vector& column : batch.columns()) row.push_back(column.GetValue(i));
      }
    }
  }
}

void ExpectPartsAreTheWhole(const Table& table, ScanRequest request) {
  Rows whole;
  Append(table, request, whole);
  for (const uint32_t count : kCounts) {
    Rows parts;
    for (uint32_t index = 0; index < count; ++index) {
      request.part = {index, count};
      Append(table, request, parts);
    }
    EXPECT_EQ(parts.values, whole.values) << count << " parts";
    EXPECT_EQ(parts.announced, whole.announced) << count << " parts";
  }
}

TEST(ScanPart, CutsWithoutGapAndBalanced) {
  for (const uint64_t total : {uint64_t{0}, uint64_t{1}, uint64_t{10}, uint64_t{1000003},
                               std::numeric_limits<uint64_t>::max()}) {
    for (const uint32_t count : kCounts) {
      uint64_t end = 0;
      for (uint32_t index = 0; index < count; ++index) {
        const ScanPart part{index, count};
        EXPECT_EQ(part.begin(total), end);
        end = part.end(total);
        EXPECT_GE(end - part.begin(total), total / count);
        EXPECT_LE(end - part.begin(total) - total / count, 1u);
      }
      EXPECT_EQ(end, total);
    }
  }
}

TEST(ScanParts, OfAMemoryTableAreItsChunks) {
  const auto budget = std::make_shared<MemoryBudget>("memory_limit", size_t{1} << 30);
  MemoryChunks chunks;
  int64_t next = 0;
  for (const size_t rows : {250, 1, 100, 40, 333, 2, 70}) {
    MemoryTableBuilder builder("t", {{"a", TypeId::kInt64}, {"b", TypeId::kVarchar}}, budget);
    Batch batch = Batch::MakeFlat({TypeId::kInt64, TypeId::kVarchar}, rows);
    for (size_t i = 0; i < rows; ++i, ++next) {
      batch.mutable_column(0).SetValue(i, Value::Int64(next));
      batch.mutable_column(1).SetValue(i, Value::Varchar("row " + std::to_string(next % 10)));
    }
    batch.set_row_count(rows);
    ASSERT_TRUE(builder.Append(batch).ok());
    const MemoryChunks made = builder.Finish().value();
    chunks.insert(chunks.end(), made.begin(), made.end());
  }
  const MemoryTable table({{"a", TypeId::kInt64}, {"b", TypeId::kVarchar}}, chunks);
  EXPECT_EQ(table.split_count(), 7u);
  ExpectPartsAreTheWhole(table, {.columns = {1, 0}});
  // A filter that rules whole chunks out by their bounds must not move the cuts.
  const ExpressionPtr filter =
      Expression::Compare(Comparison::kGreaterOrEqual, Expression::Input(0, TypeId::kInt64, "a"),
                          Expression::Constant(Value::Int64(352)));
  ExpectPartsAreTheWhole(table, {.columns = {0}, .filters = {filter}});
}

TEST(ScanParts, OfARangeAreRows) {
  const RangeTable table("i", -5, 3, 1234);
  ExpectPartsAreTheWhole(table, {.columns = {0}});
  EXPECT_EQ(table.split_count(), 1u);
  EXPECT_EQ(RangeTable("i", 0, 1, 10'000'000).split_count(), 82u);
  EXPECT_EQ(RangeTable("i", 0, 1, 0).split_count(), 1u);
  // Steps that wrap around 64 bits on their way to values in range.
  const RangeTable down("i", std::numeric_limits<int64_t>::max(),
                        -(std::numeric_limits<int64_t>::max() / 5), 11);
  ExpectPartsAreTheWhole(down, {.columns = {0, 0}});
}

}  // namespace
}  // namespace trivet
