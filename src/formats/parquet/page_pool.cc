#include "formats/parquet/page_pool.h"

#include <algorithm>
#include <utility>

namespace trivet::parquet {

namespace {
// Capacities are steps of an eighth of a power of two, so that pages of about one size share
// buffers.
size_t RoundCapacity(size_t size) {
  size_t step = 4096;
  while (step * 8 < size) step *= 2;
  return (size + step - 1) / step * step;
}
}  // namespace

Result<std::shared_ptr<PageBuffer>> PagePool::Take(size_t size) {
  const size_t capacity = RoundCapacity(std::max<size_t>(size, 1));
  std::unique_ptr<PageBuffer> buffer;
  {
    std::lock_guard lock(mutex_);
    auto best = idle_.end();
    for (auto it = idle_.begin(); it != idle_.end(); ++it) {
      const size_t have = (*it)->capacity;
      if (have < size || have > 4 * capacity) continue;
      if (best == idle_.end() || have < (*best)->capacity) best = it;
    }
    if (best != idle_.end()) {
      buffer = std::move(*best);
      *best = std::move(idle_.back());
      idle_.pop_back();
      idle_bytes_ -= buffer->capacity;
    }
  }
  if (buffer == nullptr) {
    TRIVET_ASSIGN_OR_RETURN(Reservation reservation,
                            memory_.TryReserve(capacity + kSlackBytes, "Parquet scan"));
    buffer = std::make_unique<PageBuffer>(capacity, std::move(reservation));
  }
  return std::shared_ptr<PageBuffer>(buffer.release(),
                                     [pool = weak_from_this()](PageBuffer* returned) {
                                       std::unique_ptr<PageBuffer> owned(returned);
                                       if (const std::shared_ptr<PagePool> alive = pool.lock())
                                         alive->Return(std::move(owned));
                                     });
}

void PagePool::Return(std::unique_ptr<PageBuffer> buffer) {
  std::lock_guard lock(mutex_);
  if (idle_.size() >= kMaxIdleBuffers || idle_bytes_ + buffer->capacity > kMaxIdleBytes) return;
  idle_bytes_ += buffer->capacity;
  idle_.push_back(std::move(buffer));
}

}  // namespace trivet::parquet
