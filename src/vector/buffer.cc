#include "vector/buffer.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>
#include <utility>

#include "base/slab_memory.h"

namespace trivet {

namespace {
constexpr std::align_val_t kAlignment{64};
// Neighbours become one mapping in the kernel's books, so their number stays small.
constexpr size_t kLeastMappedBytes = 8 * 1024;
constexpr size_t kFirstHeapBlockBytes = 16 * 1024;
constexpr size_t kLargestHeapBlockBytes = 64 * 1024;
}  // namespace

namespace {
// What it can be: small mappings are not worth a call of the system, nor large blocks a slab.
Buffer::Source SourceFor(Buffer::Source wanted, size_t size) {
  if (wanted == Buffer::Source::kSlab && size > SlabMemory::kMostBytes) {
    wanted = Buffer::Source::kMapping;
  }
  if (wanted == Buffer::Source::kMapping && size < kLeastMappedBytes) {
    wanted = Buffer::Source::kHeap;
  }
  return wanted;
}

void* TakeHeap(size_t size) { return ::operator new(std::max<size_t>(size, 1), kAlignment); }
}  // namespace

Buffer::Buffer(Source source, size_t size, Reservation reservation)
    : data_(nullptr),
      size_(size),
      source_(SourceFor(source, size)),
      reservation_(std::move(reservation)) {
  void* memory = nullptr;
  switch (source_) {
    case Source::kHeap: memory = TakeHeap(size); break;
    case Source::kSlab: memory = SlabMemory::Take(size); break;
    case Source::kMapping:
      memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (memory == MAP_FAILED) {
        source_ = Source::kHeap;
        memory = TakeHeap(size);
      }
  }
  data_ = static_cast<uint8_t*>(memory);
}

Buffer::~Buffer() {
  switch (source_) {
    case Source::kHeap: ::operator delete(data_, kAlignment); break;
    case Source::kSlab: SlabMemory::Give(data_); break;
    case Source::kMapping:
      // With too many mappings a hole cannot be made; the memory can go all the same.
      if (::munmap(data_, size_) != 0) ::madvise(data_, size_, MADV_DONTNEED);
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
