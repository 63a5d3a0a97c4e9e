#include <algorithm>
#include <utility>

#include "expression/aggregate_function.h"

namespace trivet {

namespace {
constexpr size_t kFirstBlockBytes = size_t{1} << 10;
constexpr size_t kLargestBlockBytes = size_t{1} << 20;
constexpr size_t kArenaAlignment = 16;
}  // namespace

void* AggregateArena::Allocate(size_t bytes) {
  bytes = (bytes + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment;
  if (bytes > left_) {
    if (!status_.ok()) return nullptr;
    // As much again as there is already keeps the number of blocks logarithmic.
    // A small budget is not to be taken in a few large steps.
    const size_t largest =
        std::clamp(reservation_.limit_bytes() / 256, 16 * kFirstBlockBytes, kLargestBlockBytes);
    const size_t wanted = std::clamp(reservation_.bytes(), kFirstBlockBytes, largest);
    const size_t block = std::max(bytes, wanted);
    status_ = reservation_.Grow(block);
    if (!status_.ok()) return nullptr;
    // Tables of counts and lists to be sorted may take gigabytes.
    blocks_.emplace_back(static_cast<uint8_t*>(AllocateLarge(block)), FreeBlock{block});
    next_ = blocks_.back().get();
    left_ = block;
  }
  uint8_t* result = next_;
  next_ += bytes;
  left_ -= bytes;
  return result;
}

void AggregateArena::Adopt(AggregateArena&& other) {
  std::move(other.blocks_.begin(), other.blocks_.end(), std::back_inserter(blocks_));
  other.blocks_.clear();
  adopted_.push_back(std::move(other.reservation_));
  std::move(other.adopted_.begin(), other.adopted_.end(), std::back_inserter(adopted_));
  other.adopted_.clear();
  other.next_ = nullptr;
  other.left_ = 0;
  if (status_.ok()) status_ = std::move(other.status_);
}

}  // namespace trivet
