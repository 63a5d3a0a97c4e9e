#include "base/slab_memory.h"

#include <atomic>
#include <cstdint>
#include <new>

#include "base/large_memory_pool.h"

namespace trivet {

namespace {

constexpr size_t kSlabBytes = LargeMemoryPool::kHugePageBytes;
constexpr size_t kAlignment = 64;

// At the beginning of each slab, which is aligned to its size.
struct alignas(kAlignment) Slab {
  std::atomic<size_t> users{1};  // blocks, and the thread that cuts
  size_t next = kAlignment;      // where the next block begins; the cutting thread's alone
};
static_assert(SlabMemory::kMostBytes + sizeof(Slab) <= kSlabBytes);

void Leave(Slab* slab) noexcept {
  if (slab->users.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  slab->~Slab();
  LargeMemoryPool::Instance().Give(slab, kSlabBytes);
}

// The slab that this thread cuts from.
struct Cutting {
  ~Cutting() {
    if (slab != nullptr) Leave(slab);
  }
  Slab* slab = nullptr;
};
thread_local Cutting cutting;

}  // namespace

void* SlabMemory::Take(size_t bytes) {
  const size_t padded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  Slab*& slab = cutting.slab;
  // With no block left in it, it is as good as new.
  if (slab != nullptr && slab->users.load(std::memory_order_acquire) == 1) slab->next = kAlignment;
  if (slab == nullptr || slab->next + padded > kSlabBytes) {
    Slab* fresh = new (LargeMemoryPool::Instance().Take(kSlabBytes)) Slab();
    if (slab != nullptr) Leave(slab);
    slab = fresh;
  }
  slab->users.fetch_add(1, std::memory_order_relaxed);
  void* block = reinterpret_cast<uint8_t*>(slab) + slab->next;
  slab->next += padded;
  return block;
}

void SlabMemory::Give(void* block) noexcept {
  Leave(reinterpret_cast<Slab*>(reinterpret_cast<uintptr_t>(block) / kSlabBytes * kSlabBytes));
}

}  // namespace trivet
