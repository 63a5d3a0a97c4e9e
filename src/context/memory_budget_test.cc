#include "context/memory_budget.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace trivet {
namespace {

TEST(MemoryBudget, RefusesBeyondItsLimitAndNamesTheConsumer) {
  MemoryBudget budget("memory_limit", 1000);
  auto held = budget.TryReserve(900, "hash join");
  ASSERT_TRUE(held.ok());
  Status refused = budget.TryReserve(101, "sort").status();
  EXPECT_EQ(refused.code(), StatusCode::kOutOfMemory);
  EXPECT_NE(refused.message().find("sort"), std::string::npos);
  EXPECT_TRUE(budget.TryReserve(100, "sort").ok());
  EXPECT_EQ(budget.reserved_bytes(), 900u);
  held->Release();
  EXPECT_EQ(budget.reserved_bytes(), 0u);
  EXPECT_EQ(budget.peak_bytes(), 1000u);
}

TEST(MemoryBudget, AParentsRefusalLeavesTheChildUnchanged) {
  MemoryBudget process("process", 100);
  MemoryBudget query("query", 1000, &process);
  EXPECT_FALSE(query.TryReserve(200, "x").ok());
  EXPECT_EQ(query.reserved_bytes(), 0u);
  EXPECT_EQ(process.reserved_bytes(), 0u);
}

TEST(MemoryBudget, GrowShrinkAndMoveKeepTheBooks) {
  MemoryBudget budget("b", 1000);
  Reservation a = *budget.TryReserve(10, "x");
  ASSERT_TRUE(a.Grow(90).ok());
  Reservation b = std::move(a);
  b.Shrink(1000);
  EXPECT_EQ(budget.reserved_bytes(), 0u);
  ASSERT_TRUE(b.Resize(500).ok());
  b = Reservation();
  EXPECT_EQ(budget.reserved_bytes(), 0u);
}

TEST(MemoryBudget, NeverExceedsTheLimitUnderContention) {
  MemoryBudget budget("b", 1000);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        auto held = budget.TryReserve(300, "x");
        EXPECT_LE(budget.reserved_bytes(), 1000u);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(budget.reserved_bytes(), 0u);
  EXPECT_LE(budget.peak_bytes(), 1000u);
}

TEST(ParseBytes, ReadsUnitsAndRefusesNonsense) {
  EXPECT_EQ(*ParseBytes("512MB"), 512000000u);
  EXPECT_EQ(*ParseBytes("2 GiB"), size_t{2} << 30);
  EXPECT_EQ(*ParseBytes("1000"), 1000u);
  EXPECT_FALSE(ParseBytes("lots").ok());
  EXPECT_FALSE(ParseBytes("-1GB").ok());
  EXPECT_FALSE(ParseBytes("").ok());
}

}  // namespace
}  // namespace trivet
