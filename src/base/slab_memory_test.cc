#include "base/slab_memory.h"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>
#include <vector>

#include "base/large_memory_pool.h"

namespace trivet {
namespace {

constexpr size_t kSlab = LargeMemoryPool::kHugePageBytes;

size_t SlabOf(const void* block) { return reinterpret_cast<size_t>(block) / kSlab; }

TEST(SlabMemoryTest, BlocksAreAlignedAndApart) {
  std::vector<std::pair<unsigned char*, size_t>> blocks;
  for (size_t i = 0; i < 300; ++i) {
    const size_t bytes = 1 + (i * i * 7919) % SlabMemory::kMostBytes;
    auto* block = static_cast<unsigned char*>(SlabMemory::Take(bytes));
    EXPECT_EQ(reinterpret_cast<size_t>(block) % 64, 0u);
    EXPECT_EQ(SlabOf(block), SlabOf(block + bytes - 1));
    std::memset(block, static_cast<int>(i % 251), bytes);
    blocks.emplace_back(block, bytes);
  }
  for (size_t i = 0; i < blocks.size(); ++i) {
    const auto [block, bytes] = blocks[i];
    EXPECT_EQ(block[0], i % 251);
    EXPECT_EQ(block[bytes - 1], i % 251);
    SlabMemory::Give(block);
  }
}

TEST(SlabMemoryTest, ASlabWithoutBlocksIsCutAnew) {
  void* first = SlabMemory::Take(SlabMemory::kMostBytes);
  SlabMemory::Give(first);
  for (int i = 0; i < 10; ++i) {
    void* again = SlabMemory::Take(SlabMemory::kMostBytes);
    EXPECT_EQ(SlabOf(again), SlabOf(first));
    SlabMemory::Give(again);
  }
}

TEST(SlabMemoryTest, BlocksOutliveTheThreadThatTookThem) {
  std::vector<void*> blocks(64);
  std::thread taker([&] {
    for (void*& block : blocks) {
      block = SlabMemory::Take(100000);
      std::memset(block, 0x5A, 100000);
    }
  });
  taker.join();
  std::thread giver([&] {
    for (void* block : blocks) {
      EXPECT_EQ(static_cast<unsigned char*>(block)[99999], 0x5A);
      SlabMemory::Give(block);
    }
  });
  giver.join();
}

}  // namespace
}  // namespace trivet
