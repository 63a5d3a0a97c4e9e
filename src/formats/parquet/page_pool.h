#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "base/memory.h"
#include "base/status.h"
#include "vector/buffer.h"

namespace trivet::parquet {

// Readable bytes behind the content of every page buffer: decoders load whole words and vectors.
inline constexpr size_t kSlackBytes = 64;

// Memory of one page, reserved while it exists. Its content is not initialised.
struct PageBuffer {
  PageBuffer(size_t capacity_bytes, Reservation reservation)
      : buffer(capacity_bytes + kSlackBytes, std::move(reservation)), capacity(capacity_bytes) {}
  // One that a cache keeps.
  PageBuffer(Buffer::Source source, size_t capacity_bytes, Reservation reservation)
      : buffer(source, capacity_bytes + kSlackBytes, std::move(reservation)),
        capacity(capacity_bytes) {}
  uint8_t* data() { return buffer.data(); }
  Buffer buffer;
  size_t capacity;  // slack not included
};

// Hands out page buffers and takes them back when the last vector on them is gone, because touching
// fresh memory costs more than decoding into it. Buffers may outlive the pool. Thread-safe.
class PagePool : public std::enable_shared_from_this<PagePool> {
 public:
  explicit PagePool(MemoryManager& memory) : memory_(memory) {}

  // A buffer of at least `size` bytes and the slack; OutOfMemory where the budget refuses it.
  Result<std::shared_ptr<PageBuffer>> Take(size_t size);

 private:
  static constexpr size_t kMaxIdleBytes = 8 << 20;
  static constexpr size_t kMaxIdleBuffers = 64;

  void Return(std::unique_ptr<PageBuffer> buffer);

  MemoryManager& memory_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<PageBuffer>> idle_;
  size_t idle_bytes_ = 0;
};

}  // namespace trivet::parquet
