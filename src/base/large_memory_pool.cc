#include "base/large_memory_pool.h"

#include <sys/mman.h>

#include <new>

namespace trivet {

namespace {

// With too many mappings a hole cannot be made; the memory can go all the same.
void Unmap(void* memory, size_t bytes) {
  if (::munmap(memory, bytes) != 0) ::madvise(memory, bytes, MADV_DONTNEED);
}

// Not every kernel aligns large mappings by itself: what lies around the aligned part goes back.
void* Map(size_t bytes) {
  constexpr size_t kAlignment = LargeMemoryPool::kHugePageBytes;
  void* mapped = ::mmap(nullptr, bytes + kAlignment, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  auto* begin = static_cast<char*>(mapped);
  const size_t before = (kAlignment - reinterpret_cast<size_t>(begin) % kAlignment) % kAlignment;
  if (before != 0) Unmap(begin, before);
  Unmap(begin + before + bytes, kAlignment - before);
  ::madvise(begin + before, bytes, MADV_HUGEPAGE);  // a refusal costs time, nothing else
  return begin + before;
}

}  // namespace

LargeMemoryPool& LargeMemoryPool::Instance() {
  // Never destroyed: what others' destructors free at the process's end may come after any order.
  static auto* const pool = new LargeMemoryPool();
  return *pool;
}

void LargeMemoryPool::Attach(MemoryManager& memory, size_t most_bytes) {
  {
    std::unique_lock lock(attachment_);
    if (memory_.load() != nullptr && memory_.load() != &memory) return;
    memory_ = &memory;
    most_bytes_ = most_bytes;
  }
  Release();
}

void LargeMemoryPool::Detach(const MemoryManager& memory) {
  std::unique_lock lock(attachment_);
  if (memory_.load() != &memory) return;
  Release();
  memory_ = nullptr;
  most_bytes_ = 0;
}

void* LargeMemoryPool::Take(size_t bytes) {
  {
    // Until what pays for a kept block is given back, the budget must not go.
    std::shared_lock attached(attachment_);
    Blocks::node_type kept;
    std::unique_lock lock(mutex_);
    const auto fitting = blocks_.find(bytes);
    if (fitting != blocks_.end()) {
      kept = blocks_.extract(fitting);
      kept_bytes_ -= bytes;
      lock.unlock();
      return kept.mapped().memory;
    }
  }
  return Map(bytes);
}

void LargeMemoryPool::Give(void* memory, size_t bytes) noexcept {
  if (!Keep(memory, bytes)) Unmap(memory, bytes);
}

bool LargeMemoryPool::Keep(void* memory, size_t bytes) {
  std::shared_lock attached(attachment_);
  MemoryManager* const budget = memory_.load();
  if (budget == nullptr || bytes > most_bytes_) return false;
  // Somebody else is likely to want it: refusals would only take it back, and with it others'
  // cache.
  if (budget->reserved_bytes() + bytes > budget->limit_bytes() / 4 * 3) return false;
  // Not under the mutex: whoever is asked to give way may release what is kept here.
  Result<Reservation> reserved = budget->TryReserve(bytes, "memory for the next query");
  if (!reserved.ok()) return false;
  std::lock_guard lock(mutex_);
  if (kept_bytes_ + bytes > most_bytes_) return false;
  blocks_.emplace(bytes, Kept{memory, *std::move(reserved)});
  kept_bytes_ += bytes;
  return true;
}

size_t LargeMemoryPool::Release() noexcept {
  Blocks blocks;
  size_t released = 0;
  {
    std::lock_guard lock(mutex_);
    blocks.swap(blocks_);
    released = kept_bytes_.exchange(0);
  }
  for (const auto& [bytes, kept] : blocks) Unmap(kept.memory, bytes);
  return released;
}

size_t LargeMemoryPool::kept_bytes(const MemoryManager& memory) const {
  return memory_.load() == &memory ? kept_bytes_.load() : 0;
}

}  // namespace trivet
