#pragma once

#include <arrow/memory_pool.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "base/memory.h"

namespace trivet {

// Arrow's allocations against a budget of ours: each is reserved before it is made, a refusal is an
// Arrow error that carries our status. Thread-safe.
//
// Arrow's readers read ahead on threads of their own, which let go of their buffers, and may even
// ask for one more, after their reader has been destroyed; nothing tells when the last has
// finished. So a pool is never destroyed: its last owner retires it, which gives back what was
// reserved and refuses further allocations, and one without buffers serves the next Make.
class ReservedMemoryPool final : public arrow::MemoryPool {
 public:
  // `consumer` is named in errors. Whoever holds arrays made from the pool, or `memory`, holds it.
  static std::shared_ptr<ReservedMemoryPool> Make(MemoryManager& memory, std::string consumer);

  using arrow::MemoryPool::Allocate;
  using arrow::MemoryPool::Free;
  using arrow::MemoryPool::Reallocate;
  arrow::Status Allocate(int64_t size, int64_t alignment, uint8_t** out) override;
  arrow::Status Reallocate(int64_t old_size, int64_t new_size, int64_t alignment,
                           uint8_t** pointer) override;
  void Free(uint8_t* buffer, int64_t size, int64_t alignment) override;
  int64_t bytes_allocated() const override { return allocated_.load(std::memory_order_relaxed); }
  int64_t total_bytes_allocated() const override { return total_.load(std::memory_order_relaxed); }
  int64_t num_allocations() const override { return count_.load(std::memory_order_relaxed); }
  std::string backend_name() const override { return "trivet"; }

 private:
  ReservedMemoryPool() = default;
  void Retire();
  void GiveBack(int64_t size);
  // False where an earlier owner's buffers are still out.
  bool Serve(MemoryManager& memory, const std::string& consumer);

  std::mutex mutex_;
  bool serving_ = false;
  Reservation reservation_;
  std::atomic<int64_t> allocated_{0};  // changed under mutex_
  std::atomic<int64_t> total_{0};
  std::atomic<int64_t> count_{0};
};

}  // namespace trivet
