#include "execution/operators/limit_queue.h"

#include <algorithm>
#include <utility>

#include "execution/result_queue.h"

namespace trivet {

LimitQueue::LimitQueue(uint64_t offset, uint64_t end, bool ordered, MemoryManager& memory)
    : offset_(offset),
      end_(end),
      most_ready_bytes_(std::clamp(memory.limit_bytes() / 1024, ResultQueue::kLeastReadyBytes,
                                   ResultQueue::kMostReadyBytes)),
      most_waiting_bytes_(std::clamp(memory.limit_bytes() / 512, ResultQueue::kLeastWaitingBytes,
                                     ResultQueue::kMostWaitingBytes)),
      tracker_(ordered ? std::make_shared<MorselTracker>() : nullptr),
      saturated_(offset == end),
      reservation_(&memory, "LIMIT") {
  if (tracker_) tracker_->SetListener([this] { OnTrackerAdvance(); });
}

class LimitQueue::Local final : public LocalSink {
 public:
  explicit Local(LimitQueue& queue) : queue_(queue) {}
  Result<Outcome> Consume(const Batch& batch, const CallContext& call) override {
    return queue_.saturated() ? Outcome::kFinished : queue_.Push(batch, call);
  }
  Status Combine(const CallContext&) override { return Status::OK(); }

 private:
  LimitQueue& queue_;
};

Result<std::unique_ptr<LocalSink>> LimitQueue::MakeLocal(const ExecutionContext&) {
  return std::unique_ptr<LocalSink>(std::make_unique<Local>(*this));
}

Result<Outcome> LimitQueue::Push(const Batch& batch, const CallContext& call) {
  std::unique_lock lock(mutex_);
  if (saturated()) return Outcome::kFinished;
  // Asked under this lock, which the tracker's listener takes as well: if the batch becomes the
  // oldest from here on, the listener comes later and finds it waiting or its task blocked.
  const bool is_settled = tracker_ == nullptr || tracker_->IsOldest(batch.order().morsel);
  if (is_settled && tracker_ != nullptr) SettleWaiting();
  Result<Outcome> outcome = Outcome::kFinished;
  if (!saturated()) outcome = is_settled ? PushSettled(batch, call) : PushWaiting(batch, call);
  const bool is_saturated = saturated();
  if (outcome.ok() && is_saturated) outcome = Outcome::kFinished;
  Wake(std::move(lock), is_saturated);
  return outcome;
}

Result<Outcome> LimitQueue::PushSettled(const Batch& batch, const CallContext& call) {
  if (settled_rows_ + batch.row_count() <= offset_) {
    Settle({batch, 0, 0});
    return Outcome::kNeedInput;
  }
  const size_t bytes = batch.MemoryBytes() + batch.StringBytes();
  const bool has_room = ready_.empty() || ready_bytes_ + bytes <= most_ready_bytes_;
  const Status reserved = has_room ? reservation_.Grow(batch.MemoryBytes()) : Status::OK();
  // Where the reader has rows to take, memory may come free.
  if (!reserved.ok() && ready_.empty()) return reserved;
  if (!has_room || !reserved.ok()) {
    blocked_.push_back(call.waker);
    return Outcome::kBlocked;
  }
  Settle({batch, bytes, batch.MemoryBytes()});
  return Outcome::kNeedInput;
}

Outcome LimitQueue::PushWaiting(const Batch& batch, const CallContext& call) {
  const size_t bytes = batch.MemoryBytes() + batch.StringBytes();
  // What waits now is ready later, and counts with what is: else the bound would hold for neither.
  // One that memory is refused for waits until its turn has come.
  if (ready_bytes_ + waiting_bytes_ + bytes > most_waiting_bytes_ ||
      !reservation_.Grow(batch.MemoryBytes()).ok()) {
    blocked_.push_back(call.waker);
    return Outcome::kBlocked;
  }
  waiting_.emplace(batch.order(), Held{batch, bytes, batch.MemoryBytes()});
  waiting_bytes_ += bytes;
  waiting_rows_ += batch.row_count();
  // What lies behind as many rows as are wanted can never be: later arrivals only come in before.
  while (settled_rows_ + waiting_rows_ - std::prev(waiting_.end())->second.batch.row_count() >=
         end_) {
    const auto last = std::prev(waiting_.end());
    reservation_.Shrink(last->second.reserved);
    TakeWaiting(last);
  }
  return Outcome::kNeedInput;
}

LimitQueue::Held LimitQueue::TakeWaiting(Waiting::iterator place) {
  Held held = std::move(place->second);
  waiting_.erase(place);
  waiting_bytes_ -= held.bytes;
  waiting_rows_ -= held.batch.row_count();
  return held;
}

void LimitQueue::Settle(Held held) {
  const uint64_t first = settled_rows_;
  settled_rows_ += held.batch.row_count();
  const uint64_t from = std::max(first, offset_);
  const uint64_t to = std::min(settled_rows_, end_);
  if (from >= to) {
    reservation_.Shrink(held.reserved);
    return;
  }
  if (to - from < held.batch.row_count()) {
    auto rows = MakeIndices(to - from);
    for (uint64_t i = from; i < to; ++i) rows[i - from] = static_cast<uint32_t>(i - first);
    held.batch.Slice(rows, to - from);
  }
  ready_bytes_ += held.bytes;
  ready_.push_back(std::move(held));
  if (settled_rows_ >= end_) Saturate();
}

void LimitQueue::SettleWaiting() {
  while (!waiting_.empty() && (completed_ || tracker_->IsOldest(waiting_.begin()->first.morsel))) {
    Settle(TakeWaiting(waiting_.begin()));
  }
}

void LimitQueue::Saturate() {
  saturated_.store(true, std::memory_order_release);
  while (!waiting_.empty()) reservation_.Shrink(TakeWaiting(waiting_.begin()).reserved);
}

void LimitQueue::Wake(std::unique_lock<std::mutex> lock, bool producers) {
  Wakers wakers;
  if (producers) wakers = std::exchange(blocked_, {});
  if (reader_ != nullptr && (!ready_.empty() || saturated() || completed_)) {
    wakers.push_back(std::exchange(reader_, nullptr));
  }
  lock.unlock();
  for (const auto& waker : wakers) waker->Wake();
}

void LimitQueue::OnTrackerAdvance() {
  std::unique_lock lock(mutex_);
  SettleWaiting();
  // Whoever waited for its turn may have become the oldest.
  Wake(std::move(lock), true);
}

// Every morsel has finished, so that what still waits is in order.
Status LimitQueue::Finish(const CallContext&) {
  std::unique_lock lock(mutex_);
  completed_ = true;
  SettleWaiting();
  Wake(std::move(lock), true);
  return Status::OK();
}

Outcome LimitQueue::Pop(Batch& batch, const std::shared_ptr<Waker>& waker) {
  std::unique_lock lock(mutex_);
  if (ready_.empty()) {
    if (saturated() || completed_) return Outcome::kFinished;
    reader_ = waker;
    return Outcome::kBlocked;
  }
  Held held = std::move(ready_.front());
  ready_.pop_front();
  ready_bytes_ -= held.bytes;
  reservation_.Shrink(held.reserved);
  batch = std::move(held.batch);
  // Not for every batch: whoever is woken should find room for several.
  Wake(std::move(lock), ready_bytes_ <= most_ready_bytes_ / 2);
  return Outcome::kHaveOutput;
}

void LimitQueue::Discard() {
  std::unique_lock lock(mutex_);
  Saturate();
  ready_.clear();
  ready_bytes_ = 0;
  reservation_.Release();
  Wake(std::move(lock), true);
}

}  // namespace trivet
