#include "formats/adapters/memory_pool_arrow.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "formats/adapters/status_arrow.h"

namespace trivet {

namespace {
// What empty buffers point to; never written.
alignas(64) uint8_t empty_buffer[64];
}  // namespace

arrow::Status ReservedMemoryPool::Allocate(int64_t size, int64_t alignment, uint8_t** out) {
  if (size < 0) return arrow::Status::Invalid("negative allocation");
  if (size == 0) {
    *out = empty_buffer;
    return arrow::Status::OK();
  }
  {
    std::lock_guard lock(mutex_);
    Status reserved = reservation_.Grow(static_cast<size_t>(size));
    if (!reserved.ok()) return ToArrow(std::move(reserved));
  }
  const size_t aligned = static_cast<size_t>(std::max<int64_t>(alignment, 64));
  *out = static_cast<uint8_t*>(
      std::aligned_alloc(aligned, (static_cast<size_t>(size) + aligned - 1) / aligned * aligned));
  if (*out == nullptr) {
    std::lock_guard lock(mutex_);
    reservation_.Shrink(static_cast<size_t>(size));
    return arrow::Status::OutOfMemory("the machine has no memory left");
  }
  allocated_.fetch_add(size, std::memory_order_relaxed);
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
  allocated_.fetch_sub(size, std::memory_order_relaxed);
  std::lock_guard lock(mutex_);
  reservation_.Shrink(static_cast<size_t>(size));
}

}  // namespace trivet
