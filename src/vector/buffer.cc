#include "vector/buffer.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>
#include <utility>

namespace trivet {

namespace {
constexpr std::align_val_t kAlignment{64};
// Neighbours become one mapping in the kernel's books, so their number stays small.
constexpr size_t kLeastMappedBytes = 8 * 1024;
constexpr size_t kFirstHeapBlockBytes = 16 * 1024;
constexpr size_t kLargestHeapBlockBytes = 64 * 1024;
}  // namespace

Buffer::Buffer(size_t size, Reservation reservation)
    : data_(static_cast<uint8_t*>(::operator new(std::max<size_t>(size, 1), kAlignment))),
      size_(size),
      reservation_(std::move(reservation)) {}

Buffer::Buffer(Lasting, size_t size, Reservation reservation)
    : data_(nullptr), size_(size), reservation_(std::move(reservation)) {
  if (size >= kLeastMappedBytes) {
    void* mapped =
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    is_mapped_ = mapped != MAP_FAILED;
    if (is_mapped_) data_ = static_cast<uint8_t*>(mapped);
  }
  if (!is_mapped_) {
    data_ = static_cast<uint8_t*>(::operator new(std::max<size_t>(size, 1), kAlignment));
  }
}

Buffer::~Buffer() {
  if (is_mapped_) {
    // With too many mappings a hole cannot be made; the memory can go all the same.
    if (::munmap(data_, size_) != 0) ::madvise(data_, size_, MADV_DONTNEED);
  } else {
    ::operator delete(data_, kAlignment);
  }
}

char* StringHeap::NewBlock(size_t size) {
  if (status_.ok() && size > kMaxStringBytes) {
    status_ = Status::InvalidInput("a string cannot be longer than 4 GiB");
  }
  if (status_.ok() && cancellation_ != nullptr) status_ = cancellation_->Check();
  if (status_.ok()) status_ = reservation_.Grow(size);
  if (!status_.ok()) {
    next_ = nullptr;
    left_ = 0;
    return nullptr;
  }
  blocks_.push_back(std::make_unique_for_overwrite<char[]>(size));
  bytes_ += size;
  return blocks_.back().get();
}

char* StringHeap::Allocate(size_t size) {
  if (size > left_) {
    // Blocks grow with the heap, so that a vector of long strings asks the budget a few times only.
    const size_t block = std::clamp(bytes_, kFirstHeapBlockBytes, kLargestHeapBlockBytes);
    // A large string gets a block of its own, and does not end the block in use.
    if (size > block / 2) return NewBlock(size);
    char* memory = NewBlock(block);
    if (memory == nullptr) return nullptr;
    next_ = memory;
    left_ = block;
  }
  char* result = next_;
  next_ += size;
  left_ -= size;
  return result;
}

}  // namespace trivet
