#include "execution/operators/sort_run.h"

#include <gtest/gtest.h>

#include "base/interruptible_sort.h"
#include "context/query_context.h"
#include "execution/testing/run_plan.h"

namespace trivet {
namespace {

class SortRunTest : public ::testing::Test {
 protected:
  SortRunTest()
      : shape_(*SortShape::Make({TypeId::kInt64},
                                {{Expression::Input(0, TypeId::kInt64, "k"), false, false}})),
        share_(context_.JoinMemoryShares(0)) {}

  Status Append(SortRun& run, BatchOrder order, size_t count, int64_t modulus) {
    Batch batch = Batch::MakeFlat({TypeId::kInt64}, count);
    for (size_t i = 0; i < count; ++i) {
      batch.mutable_column(0).mutable_data<int64_t>()[i] = static_cast<int64_t>(i * 7919) % modulus;
    }
    batch.set_row_count(count);
    batch.set_order(order);
    std::lock_guard lock(run.mutex());
    return run.Append(batch, {batch.columns()[0]});
  }
  // By whole keys, whatever the heads say.
  bool IsSorted(const SortPiece& piece) const {
    return std::ranges::is_sorted(piece.entries, [&](const SortEntry& a, const SortEntry& b) {
      return shape_.encoder->Less(*shape_.layout, a.row, b.row);
    });
  }

  QueryContext context_{
      {.thread_count = 1, .memory_limit_bytes = size_t{16} << 20}, FileSystem::Local(), nullptr};
  SortShape shape_;
  std::unique_ptr<MemoryShare> share_;
};

TEST_F(SortRunTest, EqualKeysFollowTheInputWhereItsBatchesComeInAnyOrder) {
  SortRun run(shape_, context_, *share_);
  for (const BatchOrder order : {BatchOrder{5, 0}, BatchOrder{2, 1}, BatchOrder{2, 0}}) {
    ASSERT_TRUE(Append(run, order, 1000, 3).ok());
  }
  ASSERT_TRUE(run.EndInput().ok());
  const auto pieces = run.pieces();
  ASSERT_EQ(pieces.size(), 1u);
  EXPECT_EQ(pieces[0].entries.size(), 3000u);
  EXPECT_TRUE(IsSorted(pieces[0]));
  EXPECT_FALSE(pieces[0].in_order);
}

TEST_F(SortRunTest, PiecesEndWithTheirMorselOrWhenTheyAreFull) {
  SortRun run(shape_, context_, *share_);
  // A short morsel stays with the next one.
  for (const auto& [morsel, batches] :
       std::vector<std::pair<uint64_t, uint64_t>>{{1, 20}, {4, 1}, {6, 5}, {9, 1}}) {
    for (uint64_t i = 0; i < batches; ++i) {
      ASSERT_TRUE(Append(run, {morsel, i}, kVectorSize, 1000).ok());
    }
  }
  ASSERT_TRUE(run.EndInput().ok());
  const auto pieces = run.pieces();
  ASSERT_EQ(pieces.size(), 4u);
  const auto check = [&](size_t i, size_t batches, BatchOrder first, BatchOrder last) {
    EXPECT_EQ(pieces[i].entries.size(), batches * kVectorSize) << i;
    EXPECT_EQ(pieces[i].first, first) << i;
    EXPECT_EQ(pieces[i].last, last) << i;
    EXPECT_TRUE(pieces[i].in_order) << i;
    EXPECT_TRUE(IsSorted(pieces[i])) << i;
  };
  const uint64_t full = kSortPiece / kVectorSize;
  check(0, full, {1, 0}, {1, full - 1});
  check(1, 20 - full, {1, full}, {1, 19});
  check(2, 6, {4, 0}, {6, 4});
  check(3, 1, {9, 0}, {9, 0});
}

TEST_F(SortRunTest, SortsWithoutMemoryForItsScratch) {
  SortRun run(shape_, context_, *share_);
  for (uint64_t i = 0; i < 10; ++i) {
    ASSERT_TRUE(Append(run, {1, i}, kVectorSize, 1000).ok());
  }
  Reservation other(&context_.memory(), "other");
  for (size_t bytes = size_t{1} << 20; bytes > 1000; bytes /= 2) {
    while (other.Grow(bytes).ok()) {
    }
  }
  ASSERT_TRUE(run.EndInput().ok());
  ASSERT_EQ(run.pieces().size(), 1u);
  EXPECT_TRUE(IsSorted(run.pieces()[0]));
  EXPECT_EQ(run.row_count(), 10 * kVectorSize);
}

}  // namespace
}  // namespace trivet
