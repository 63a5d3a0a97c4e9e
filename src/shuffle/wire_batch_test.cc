#include "shuffle/wire_batch.h"

#include <gtest/gtest.h>

#include <cmath>

#include "context/memory_budget.h"
#include "shuffle/testing/row_bits.h"
#include "vector/testing/random_columns.h"

namespace trivet {
namespace {

using testing::Random;

std::vector<std::string> Rows(ChunkReader& reader) {
  std::vector<std::string> rows;
  Batch batch;
  while (reader.Next(batch)) testing::AppendRowBits(batch, rows);
  return rows;
}

TEST(WireBatch, EveryTypeAndEncodingRoundTripsBitForBit) {
  Random random(7);
  const std::vector<LogicalType> types = testing::AllTypes();
  for (int round = 0; round < 60; ++round) {
    const auto compression = static_cast<WireCompression>(round % 3);
    ChunkBuilder builder(types);
    std::vector<std::string> expected;
    for (size_t batches = random() % 4 + 1; batches > 0; --batches) {
      const Batch batch = testing::RandomBatch(types, random() % 2000 + 1, random);
      std::vector<uint32_t> rows(random() % 900);
      for (uint32_t& row : rows) row = static_cast<uint32_t>(random() % batch.row_count());
      const bool all = random() % 2 == 0;
      if (all) {
        testing::AppendRowBits(batch, expected);
      } else {
        for (const uint32_t row : rows) expected.push_back(testing::RowBits(batch, row));
      }
      builder.Append(batch.columns(), all ? nullptr : rows.data(),
                     all ? batch.row_count() : rows.size());
    }
    ASSERT_EQ(builder.row_count(), expected.size());
    auto chunk = builder.Finish(compression);
    ASSERT_TRUE(chunk.ok()) << chunk.status().ToString();
    EXPECT_EQ(builder.memory_bytes(), 0u);
    auto reader = ChunkReader::Open(*chunk, types, nullptr);
    ASSERT_TRUE(reader.ok()) << reader.status().ToString();
    EXPECT_EQ(reader->row_count(), expected.size());
    ASSERT_EQ(Rows(*reader), expected) << "round " << round;
  }
}

TEST(WireBatch, KeepsThePayloadsOfNansAndTheSignOfZero) {
  Vector column = Vector::MakeFlat(TypeId::kDouble, 3);
  const uint64_t bits[] = {0x7ff8dead'beef0001ULL, 0x8000000000000000ULL, 0xfff0000000000001ULL};
  std::memcpy(column.mutable_data<double>(), bits, sizeof(bits));
  ChunkBuilder builder({TypeId::kDouble});
  builder.Append({column}, nullptr, 3);
  auto chunk = builder.Finish(WireCompression::kLz4);
  ASSERT_TRUE(chunk.ok());
  auto reader = ChunkReader::Open(*chunk, {TypeId::kDouble}, nullptr);
  ASSERT_TRUE(reader.ok());
  Batch batch;
  ASSERT_TRUE(reader->Next(batch));
  EXPECT_EQ(std::memcmp(batch.column(0).View().data, bits, sizeof(bits)), 0);
}

TEST(WireBatch, ABuilderIsUsableAgainAfterFinish) {
  Random random(9);
  const std::vector<LogicalType> types = {TypeId::kVarchar, LogicalType::List(TypeId::kInt32)};
  ChunkBuilder builder(types);
  for (int round = 0; round < 3; ++round) {
    const Batch batch = testing::RandomBatch(types, 100, random);
    builder.Append(batch.columns(), nullptr, 100);
    auto chunk = builder.Finish(WireCompression::kNone);
    ASSERT_TRUE(chunk.ok());
    auto reader = ChunkReader::Open(*chunk, types, nullptr);
    ASSERT_TRUE(reader.ok());
    std::vector<std::string> expected;
    testing::AppendRowBits(batch, expected);
    EXPECT_EQ(Rows(*reader), expected);
  }
}

TEST(WireBatch, RowsWithoutColumnsKeepTheirNumber) {
  ChunkBuilder builder({});
  builder.Append({}, nullptr, 5000);
  auto chunk = builder.Finish(WireCompression::kLz4);
  ASSERT_TRUE(chunk.ok());
  auto reader = ChunkReader::Open(*chunk, {}, nullptr);
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(Rows(*reader).size(), 5000u);
}

TEST(WireBatch, AMessageAnywhereInMemoryIsReadAlike) {
  Random random(11);
  const std::vector<LogicalType> types = {TypeId::kInt128, TypeId::kInterval, TypeId::kInt64,
                                          TypeId::kBlob};
  const Batch batch = testing::RandomBatch(types, 2048, random);
  ChunkBuilder builder(types);
  builder.Append(batch.columns(), nullptr, 2048);
  auto chunk = builder.Finish(WireCompression::kNone);
  ASSERT_TRUE(chunk.ok());
  std::vector<std::string> expected;
  testing::AppendRowBits(batch, expected);
  for (size_t shift = 0; shift < 17; ++shift) {
    const SharedBytes moved = SharedBytes::Of(std::string(shift, ' ') + std::string(chunk->view()));
    auto reader = ChunkReader::Open(moved.Part(shift, chunk->size), types, nullptr);
    ASSERT_TRUE(reader.ok());
    EXPECT_EQ(Rows(*reader), expected) << "shift " << shift;
  }
}

TEST(WireBatch, BatchesOutliveTheirReaderAndKeepTheirMemoryReserved) {
  MemoryBudget memory("memory", size_t{1} << 30);
  ChunkBuilder builder({TypeId::kVarchar});
  Vector column = Vector::MakeFlat(TypeId::kVarchar, 2000);
  for (size_t i = 0; i < 2000; ++i) column.SetString(i, StrCat("a string of some length ", i));
  for (int i = 0; i < 3; ++i) builder.Append({column}, nullptr, 2000);
  auto chunk = builder.Finish(WireCompression::kLz4);
  ASSERT_TRUE(chunk.ok());
  Batch batch;
  {
    auto reader = ChunkReader::Open(*chunk, {TypeId::kVarchar}, &memory);
    ASSERT_TRUE(reader.ok());
    ASSERT_TRUE(reader->Next(batch));
    EXPECT_GE(memory.reserved_bytes(), 6000u * 25);
  }
  chunk = SharedBytes{};
  EXPECT_GE(memory.reserved_bytes(), 6000u * 25);
  EXPECT_EQ(batch.column(0).GetValue(1999).string(), "a string of some length 1999");
  batch = Batch();
  EXPECT_EQ(memory.reserved_bytes(), 0u);
}

TEST(WireBatch, RefusedMemoryIsATypedError) {
  MemoryBudget memory("memory_limit", 1000);
  ChunkBuilder builder({TypeId::kInt64});
  builder.Append({Vector::MakeFlat(TypeId::kInt64, 2048)}, nullptr, 2048);
  auto chunk = builder.Finish(WireCompression::kLz4);
  ASSERT_TRUE(chunk.ok());
  EXPECT_EQ(ChunkReader::Open(*chunk, {TypeId::kInt64}, &memory).status().code(),
            StatusCode::kOutOfMemory);
}

TEST(WireBatch, AChunkOfOtherTypesOrNoChunkAtAllIsCorruption) {
  Random random(3);
  ChunkBuilder builder({TypeId::kInt64, TypeId::kVarchar});
  const Batch batch = testing::RandomBatch({TypeId::kInt64, TypeId::kVarchar}, 100, random);
  builder.Append(batch.columns(), nullptr, 100);
  auto chunk = builder.Finish(WireCompression::kNone);
  ASSERT_TRUE(chunk.ok());
  const std::vector<std::vector<LogicalType>> others = {
      {TypeId::kInt64, TypeId::kVarchar, TypeId::kInt8}, {LogicalType::List(TypeId::kInt64)}};
  for (const auto& types : others) {
    EXPECT_EQ(ChunkReader::Open(*chunk, types, nullptr).status().code(), StatusCode::kCorruption);
  }
  for (const std::string& text : {std::string(), std::string("no chunk"), std::string(500, 'x')}) {
    EXPECT_EQ(ChunkReader::Open(SharedBytes::Of(text), {TypeId::kInt64}, nullptr).status().code(),
              StatusCode::kCorruption);
  }
}

TEST(WireBatch, EstimatesAreExactForValuesAndStrings) {
  Vector numbers = Vector::MakeFlat(TypeId::kInt32, 100);
  Vector texts = Vector::MakeConstant(Value::Varchar(std::string(50, 'x')));
  const size_t bitmaps = 2 * (100 / 8 + 1);
  EXPECT_EQ(EstimateWireBytes({numbers, texts}, 100), 100 * 4 + 100 * (4 + 50) + bitmaps);
}

TEST(WireCompression, NamesAreParsed) {
  EXPECT_EQ(*ParseWireCompression("zstd"), WireCompression::kZstd);
  EXPECT_EQ(ParseWireCompression("gzip").status().code(), StatusCode::kInvalidInput);
}

}  // namespace
}  // namespace trivet
