#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/cancellation.h"
#include "base/memory.h"

namespace trivet {

// 64-byte aligned memory shared by vectors; may carry the reservation that pays for it. The content
// is not initialised. Thread-safe to share once written.
class Buffer {
 public:
  // Where the memory comes from.
  enum class Source : uint8_t {
    kHeap,
    // A mapping of its own where it is large: it goes back to the system as soon as it is freed,
    // whatever lies around it.
    kMapping,
    // SlabMemory: for many that live as long as a query.
    kSlab,
  };

  explicit Buffer(size_t size, Reservation reservation = {})
      : Buffer(Source::kHeap, size, std::move(reservation)) {}
  Buffer(Source source, size_t size, Reservation reservation);
  ~Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  uint8_t* data() { return data_; }
  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  uint8_t* data_;
  size_t size_;
  Source source_;
  Reservation reservation_;
};

// Anything whose lifetime vectors share: buffers, string heaps, decoded pages, Arrow arrays.
using Owner = std::shared_ptr<const void>;

// Bump allocator for the bytes of long strings; freed as a whole. Every block of a heap with a
// budget is reserved before it is allocated, and none is once the query is cancelled. Not
// synchronised.
class StringHeap {
 public:
  // The longest string that a view can tell.
  static constexpr size_t kMaxStringBytes = 0xFFFFFFFF;

  // Without a budget: for constants, and for what its owner reserves.
  StringHeap() = default;
  // Both outlive the heap.
  StringHeap(MemoryManager& memory, const CancellationToken& cancellation)
      : reservation_(&memory, "strings"), cancellation_(&cancellation) {}

  // Uninitialised bytes, valid as long as the heap. Null where they are refused, from then on for
  // ever: status() says why, and whoever asked for the strings must return it, for they are lost.
  char* Allocate(size_t size);
  const Status& status() const { return status_; }
  // What all blocks take.
  size_t bytes() const { return bytes_; }

 private:
  char* NewBlock(size_t size);

  Reservation reservation_;
  const CancellationToken* cancellation_ = nullptr;
  Status status_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  size_t bytes_ = 0;
  static inline char nothing_ = 0;  // where strings of no bytes lie
  char* next_ = &nothing_;
  size_t left_ = 0;
};

}  // namespace trivet
