#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <mutex>

#include "base/memory.h"

namespace trivet {

// The bytes that all readers of a worker may hold in flight: fetched, not yet given to a task.
// Reserved against the worker's memory while held. Thread-safe; outlives its readers.
class CreditPool {
 public:
  // `memory` may be null.
  CreditPool(size_t limit_bytes, MemoryManager* memory);

  // Takes `bytes` if they are there.
  bool TryAcquire(size_t bytes);
  // Takes `bytes` whatever the limit: for what has come already, and for the one message without
  // which a reader could not go on. OutOfMemory where the worker's memory does not have them.
  Status Overdraw(size_t bytes);
  // Must not be called with a lock held that a waiter takes.
  void Release(size_t bytes);

  // Called, on any thread, when credit has come back after a refusal; must not call AddWaiter,
  // RemoveWaiter or Release.
  using Waiter = std::function<void()>;
  using WaiterId = std::list<Waiter>::iterator;
  WaiterId AddWaiter(Waiter waiter);
  // Returns once the waiter is not being called any more.
  void RemoveWaiter(WaiterId id);

  size_t limit_bytes() const { return limit_; }
  size_t used_bytes() const;
  size_t peak_bytes() const;

 private:
  Status Take(size_t bytes);

  const size_t limit_;
  mutable std::mutex mutex_;
  const bool reserves_;
  Reservation reservation_;
  size_t used_ = 0;
  size_t peak_ = 0;
  bool refused_ = false;  // since waiters were last called
  std::mutex waiters_mutex_;
  std::list<Waiter> waiters_;
};

}  // namespace trivet
