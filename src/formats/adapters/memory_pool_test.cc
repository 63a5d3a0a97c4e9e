#include <gtest/gtest.h>

#include "context/memory_budget.h"
#include "formats/adapters/memory_pool_arrow.h"
#include "formats/adapters/status_arrow.h"

namespace trivet {
namespace {

TEST(ReservedMemoryPoolTest, ReservesWhatItAllocatesAndRefusesBeyond) {
  MemoryBudget memory("memory_limit", 1000);
  const auto pool = ReservedMemoryPool::Make(memory, "a reader");
  uint8_t* first = nullptr;
  ASSERT_TRUE(pool->Allocate(600, 64, &first).ok());
  EXPECT_EQ(memory.reserved_bytes(), 600);
  uint8_t* second = nullptr;
  const Status refused = FromArrow(pool->Allocate(600, 64, &second));
  EXPECT_EQ(refused.code(), StatusCode::kOutOfMemory) << refused.message();
  EXPECT_EQ(pool->bytes_allocated(), 600);
  pool->Free(first, 600, 64);
  EXPECT_EQ(memory.reserved_bytes(), 0);
}

// As Arrow's read-ahead does: it holds the pool's address and lets go of its buffers when it likes.
TEST(ReservedMemoryPoolTest, BuffersMayOutliveTheLastOwner) {
  uint8_t* buffer = nullptr;
  ReservedMemoryPool* address = nullptr;
  {
    MemoryBudget memory("memory_limit", 1000);
    auto pool = ReservedMemoryPool::Make(memory, "a reader");
    address = pool.get();
    ASSERT_TRUE(pool->Allocate(600, 64, &buffer).ok());
    pool.reset();
    EXPECT_EQ(memory.reserved_bytes(), 0);
  }
  uint8_t* late = nullptr;
  EXPECT_FALSE(address->Allocate(1, 64, &late).ok());

  MemoryBudget memory("memory_limit", 1000);
  const auto other = ReservedMemoryPool::Make(memory, "another reader");
  EXPECT_NE(other.get(), address);  // a buffer is still out
  address->Free(buffer, 600, 64);
  EXPECT_EQ(address->bytes_allocated(), 0);
  const auto next = ReservedMemoryPool::Make(memory, "another reader");
  ASSERT_TRUE(next->Allocate(100, 64, &buffer).ok());
  EXPECT_EQ(memory.reserved_bytes(), 100);
  next->Free(buffer, 100, 64);
}

}  // namespace
}  // namespace trivet
