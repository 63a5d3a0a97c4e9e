#include "shuffle/credit_pool.h"

#include <algorithm>
#include <utility>

namespace trivet {

CreditPool::CreditPool(size_t limit_bytes, MemoryManager* memory)
    : limit_(limit_bytes), reserves_(memory != nullptr), reservation_(memory, "exchange") {}

Status CreditPool::Take(size_t bytes) {
  if (reserves_) TRIVET_RETURN_IF_ERROR(reservation_.Grow(bytes));
  used_ += bytes;
  peak_ = std::max(peak_, used_);
  return Status::OK();
}

bool CreditPool::TryAcquire(size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (used_ + bytes <= limit_ && Take(bytes).ok()) return true;
  refused_ = true;
  return false;
}

Status CreditPool::Overdraw(size_t bytes) {
  const std::lock_guard lock(mutex_);
  return Take(bytes);
}

void CreditPool::Release(size_t bytes) {
  if (bytes == 0) return;
  {
    const std::lock_guard lock(mutex_);
    used_ -= bytes;
    if (reserves_) reservation_.Shrink(bytes);
    if (!std::exchange(refused_, false)) return;
  }
  const std::lock_guard lock(waiters_mutex_);
  for (const Waiter& waiter : waiters_) waiter();
}

CreditPool::WaiterId CreditPool::AddWaiter(Waiter waiter) {
  const std::lock_guard lock(waiters_mutex_);
  return waiters_.insert(waiters_.end(), std::move(waiter));
}

void CreditPool::RemoveWaiter(WaiterId id) {
  const std::lock_guard lock(waiters_mutex_);
  waiters_.erase(id);
}

size_t CreditPool::used_bytes() const {
  const std::lock_guard lock(mutex_);
  return used_;
}

size_t CreditPool::peak_bytes() const {
  const std::lock_guard lock(mutex_);
  return peak_;
}

}  // namespace trivet
