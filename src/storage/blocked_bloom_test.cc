#include "storage/blocked_bloom.h"

#include <gtest/gtest.h>

#include <random>

#include "vector/hash_vector.h"

namespace trivet {
namespace {

TEST(BlockedBloomTest, HoldsEveryKeyAndSeldomAnother) {
  std::mt19937_64 random(11);
  for (const size_t count : {0, 1, 5, 42, 43, 1000, 43690, 43691, 100'000, 400'000}) {
    // Dense keys and scattered ones hash alike.
    for (const bool dense : {false, true}) {
      const auto key = [&](uint64_t place) {
        return HashOf(static_cast<int64_t>(dense ? place : place * 0x9E3779B97F4A7C15ULL));
      };
      BlockedBloom bloom(count);
      ASSERT_FALSE(bloom.is_none());
      const uint64_t first = random() % 1'000'000;
      for (uint64_t i = 0; i < count; ++i) bloom.Add(key(first + i));
      for (uint64_t i = 0; i < count; ++i) ASSERT_TRUE(bloom.MayHold(key(first + i))) << i;
      constexpr size_t kOthers = 200'000;
      size_t wrong = 0;
      for (uint64_t i = 0; i < kOthers; ++i) wrong += bloom.MayHold(key(first + count + i)) ? 1 : 0;
      EXPECT_LT(wrong, kOthers / 50) << count << (dense ? " dense" : " scattered");
      if (count == 0) {
        EXPECT_EQ(wrong, 0u);
      }
    }
  }
}

TEST(BlockedBloomTest, IsNoneBeyondItsLargestSize) {
  EXPECT_TRUE(BlockedBloom().is_none());
  EXPECT_EQ(BlockedBloom::BytesFor(0), 64u);
  EXPECT_EQ(BlockedBloom::BytesFor(43), 64u);
  EXPECT_EQ(BlockedBloom::BytesFor(44), 128u);
  size_t most = 0;
  for (size_t keys = 1; keys < (size_t{1} << 24); keys += 1013) {
    const size_t bytes = BlockedBloom::BytesFor(keys);
    if (bytes == 0) continue;
    most = keys;
    ASSERT_GE(bytes * 8, keys * 12);
    ASSERT_LE(bytes, BlockedBloom::kMostBytes);
  }
  EXPECT_GT(most, 5'000'000u);
  EXPECT_EQ(BlockedBloom::BytesFor(most + 2000), 0u);
  EXPECT_EQ(BlockedBloom::BytesFor(~size_t{0}), 0u);
  EXPECT_TRUE(BlockedBloom(~size_t{0}).is_none());
}

}  // namespace
}  // namespace trivet
