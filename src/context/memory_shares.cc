#include "context/memory_shares.h"

#include <algorithm>

namespace trivet {

namespace {
// Of an operator that has not run yet: less than this is not worth counting on.
constexpr size_t kLeastExpected = size_t{1} << 20;
// With nothing free, reading back is still tried with so much.
constexpr size_t kLeastLoadBytes = size_t{256} << 10;
// Where everything spills for a test's sake, what comes back is cut, too.
constexpr size_t kAlwaysSpillingLoadBytes = 512;
}  // namespace

std::unique_ptr<MemoryShare> MemoryShares::Join(size_t expected_bytes, bool always_spills) {
  std::unique_ptr<MemoryShare> member(new MemoryShare(*this, expected_bytes, always_spills));
  std::lock_guard lock(mutex_);
  members_.push_back(member.get());
  return member;
}

MemoryShare::~MemoryShare() {
  std::lock_guard lock(shares_.mutex_);
  std::erase(shares_.members_, this);
}

size_t MemoryShare::demand() const {
  const size_t held = held_bytes();
  if (complete_.load(std::memory_order_relaxed)) return held;
  return std::max({held, expected_, kLeastExpected});
}

bool MemoryShare::MustSpill(size_t bytes, size_t threads) const {
  if (bytes == 0) return false;
  if (always_spills_) return true;
  const MemoryManager& memory = shares_.memory_;
  const size_t in_use =
      memory.reserved_bytes() - std::min(memory.reserved_bytes(), memory.reclaimable_bytes());
  if (in_use <= memory.limit_bytes() / 2) return false;
  const size_t most = allowance();
  return held_bytes() > most && bytes > most / threads;
}

size_t MemoryShare::LoadBytes(size_t threads) const {
  if (always_spills_) return kAlwaysSpillingLoadBytes;
  const size_t most = allowance();
  const size_t held = held_bytes();
  return std::max(most > held ? (most - held) / threads : 0, kLeastLoadBytes);
}

size_t MemoryShares::AllowanceOf(const MemoryShare& member) const {
  const size_t limit = memory_.limit_bytes();
  std::vector<size_t> demands;
  size_t held = 0;
  {
    std::lock_guard lock(mutex_);
    for (const MemoryShare* other : members_) {
      held += other->held_bytes();
      if (other != &member) demands.push_back(other->demand());
    }
  }
  // What is neither a member's nor free is not to be divided.
  const size_t reserved = memory_.reserved_bytes();
  const size_t divided = held + memory_.reclaimable_bytes();
  const size_t foreign = reserved > divided ? reserved - divided : 0;
  const size_t kept_free = limit / 8;
  size_t pool = limit - kept_free;
  pool = pool > foreign ? pool - foreign : 0;
  // Small demands are met in full; the rest is divided among the others and the member, whose own
  // demand has no bound.
  std::sort(demands.begin(), demands.end());
  size_t left = demands.size() + 1;
  for (const size_t demand : demands) {
    if (demand >= pool / left) break;
    pool -= demand;
    --left;
  }
  return pool / left;
}

}  // namespace trivet
