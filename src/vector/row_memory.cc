#include "vector/row_memory.h"

#include <algorithm>

#include "base/large_memory.h"

namespace trivet {

namespace {
constexpr size_t kFirstRegionBytes = size_t{16} << 10;
constexpr size_t kLargestRegionBytes = size_t{8} << 20;
constexpr size_t kHugePageBytes = size_t{2} << 20;
constexpr size_t kCacheLineBytes = 64;
}  // namespace

RowMemory::~RowMemory() {
  for (const Region& region : regions_) FreeLarge(region.data, region.bytes);
}

Status RowMemory::NextRegion(size_t at_least) {
  // Doubling keeps what is reserved and not used below what is used.
  // A small budget is not to be taken in a few large steps.
  const size_t largest =
      std::clamp(reservation_.limit_bytes() / 256, 4 * kFirstRegionBytes, kLargestRegionBytes);
  region_bytes_ = std::clamp(2 * region_bytes_, kFirstRegionBytes, largest);
  size_t bytes = std::max(region_bytes_, at_least);
  const size_t alignment = bytes >= kHugePageBytes ? kHugePageBytes : kCacheLineBytes;
  bytes = (bytes + alignment - 1) / alignment * alignment;
  TRIVET_RETURN_IF_ERROR(reservation_.Grow(bytes));
  auto* data = static_cast<uint8_t*>(AllocateLarge(bytes));
  regions_.push_back({data, bytes});
  next_ = data;
  left_ = bytes;
  return Status::OK();
}

}  // namespace trivet
