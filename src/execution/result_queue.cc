#include "execution/result_queue.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace trivet {

ResultQueue::ResultQueue(bool ordered, MemoryManager& memory)
    : tracker_(ordered ? std::make_shared<MorselTracker>() : nullptr),
      max_ready_bytes_(std::clamp(memory.limit_bytes() / 1024, kLeastReadyBytes, kMostReadyBytes)),
      max_waiting_bytes_(
          std::clamp(memory.limit_bytes() / 512, kLeastWaitingBytes, kMostWaitingBytes)),
      reservation_(&memory, "result") {
  if (tracker_) tracker_->SetListener([this] { OnTrackerAdvance(); });
}

namespace {
// What a batch counts for against the bounds; its strings are reserved by whoever made them.
size_t WeightOf(const Batch& batch) { return batch.MemoryBytes() + batch.StringBytes(); }
}  // namespace

class ResultQueue::Local final : public LocalSink {
 public:
  explicit Local(ResultQueue& queue) : queue_(queue) {}
  Result<Outcome> Consume(const Batch& batch, const CallContext& call) override {
    if (!queue_.diverted_.load(std::memory_order_acquire)) return queue_.Push(batch, call);
    if (queue_.discarded()) return Outcome::kFinished;
    if (diverted_ == nullptr) {
      receiver_ = queue_.receiver();
      diverted_ = receiver_->MakeLocal();
    }
    TRIVET_RETURN_IF_ERROR(diverted_->Take(batch));
    return Outcome::kNeedInput;
  }
  Status Combine(const CallContext&) override { return Status::OK(); }

 private:
  ResultQueue& queue_;
  std::shared_ptr<RowReceiver> receiver_;
  std::unique_ptr<RowReceiver::Local> diverted_;
};

Result<std::unique_ptr<LocalSink>> ResultQueue::MakeLocal(const ExecutionContext&) {
  return std::unique_ptr<LocalSink>(std::make_unique<Local>(*this));
}

Result<Outcome> ResultQueue::Push(const Batch& batch, const CallContext& call) {
  const size_t bytes = WeightOf(batch);
  std::lock_guard lock(mutex_);
  // Asked under this lock, which the tracker's listener takes as well: if the batch becomes the
  // oldest from here on, the listener comes later and finds it waiting or its task blocked.
  if (discarded_) return Outcome::kFinished;
  const bool oldest = tracker_ == nullptr || tracker_->IsOldest(batch.order().morsel);
  if (oldest) {
    AdmitWaiting();
    if (!ready_.empty() && ready_bytes_ + bytes > max_ready_bytes_) {
      blocked_.push_back(call.waker);
      return Outcome::kBlocked;
    }
  } else if (waiting_bytes_ + bytes > max_waiting_bytes_) {
    blocked_.push_back(call.waker);
    return Outcome::kBlocked;
  }
  TRIVET_RETURN_IF_ERROR(reservation_.Grow(batch.MemoryBytes()));
  if (oldest) {
    ready_.push_back({batch, bytes});
    ready_bytes_ += bytes;
    readable_.notify_one();
  } else {
    waiting_.emplace(batch.order(), Held{batch, bytes});
    waiting_bytes_ += bytes;
  }
  return Outcome::kNeedInput;
}

bool ResultQueue::AdmitWaiting() {
  bool admitted = false;
  while (!waiting_.empty() && tracker_->IsOldest(waiting_.begin()->first.morsel)) {
    auto first = waiting_.begin();
    const size_t bytes = first->second.bytes;
    ready_.push_back(std::move(first->second));
    waiting_.erase(first);
    waiting_bytes_ -= bytes;
    ready_bytes_ += bytes;
    admitted = true;
  }
  if (admitted) readable_.notify_one();
  return admitted;
}

void ResultQueue::WakeProducers(std::unique_lock<std::mutex> lock) {
  std::vector<std::shared_ptr<Waker>> blocked = std::exchange(blocked_, {});
  lock.unlock();
  for (const auto& waker : blocked) waker->Wake();
}

void ResultQueue::OnTrackerAdvance() {
  std::unique_lock lock(mutex_);
  AdmitWaiting();
  // Whoever waited for its turn may have become the oldest.
  WakeProducers(std::move(lock));
}

Result<Outcome> ResultQueue::Pop(Batch& batch, int timeout_ms) {
  std::unique_lock lock(mutex_);
  const bool ready = readable_.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                                        [&] { return !ready_.empty() || completed_; });
  if (!ready) return Outcome::kBlocked;
  // An error is told at once: rows that came before it are no answer.
  if (completed_ && !status_.ok()) return status_;
  if (ready_.empty()) return Outcome::kFinished;
  batch = std::move(ready_.front().batch);
  ready_bytes_ -= ready_.front().bytes;
  ready_.pop_front();
  reservation_.Shrink(batch.MemoryBytes());
  // Not for every batch: whoever is woken should find room for several.
  if (ready_bytes_ <= max_ready_bytes_ / 2) WakeProducers(std::move(lock));
  return Outcome::kHaveOutput;
}

void ResultQueue::DivertTo(std::shared_ptr<RowReceiver> receiver) {
  std::unique_lock lock(mutex_);
  receiver_ = std::move(receiver);
  diverted_.store(true, std::memory_order_release);
  WakeProducers(std::move(lock));
}

std::shared_ptr<RowReceiver> ResultQueue::receiver() {
  std::lock_guard lock(mutex_);
  return receiver_;
}

void ResultQueue::Complete(Status status) {
  std::lock_guard lock(mutex_);
  // The run is over: every morsel has finished, so what still waits is in order.
  while (status.ok() && !waiting_.empty()) {
    auto first = waiting_.begin();
    ready_bytes_ += first->second.bytes;
    ready_.push_back(std::move(first->second));
    waiting_.erase(first);
  }
  completed_ = true;
  status_ = std::move(status);
  readable_.notify_all();
}

void ResultQueue::Discard() {
  std::unique_lock lock(mutex_);
  discarded_ = true;
  ready_.clear();
  waiting_.clear();
  ready_bytes_ = waiting_bytes_ = 0;
  reservation_.Shrink(reservation_.bytes());
  WakeProducers(std::move(lock));
}

bool ResultQueue::discarded() {
  std::lock_guard lock(mutex_);
  return discarded_;
}

bool ResultQueue::completed() {
  std::lock_guard lock(mutex_);
  return completed_;
}

}  // namespace trivet
