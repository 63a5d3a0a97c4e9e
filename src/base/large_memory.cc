#include "base/large_memory.h"

#include <sys/mman.h>

#include <new>

namespace trivet {

namespace {
constexpr size_t kHugePageBytes = size_t{2} << 20;
constexpr std::align_val_t kCacheLine{64};
constexpr std::align_val_t kHugePage{kHugePageBytes};
}  // namespace

void* AllocateLarge(size_t bytes) {
  if (bytes < kHugePageBytes) return ::operator new(bytes, kCacheLine);
  void* memory = ::operator new(bytes, kHugePage);
  madvise(memory, bytes, MADV_HUGEPAGE);  // a refusal costs time, nothing else
  return memory;
}

void FreeLarge(void* memory, size_t bytes) noexcept {
  ::operator delete(memory, bytes < kHugePageBytes ? kCacheLine : kHugePage);
}

}  // namespace trivet
