#include "formats/adapters/memory_pool_arrow.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "formats/adapters/status_arrow.h"

namespace trivet {

namespace {
// What empty buffers point to; never written.
alignas(64) uint8_t empty_buffer[64];

struct RetiredPools {
  std::mutex mutex;
  std::vector<ReservedMemoryPool*> pools;
};

// Never destroyed: Arrow's threads may outlive main.
RetiredPools& Retired() {
  static auto* const retired = new RetiredPools;
  return *retired;
}
}  // namespace

std::shared_ptr<ReservedMemoryPool> ReservedMemoryPool::Make(MemoryManager& memory,
                                                             std::string consumer) {
  ReservedMemoryPool* pool = nullptr;
  {
    RetiredPools& retired = Retired();
    std::lock_guard lock(retired.mutex);
    const auto idle = std::ranges::find_if(retired.pools, [&](ReservedMemoryPool* candidate) {
      return candidate->Serve(memory, consumer);
    });
    if (idle != retired.pools.end()) {
      pool = *idle;
      retired.pools.erase(idle);
    }
  }
  if (pool == nullptr) {
    pool = new ReservedMemoryPool;
    pool->Serve(memory, consumer);
  }
  return {pool, [](ReservedMemoryPool* last) { last->Retire(); }};
}

bool ReservedMemoryPool::Serve(MemoryManager& memory, const std::string& consumer) {
  std::lock_guard lock(mutex_);
  if (allocated_.load(std::memory_order_relaxed) != 0) return false;
  reservation_ = Reservation(&memory, consumer);
  serving_ = true;
  return true;
}

void ReservedMemoryPool::Retire() {
  {
    std::lock_guard lock(mutex_);
    serving_ = false;
    reservation_ = Reservation();
  }
  RetiredPools& retired = Retired();
  std::lock_guard lock(retired.mutex);
  retired.pools.push_back(this);
}

arrow::Status ReservedMemoryPool::Allocate(int64_t size, int64_t alignment, uint8_t** out) {
  if (size < 0) return arrow::Status::Invalid("negative allocation");
  if (size == 0) {
    *out = empty_buffer;
    return arrow::Status::OK();
  }
  {
    std::lock_guard lock(mutex_);
    if (!serving_) return arrow::Status::Cancelled("the scan has ended");
    Status reserved = reservation_.Grow(static_cast<size_t>(size));
    if (!reserved.ok()) return ToArrow(std::move(reserved));
    allocated_.fetch_add(size, std::memory_order_relaxed);
  }
  const size_t aligned = static_cast<size_t>(std::max<int64_t>(alignment, 64));
  *out = static_cast<uint8_t*>(
      std::aligned_alloc(aligned, (static_cast<size_t>(size) + aligned - 1) / aligned * aligned));
  if (*out == nullptr) {
    GiveBack(size);
    return arrow::Status::OutOfMemory("the machine has no memory left");
  }
  total_.fetch_add(size, std::memory_order_relaxed);
  count_.fetch_add(1, std::memory_order_relaxed);
  return arrow::Status::OK();
}

arrow::Status ReservedMemoryPool::Reallocate(int64_t old_size, int64_t new_size, int64_t alignment,
                                             uint8_t** pointer) {
  uint8_t* moved = nullptr;
  ARROW_RETURN_NOT_OK(Allocate(new_size, alignment, &moved));
  if (old_size > 0 && new_size > 0) {
    std::memcpy(moved, *pointer, static_cast<size_t>(std::min(old_size, new_size)));
  }
  Free(*pointer, old_size, alignment);
  *pointer = moved;
  return arrow::Status::OK();
}

void ReservedMemoryPool::Free(uint8_t* buffer, int64_t size, int64_t) {
  if (buffer == empty_buffer) return;
  std::free(buffer);
  GiveBack(size);
}

void ReservedMemoryPool::GiveBack(int64_t size) {
  std::lock_guard lock(mutex_);
  allocated_.fetch_sub(size, std::memory_order_relaxed);
  if (serving_) reservation_.Shrink(static_cast<size_t>(size));
}

}  // namespace trivet
