#include "vector/buffer.h"

#include <algorithm>
#include <new>
#include <utility>

namespace trivet {

namespace {
constexpr std::align_val_t kAlignment{64};
constexpr size_t kHeapBlockBytes = 16 * 1024;
}  // namespace

Buffer::Buffer(size_t size, Reservation reservation)
    : data_(static_cast<uint8_t*>(::operator new(std::max<size_t>(size, 1), kAlignment))),
      size_(size),
      reservation_(std::move(reservation)) {}

Buffer::~Buffer() { ::operator delete(data_, kAlignment); }

char* StringHeap::Allocate(size_t size) {
  if (size > left_) {
    const size_t block = std::max(size, kHeapBlockBytes);
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(block));
    // A string that fills a block of its own does not end the block in use.
    if (size > kHeapBlockBytes / 2 && left_ > 0) return blocks_.back().get();
    next_ = blocks_.back().get();
    left_ = block;
  }
  char* result = next_;
  next_ += size;
  left_ -= size;
  return result;
}

}  // namespace trivet
