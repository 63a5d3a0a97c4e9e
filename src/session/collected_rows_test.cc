#include "session/collected_rows.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace trivet {
namespace {

const std::vector<LogicalType> kTypes = {TypeId::kInt64, TypeId::kVarchar};

// Rows [begin, begin + count), the third of each ten NULL, as a batch of this place.
Batch Rows(int64_t begin, size_t count, BatchOrder order) {
  Batch batch = Batch::MakeFlat(kTypes);
  for (size_t row = 0; row < count; ++row) {
    const int64_t number = begin + static_cast<int64_t>(row);
    batch.mutable_column(0).SetValue(row, Value::Int64(number));
    batch.mutable_column(1).SetString(row, "text of row " + std::to_string(number));
    if (number % 10 == 3) batch.mutable_column(1).SetNull(row);
  }
  batch.set_row_count(count);
  batch.set_order(order);
  return batch;
}

void ExpectRows(const std::vector<CollectedRows::Piece>& pieces, int64_t count) {
  std::vector<Batch> batches;
  for (const auto& [chunk, begin, rows] : pieces) {
    ASSERT_TRUE(ReadArrowChunk(chunk, kTypes, begin, rows, batches).ok());
  }
  int64_t next = 0;
  for (const Batch& batch : batches) {
    for (size_t row = 0; row < batch.row_count(); ++row, ++next) {
      ASSERT_EQ(batch.column(0).GetValue(row), Value::Int64(next));
      ASSERT_EQ(batch.column(1).GetValue(row),
                next % 10 == 3 ? Value::Null(TypeId::kVarchar)
                               : Value::Varchar("text of row " + std::to_string(next)));
    }
  }
  EXPECT_EQ(next, count);
}

// Morsels of `batches_each` batches, morsel m taken by part m % parts, each part by its thread.
std::vector<CollectedRows::Piece> Collect(size_t morsels, size_t batches_each, size_t rows_each,
                                          size_t parts) {
  CollectedRows collected(kTypes, ArrowStrings::kViews);
  std::vector<std::thread> threads;
  for (size_t part = 0; part < parts; ++part) {
    threads.emplace_back([&, part] {
      const auto local = collected.MakeLocal();
      for (size_t morsel = part; morsel < morsels; morsel += parts) {
        for (size_t batch = 0; batch < batches_each; ++batch) {
          const size_t place = morsel * batches_each + batch;
          const Status status = local->Take(
              Rows(static_cast<int64_t>(place * rows_each), rows_each, {morsel, batch}));
          EXPECT_TRUE(status.ok()) << status.ToString();
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return collected.Finish().value();
}

TEST(CollectedRowsTest, PartsComeInTheirOrder) {
  const auto pieces = Collect(13, 5, kVectorSize, 3);
  EXPECT_EQ(pieces.size(), 13u);
  ExpectRows(pieces, 13 * 5 * kVectorSize);
}

TEST(CollectedRowsTest, WhatFollowsIsOnePiece) {
  const auto pieces = Collect(13, 5, kVectorSize, 1);
  EXPECT_EQ(pieces.size(), 1u);
  ExpectRows(pieces, 13 * 5 * kVectorSize);
}

TEST(CollectedRowsTest, SmallPiecesAreCopiedTogether) {
  const auto pieces = Collect(301, 2, 7, 4);
  EXPECT_EQ(pieces.size(), 1u);
  ExpectRows(pieces, 301 * 2 * 7);
}

// A reader takes what was made before it asked for all: the beginnings of morsels that others end.
TEST(CollectedRowsTest, AMorselMayLieInTwoParts) {
  CollectedRows collected(kTypes, ArrowStrings::kOffsets);
  const auto reader = collected.MakeLocal();
  const auto thread = collected.MakeLocal();
  ASSERT_TRUE(thread->Take(Rows(300, 100, {1, 1})).ok());
  ASSERT_TRUE(reader->Take(Rows(0, 200, {0, 0})).ok());
  ASSERT_TRUE(reader->Take(Rows(200, 100, {1, 0})).ok());
  ASSERT_TRUE(thread->Take(Rows(400, 50, {1, 1})).ok());
  ASSERT_TRUE(thread->Take(Rows(450, 50, {7, 0})).ok());
  ExpectRows(collected.Finish().value(), 500);
}

TEST(CollectedRowsTest, NoRowsAreNoPieces) {
  CollectedRows collected(kTypes, ArrowStrings::kOffsets);
  ASSERT_TRUE(collected.MakeLocal()->Take(Rows(0, 0, {0, 0})).ok());
  EXPECT_TRUE(collected.Finish().value().empty());
}

}  // namespace
}  // namespace trivet
