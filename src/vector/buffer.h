#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/memory.h"

namespace trivet {

// 64-byte aligned memory shared by vectors; may carry the reservation that pays for it. The content
// is not initialised. Thread-safe to share once written.
class Buffer {
 public:
  explicit Buffer(size_t size, Reservation reservation = {});
  ~Buffer();
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  uint8_t* data() { return data_; }
  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  uint8_t* data_;
  size_t size_;
  Reservation reservation_;
};

// Anything whose lifetime vectors share: buffers, string heaps, decoded pages, Arrow arrays.
using Owner = std::shared_ptr<const void>;

// Bump allocator for the bytes of long strings; freed as a whole. Not synchronised.
class StringHeap {
 public:
  // Uninitialised bytes, valid as long as the heap.
  char* Allocate(size_t size);

 private:
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  size_t left_ = 0;
};

}  // namespace trivet
