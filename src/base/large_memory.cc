#include "base/large_memory.h"

#include <new>

#include "base/large_memory_pool.h"

namespace trivet {

namespace {
constexpr size_t kHugePageBytes = LargeMemoryPool::kHugePageBytes;
constexpr std::align_val_t kCacheLine{64};

size_t WholeHugePages(size_t bytes) {
  return (bytes + kHugePageBytes - 1) / kHugePageBytes * kHugePageBytes;
}
}  // namespace

void* AllocateLarge(size_t bytes) {
  if (bytes < kHugePageBytes) return ::operator new(bytes, kCacheLine);
  return LargeMemoryPool::Instance().Take(WholeHugePages(bytes));
}

void FreeLarge(void* memory, size_t bytes) noexcept {
  if (bytes < kHugePageBytes) {
    ::operator delete(memory, kCacheLine);
  } else if (memory != nullptr) {
    LargeMemoryPool::Instance().Give(memory, WholeHugePages(bytes));
  }
}

}  // namespace trivet
