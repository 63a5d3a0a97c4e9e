#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <string>

#include "base/memory.h"
#include "context/memory_shares.h"

namespace trivet {

// A budget with an optional parent: a query's budget inside the process's. A request must fit both;
// the error names the consumer and the budget that refused. Lock-free; thread-safe. Outlives its
// reservations.
class MemoryBudget final : public MemoryManager {
 public:
  // `name` is shown in errors ("memory_limit"). The parent must outlive this budget.
  MemoryBudget(std::string name, size_t limit_bytes, MemoryBudget* parent = nullptr)
      : name_(std::move(name)), limit_(limit_bytes), parent_(parent) {}

  size_t reserved_bytes() const override { return reserved_.load(std::memory_order_relaxed); }
  size_t peak_bytes() const override { return peak_.load(std::memory_order_relaxed); }
  // Its own or its parent's, whichever is less.
  size_t limit_bytes() const override {
    const size_t own = limit_.load(std::memory_order_relaxed);
    return parent_ == nullptr ? own : std::min(own, parent_->limit_bytes());
  }
  void SetReclaimer(MemoryReclaimer* reclaimer) override {
    reclaimer_.store(reclaimer, std::memory_order_release);
  }
  size_t reclaimable_bytes() const override {
    const MemoryReclaimer* reclaimer = reclaimer_.load(std::memory_order_acquire);
    return reclaimer == nullptr ? 0 : reclaimer->reclaimable_bytes();
  }
  // How spilling operators divide the outermost budget.
  MemoryShares& shares() { return parent_ == nullptr ? shares_ : parent_->shares(); }
  void set_limit_bytes(size_t limit) { limit_.store(limit, std::memory_order_relaxed); }

 protected:
  Status Grow(size_t bytes, std::string_view consumer) override;
  Status GrowYielding(size_t bytes, std::string_view consumer) override;
  void Shrink(size_t bytes) noexcept override;

 private:
  Status Take(size_t bytes, std::string_view consumer);
  Status Refusal(size_t bytes, std::string_view consumer, size_t reserved) const;

  std::string name_;
  std::atomic<size_t> limit_;
  MemoryBudget* parent_;
  MemoryShares shares_{*this};
  std::atomic<MemoryReclaimer*> reclaimer_{nullptr};
  std::atomic<size_t> reserved_{0};
  std::atomic<size_t> peak_{0};
};

// Memory that this process may use: the control group's limit where there is one, else the
// machine's.
size_t AvailableMemoryBytes();
// Default of memory_limit: 80 % of AvailableMemoryBytes.
size_t DefaultMemoryLimit();

// "1.5 GiB"; and back: "512MB", "2GiB", "80%" (of AvailableMemoryBytes), plain bytes.
std::string FormatBytes(size_t bytes);
Result<size_t> ParseBytes(std::string_view text);

}  // namespace trivet
