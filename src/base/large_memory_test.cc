#include "base/large_memory.h"

#include <gtest/gtest.h>

#include <cstring>

#include "base/large_memory_pool.h"

namespace trivet {
namespace {

constexpr size_t kPage = LargeMemoryPool::kHugePageBytes;

// A budget that counts; refuses beyond its limit.
class CountedMemory final : public MemoryManager {
 public:
  explicit CountedMemory(size_t limit) : limit_(limit) {}
  ~CountedMemory() override { LargeMemoryPool::Instance().Detach(*this); }
  size_t reserved_bytes() const override { return reserved_; }
  size_t peak_bytes() const override { return reserved_; }
  size_t limit_bytes() const override { return limit_; }

 protected:
  Status Grow(size_t bytes, std::string_view) override {
    if (reserved_ + bytes > limit_) return Status::OutOfMemory("full");
    reserved_ += bytes;
    return Status::OK();
  }
  void Shrink(size_t bytes) noexcept override { reserved_ -= bytes; }

 private:
  const size_t limit_;
  size_t reserved_ = 0;
};

TEST(LargeMemoryTest, LargeBlocksAreAlignedAndWritable) {
  for (const size_t bytes : {size_t{1}, size_t{4096}, kPage - 1, kPage, kPage + 1, 5 * kPage}) {
    auto* memory = static_cast<unsigned char*>(AllocateLarge(bytes));
    EXPECT_EQ(reinterpret_cast<size_t>(memory) % (bytes < kPage ? 64 : kPage), 0u) << bytes;
    std::memset(memory, 0x5A, bytes);
    EXPECT_EQ(memory[bytes - 1], 0x5A);
    FreeLarge(memory, bytes);
  }
  FreeLarge(nullptr, 4 * kPage);
}

TEST(LargeMemoryTest, KeepsWhatIsFreedAsFarAsItIsAllowed) {
  LargeMemoryPool& pool = LargeMemoryPool::Instance();
  CountedMemory memory(64 * kPage);
  pool.Attach(memory, 3 * kPage);
  void* first = AllocateLarge(2 * kPage);
  void* second = AllocateLarge(2 * kPage);
  FreeLarge(first, 2 * kPage);
  EXPECT_EQ(pool.kept_bytes(memory), 2 * kPage);
  EXPECT_EQ(memory.reserved_bytes(), 2 * kPage);
  FreeLarge(second, 2 * kPage);  // beyond the bound: to the system
  EXPECT_EQ(pool.kept_bytes(memory), 2 * kPage);
  // Somebody who takes it pays for it himself.
  EXPECT_EQ(AllocateLarge(2 * kPage - 5), first);
  EXPECT_EQ(memory.reserved_bytes(), 0u);
  FreeLarge(first, 2 * kPage);
  EXPECT_EQ(pool.Release(), 2 * kPage);
  EXPECT_EQ(memory.reserved_bytes(), 0u);
}

TEST(LargeMemoryTest, KeepsNothingWhereOthersNeedIt) {
  LargeMemoryPool& pool = LargeMemoryPool::Instance();
  CountedMemory memory(8 * kPage);
  pool.Attach(memory, 8 * kPage);
  const Result<Reservation> others = memory.TryReserve(5 * kPage, "others");
  ASSERT_TRUE(others.ok());
  void* block = AllocateLarge(2 * kPage);
  FreeLarge(block, 2 * kPage);
  EXPECT_EQ(pool.kept_bytes(memory), 0u);
}

TEST(LargeMemoryTest, TheFirstBudgetKeepsAndTheLastBlocksGoWithIt) {
  LargeMemoryPool& pool = LargeMemoryPool::Instance();
  CountedMemory second(64 * kPage);
  {
    CountedMemory first(64 * kPage);
    pool.Attach(first, 8 * kPage);
    pool.Attach(second, 8 * kPage);
    FreeLarge(AllocateLarge(kPage), kPage);
    EXPECT_EQ(pool.kept_bytes(first), kPage);
    EXPECT_EQ(pool.kept_bytes(second), 0u);
  }
  EXPECT_EQ(pool.Release(), 0u);
  FreeLarge(AllocateLarge(kPage), kPage);
  EXPECT_EQ(pool.Release(), 0u);  // nobody allows it
}

}  // namespace
}  // namespace trivet
