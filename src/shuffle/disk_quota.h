#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "base/status.h"

namespace trivet {

// A bound on the bytes that files of one kind take on disk. Thread-safe; outlives its users.
class DiskQuota {
 public:
  static constexpr uint64_t kUnlimited = ~uint64_t{0};

  explicit DiskQuota(uint64_t limit_bytes = kUnlimited) : limit_(limit_bytes) {}

  // OutOfDisk naming the path, the quota and what is used where `bytes` more would exceed it.
  Status Reserve(uint64_t bytes, const std::string& path);
  void Release(uint64_t bytes) noexcept { used_.fetch_sub(bytes, std::memory_order_relaxed); }

  uint64_t used_bytes() const { return used_.load(std::memory_order_relaxed); }
  uint64_t limit_bytes() const { return limit_; }

 private:
  const uint64_t limit_;
  std::atomic<uint64_t> used_{0};
};

}  // namespace trivet
