#include "vector/arrow_collector.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "vector/testing/random_columns.h"

namespace trivet {
namespace {

using testing::Random;

std::vector<LogicalType> CollectableTypes() {
  std::vector<LogicalType> types = testing::AllTypes();
  std::erase_if(types, [](const LogicalType& type) { return !ArrowCollector::CanCollect(type); });
  return types;
}

// The rows as values, column by column.
std::vector<std::vector<Value>> ValuesOf(const std::vector<Batch>& batches, size_t columns) {
  std::vector<std::vector<Value>> values(columns);
  for (const Batch& batch : batches) {
    for (size_t i = 0; i < columns; ++i) {
      for (size_t row = 0; row < batch.row_count(); ++row) {
        values[i].push_back(batch.column(i).GetValue(row));
      }
    }
  }
  return values;
}

constexpr ArrowStrings kForms[] = {ArrowStrings::kOffsets, ArrowStrings::kViews};

std::vector<Batch> Collected(const std::vector<LogicalType>& types,
                             const std::vector<Batch>& batches, ArrowStrings strings) {
  ArrowCollector collector(types, strings);
  for (const Batch& batch : batches) {
    const Status status = collector.Append(batch);
    EXPECT_TRUE(status.ok()) << status.ToString();
  }
  std::vector<Batch> read;
  for (const auto& chunk : collector.Finish()) {
    const Status status = ReadArrowChunk(chunk, types, 0, chunk->row_count, read);
    EXPECT_TRUE(status.ok()) << status.ToString();
  }
  return read;
}

TEST(ArrowCollectorTest, GivesBackRowsOfEveryTypeAndEncoding) {
  const std::vector<LogicalType> types = CollectableTypes();
  ASSERT_GT(types.size(), 15u);
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Random random(seed);
    std::vector<Batch> batches;
    // Odd sizes, so that bits begin anywhere; NULLs only from some batch on, or nowhere.
    const size_t first_with_nulls = random() % 12;
    for (size_t i = 0; i < 10; ++i) {
      const size_t count = 1 + random() % 700;
      std::vector<Vector> columns;
      for (const LogicalType& type : types) {
        columns.push_back(i < first_with_nulls ? testing::RandomFlat(type, count, random, 0.0)
                                               : testing::RandomColumn(type, count, random));
      }
      batches.emplace_back(std::move(columns), count);
    }
    const auto expected = ValuesOf(batches, types.size());
    for (const ArrowStrings strings : kForms) {
      const auto collected = ValuesOf(Collected(types, batches, strings), types.size());
      for (size_t i = 0; i < types.size(); ++i) {
        EXPECT_TRUE(collected[i] == expected[i]) << types[i].ToString() << ", seed " << seed;
      }
    }
  }
}

TEST(ArrowCollectorTest, GrowsBeyondItsFirstRoomAndFillsChunks) {
  const std::vector<LogicalType> types = {TypeId::kInt64, TypeId::kVarchar, TypeId::kBoolean};
  ArrowCollector collector(types);
  constexpr size_t kBatches = ArrowCollector::kChunkRows / kVectorSize + 3;
  size_t rows = 0;
  for (size_t i = 0; i < kBatches; ++i) {
    Batch batch = Batch::MakeFlat(types);
    for (size_t row = 0; row < kVectorSize; ++row) {
      const auto number = static_cast<int64_t>(rows + row);
      batch.mutable_column(0).SetValue(row, Value::Int64(number));
      batch.mutable_column(1).SetString(row, std::string(static_cast<size_t>(number % 23), 'x'));
      batch.mutable_column(2).SetValue(row, Value::Boolean(number % 3 == 0));
    }
    batch.set_row_count(kVectorSize);
    ASSERT_TRUE(collector.Append(batch).ok());
    rows += kVectorSize;
  }
  const auto chunks = collector.Finish();
  ASSERT_EQ(chunks.size(), 2u);
  EXPECT_EQ(chunks[0]->row_count, ArrowCollector::kChunkRows);
  std::vector<Batch> read;
  for (const auto& chunk : chunks)
    ASSERT_TRUE(ReadArrowChunk(chunk, types, 0, chunk->row_count, read).ok());
  for (const Batch& batch : read) {
    for (size_t row = 0; row < batch.row_count(); row += 61) {
      const int64_t expected = batch.column(0).View().Get<int64_t>(row);
      ASSERT_EQ(batch.column(1).View().Get<StringView>(row).view(),
                std::string(static_cast<size_t>(expected % 23), 'x'));
      ASSERT_EQ(batch.column(2).View().Get<uint8_t>(row), expected % 3 == 0);
    }
  }
  size_t read_rows = 0;
  int64_t next = 0;
  for (const Batch& batch : read) {
    read_rows += batch.row_count();
    ASSERT_EQ(batch.column(0).View().Get<int64_t>(0), next);
    next += static_cast<int64_t>(batch.row_count());
  }
  EXPECT_EQ(read_rows, rows);
}

// What Arrow demands of views: zeros behind short strings and in NULLs, which receivers compare as
// words, and the size of the buffer that long ones lie in.
TEST(ArrowCollectorTest, ViewsAreAsArrowDemands) {
  Batch batch = Batch::MakeFlat({TypeId::kVarchar}, 4);
  batch.mutable_column(0).SetString(0, "short");
  batch.mutable_column(0).SetString(1, "longer than twelve");
  batch.mutable_column(0).SetString(2, "a null that has some bytes");
  batch.mutable_column(0).SetNull(2);
  batch.mutable_column(0).SetString(3, "another that is long");
  batch.set_row_count(4);
  ArrowCollector collector({TypeId::kVarchar}, ArrowStrings::kViews);
  ASSERT_TRUE(collector.Append(batch).ok());
  ASSERT_TRUE(collector.Append(batch).ok());
  const auto chunks = collector.Finish();
  ASSERT_EQ(chunks.size(), 1u);
  ArrowArray array;
  ExportArrowChunk(chunks[0], {TypeId::kVarchar}, 0, 8, &array);
  const ArrowArray& column = *array.children[0];
  ASSERT_EQ(column.n_buffers, 4);
  EXPECT_EQ(*static_cast<const int64_t*>(column.buffers[3]), 2 * (18 + 20));
  const auto* views = static_cast<const ArrowStringView*>(column.buffers[1]);
  const auto* bytes = static_cast<const char*>(column.buffers[2]);
  const ArrowStringView none;
  const std::string short_one("\x05\0\0\0short\0\0\0\0\0\0\0", 16);
  for (size_t first : {0, 4}) {
    EXPECT_EQ(std::memcmp(&views[first], short_one.data(), 16), 0);
    EXPECT_EQ(std::memcmp(&views[first + 2], &none, 16), 0);
    EXPECT_EQ(views[first + 3].size, 20);
    EXPECT_EQ(std::string(views[first + 3].prefix, 4), "anot");
    EXPECT_EQ(views[first + 3].buffer, 0);
    EXPECT_EQ(std::string(bytes + views[first + 3].offset, 20), "another that is long");
  }
  array.release(&array);
}

TEST(ArrowCollectorTest, WithoutRowsThereIsNoChunk) {
  ArrowCollector collector({TypeId::kInt32});
  ASSERT_TRUE(collector.Append(Batch::MakeFlat({TypeId::kInt32})).ok());
  EXPECT_TRUE(collector.Finish().empty());
}

// What Arrow has as something else than rows of the same type is left to the batch export.
TEST(ArrowCollectorTest, RefusesWhatWouldNotComeBack) {
  for (const LogicalType& type : {LogicalType(TypeId::kUuid), LogicalType(TypeId::kInt128),
                                  LogicalType::List(TypeId::kInt32)}) {
    EXPECT_FALSE(ArrowCollector::CanCollect(type)) << type.ToString();
  }
}

}  // namespace
}  // namespace trivet
