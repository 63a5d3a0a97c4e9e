#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "base/memory.h"

namespace trivet {

class MemoryShare;

// How operators that can spill divide a budget among them: each takes what it needs as long as all
// fit, and where they do not, none may hold more than an equal part while others want more
// (max-min fairness). An eighth of the budget stays free for everything else, such as the batches
// under way. One per process budget; thread-safe; outlives its members.
class MemoryShares {
 public:
  explicit MemoryShares(MemoryManager& memory) : memory_(memory) {}

  // A member that expects to need `expected_bytes` (0: not known); one that always spills does so
  // whenever it is asked, so that tests see all ways through disk with few rows.
  std::unique_ptr<MemoryShare> Join(size_t expected_bytes, bool always_spills = false);

 private:
  friend class MemoryShare;
  size_t AllowanceOf(const MemoryShare& member) const;

  MemoryManager& memory_;
  mutable std::mutex mutex_;
  std::vector<const MemoryShare*> members_;
};

// One operator's place among those that divide a budget, as long as it lives. Thread-safe.
class MemoryShare {
 public:
  ~MemoryShare();
  MemoryShare(const MemoryShare&) = delete;
  MemoryShare& operator=(const MemoryShare&) = delete;

  // What its threads hold, told by each as its own changes.
  void Change(size_t from, size_t to) {
    held_.fetch_add(to - from, std::memory_order_relaxed);  // wraps where it shrinks
  }
  size_t held_bytes() const { return held_.load(std::memory_order_relaxed); }
  // It holds what it will hold at most: what it expected to need counts no longer.
  void SetComplete() { complete_.store(true, std::memory_order_relaxed); }
  // The most it may hold now: beyond it, it spills.
  size_t allowance() const { return shares_.AllowanceOf(*this); }
  // What one of its `threads` may bring back from disk now, beside what is held.
  size_t LoadBytes(size_t threads) const;
  bool always_spills() const { return always_spills_; }
  // Whether one of its `threads`, which holds `bytes` of what it holds, has to spill these now.
  // Cheap as long as half of the budget is free.
  bool MustSpill(size_t bytes, size_t threads) const;

 private:
  friend class MemoryShares;
  MemoryShare(MemoryShares& shares, size_t expected_bytes, bool always_spills)
      : shares_(shares), expected_(expected_bytes), always_spills_(always_spills) {}
  size_t demand() const;

  MemoryShares& shares_;
  const size_t expected_;
  const bool always_spills_;
  std::atomic<size_t> held_{0};
  std::atomic<bool> complete_{false};
};

}  // namespace trivet
