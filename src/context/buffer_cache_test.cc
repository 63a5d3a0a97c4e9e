#include "context/buffer_cache.h"

#include <gtest/gtest.h>

#include <string>

#include "base/local_file_system.h"
#include "context/memory_budget.h"

namespace trivet {
namespace {

// An entry and the memory that it holds.
struct Content {
  std::string text;
  Reservation reservation;
};

class BufferCacheTest : public testing::Test {
 protected:
  // False where the cache would not keep it.
  bool Add(uint64_t offset, size_t bytes) {
    Reservation reservation = cache_.Admit(1, bytes);
    if (reservation.bytes() == 0) return false;
    auto content = std::make_shared<Content>();
    content->text = std::to_string(offset);
    content->reservation = std::move(reservation);
    cache_.Insert({1, offset}, std::move(content), bytes);
    return true;
  }
  std::string Find(uint64_t offset) {
    const auto found = std::static_pointer_cast<const Content>(cache_.Find({1, offset}));
    return found == nullptr ? "" : found->text;
  }

  // Of which the first GiB is others'.
  static constexpr size_t kOthers = size_t{1} << 30;
  MemoryBudget budget_{"memory_limit", kOthers + 1000};
  Reservation others_ = *budget_.TryReserve(kOthers, "others");
  BufferCache cache_{budget_};
};

TEST_F(BufferCacheTest, KeepsUpToHalfOfTheBudget) {
  for (uint64_t i = 0; i < 5; ++i) EXPECT_TRUE(Add(i, 100)) << i;
  EXPECT_FALSE(Add(5, 100)) << "all others are in use";
  for (uint64_t i = 0; i < 5; ++i) EXPECT_EQ(Find(i), std::to_string(i));
  EXPECT_EQ(Find(5), "");
  EXPECT_EQ(budget_.reserved_bytes(), kOthers + 500u);
  EXPECT_EQ(cache_.hit_count(), 5u);
  EXPECT_FALSE(Add(6, 600));
}

TEST_F(BufferCacheTest, GivesWayToWhoeverIsRefused) {
  for (uint64_t i = 0; i < 5; ++i) ASSERT_TRUE(Add(i, 100));
  EXPECT_EQ(Find(0), "0");  // now the one used last
  const auto held = budget_.TryReserve(650, "x");
  ASSERT_TRUE(held.ok()) << held.status().ToString();
  EXPECT_EQ(Find(0), "0");
  EXPECT_EQ(Find(1), "");
  EXPECT_EQ(budget_.reserved_bytes(), kOthers + 950u);
  EXPECT_FALSE(Add(9, 10)) << "others are likely to want it";
  ASSERT_TRUE(budget_.TryReserve(350, "y").ok());
  EXPECT_EQ(cache_.reclaimable_bytes(), 0u);
  EXPECT_FALSE(budget_.TryReserve(351, "y").ok());
}

TEST_F(BufferCacheTest, WhatIsInUseIsNotFreeAtOnce) {
  ASSERT_TRUE(Add(0, 400));
  const auto used = cache_.Find({1, 0});
  EXPECT_FALSE(budget_.TryReserve(700, "x").ok());
  EXPECT_EQ(Find(0), "");
  EXPECT_EQ(budget_.reserved_bytes(), kOthers + 400u);
}

TEST_F(BufferCacheTest, ALowerLimitHoldsAtOnce) {
  for (uint64_t i = 0; i < 5; ++i) ASSERT_TRUE(Add(i, 100));
  budget_.set_limit_bytes(kOthers + 300);
  ASSERT_TRUE(budget_.TryReserve(250, "x").ok()) << "although more is in use than there may be";
  cache_.FitLimit();
  EXPECT_LE(budget_.reserved_bytes(), kOthers + 150u);
}

TEST_F(BufferCacheTest, APassOverOthersLeavesWhatIsInUse) {
  for (uint64_t i = 0; i < 5; ++i) ASSERT_TRUE(Add(i, 100));
  for (uint64_t i = 100; i < 105; ++i) EXPECT_FALSE(Add(i, 100));
  for (uint64_t i = 0; i < 5; ++i) EXPECT_EQ(Find(i), std::to_string(i));
  // Out of use, they make room.
  bool added = false;
  for (uint64_t i = 200; i < 220; ++i) added = Add(i, 100) || added;
  EXPECT_TRUE(added);
}

TEST_F(BufferCacheTest, SwitchedOffItFindsAndKeepsNothing) {
  ASSERT_TRUE(Add(0, 100));
  cache_.SetEnabled(false);
  EXPECT_EQ(budget_.reserved_bytes(), kOthers);
  EXPECT_EQ(Find(0), "");
  EXPECT_FALSE(Add(1, 100));
  cache_.SetEnabled(true);
  EXPECT_EQ(Find(0), "");
  EXPECT_TRUE(Add(1, 100));
}

TEST_F(BufferCacheTest, AFileThatChangedIsAnother) {
  FileSystem& files = FileSystem::Local();
  const FileInfo info{"a", 10, 5, false};
  const uint64_t number = cache_.FileNumber(files, info);
  EXPECT_EQ(cache_.FileNumber(files, info), number);
  EXPECT_NE(cache_.FileNumber(files, {"a", 11, 5, false}), number);
  EXPECT_NE(cache_.FileNumber(files, {"a", 10, 6, false}), number);
  EXPECT_NE(cache_.FileNumber(files, {"b", 10, 5, false}), number);
}

TEST(MemoryBudget, WhoYieldsLeavesAnEighthToOthers) {
  MemoryBudget process("memory_limit", 800);
  MemoryBudget query("query", 10'000, &process);
  Reservation yielding(&query, "x");
  yielding.set_yields(true);
  ASSERT_TRUE(yielding.Grow(700).ok());
  EXPECT_EQ(yielding.Grow(1).code(), StatusCode::kOutOfMemory);
  Reservation moved = std::move(yielding);
  EXPECT_EQ(moved.Grow(1).code(), StatusCode::kOutOfMemory);
  Reservation other(&query, "y");
  EXPECT_TRUE(other.Grow(100).ok());
  moved.Shrink(200);
  EXPECT_TRUE(moved.Grow(100).ok());
}

TEST_F(BufferCacheTest, WhatAScopeKeepsGoesWithItAndNothingElse) {
  const FileInfo file{.path = "a", .size_bytes = 10, .modified_nanos = 5};
  const LocalFileSystem files;
  ASSERT_TRUE(Add(1, 100));
  const auto add = [&](uint64_t number, uint64_t offset) {
    Reservation reservation = cache_.Admit(number, 100);
    if (reservation.bytes() == 0) return false;
    cache_.Insert({number, offset},
                  std::make_shared<Content>(Content{"scoped", std::move(reservation)}), 100);
    return true;
  };
  const uint64_t usual = cache_.FileNumber(files, file);
  uint64_t number = 0;
  {
    const PageScope scope(cache_);
    const PageScope other(cache_);
    number = scope.FileNumber(files, file);
    EXPECT_EQ(number, scope.FileNumber(files, file));
    EXPECT_NE(number, usual);
    EXPECT_NE(number, other.FileNumber(files, file));
    EXPECT_TRUE(add(number, 7));
    EXPECT_NE(cache_.Find({number, 7}), nullptr);
  }
  EXPECT_EQ(cache_.Find({number, 7}), nullptr);
  EXPECT_EQ(Find(1), "1");
  EXPECT_EQ(cache_.FileNumber(files, file), usual);
  EXPECT_EQ(budget_.reserved_bytes(), kOthers + 100u);
  // Off: only scopes keep anything.
  cache_.SetEnabled(false);
  EXPECT_FALSE(Add(2, 100));
  const PageScope scope(cache_);
  number = scope.FileNumber(files, file);
  EXPECT_TRUE(add(number, 7));
  EXPECT_NE(cache_.Find({number, 7}), nullptr);
}

TEST_F(BufferCacheTest, KeepsSamplesBesidePagesAndWithoutThem) {
  others_.Release();
  FileInfo info{"/data", 5, 7};
  FileSystem& files = FileSystem::Local();
  const uint64_t sample = cache_.FileNumber(files, info, BufferCache::kSamples);
  EXPECT_NE(sample, cache_.FileNumber(files, info));
  EXPECT_EQ(sample, cache_.FileNumber(files, info, BufferCache::kSamples));
  info.modified_nanos = 8;
  EXPECT_NE(sample, cache_.FileNumber(files, info, BufferCache::kSamples));
  const auto add = [&](uint64_t offset, size_t bytes) {
    auto content = std::make_shared<Content>();
    content->reservation = cache_.Admit(sample, bytes);
    if (content->reservation.bytes() == 0) return false;
    cache_.Insert({sample, offset}, std::move(content), bytes);
    return true;
  };
  cache_.SetEnabled(false);
  // A 64th of the budget.
  constexpr size_t kPart = (kOthers + 1000) / 64 / 4;
  for (uint64_t i = 0; i < 4; ++i) EXPECT_TRUE(add(i, kPart)) << i;
  EXPECT_NE(cache_.Find({sample, 0}), nullptr);
  EXPECT_TRUE(add(4, kPart)) << "in place of the one that was used longest ago";
  EXPECT_EQ(cache_.Find({sample, 1}), nullptr);
  EXPECT_NE(cache_.Find({sample, 0}), nullptr);
  EXPECT_EQ(budget_.reserved_bytes(), 4 * kPart);
  EXPECT_FALSE(add(5, 5 * kPart));
  cache_.SetEnabled(false);
  EXPECT_NE(cache_.Find({sample, 0}), nullptr) << "nothing has changed";
  // Pages of the same file are none of its samples.
  EXPECT_FALSE(Add(0, 100));
  cache_.SetEnabled(true);
  EXPECT_TRUE(Add(0, 100));
  EXPECT_TRUE(budget_.TryReserve(kOthers + 1000, "x").ok());
  EXPECT_EQ(budget_.reserved_bytes(), 0u);
  for (uint64_t i = 0; i < 4; ++i) EXPECT_TRUE(add(i, kPart)) << i;
}

}  // namespace
}  // namespace trivet
