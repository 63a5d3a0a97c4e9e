#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "execution/morsel_tracker.h"
#include "execution/pipeline.h"

namespace trivet {

// Between the input of a LIMIT and its reader, which run at the same time: a sink that passes rows
// [offset, end) on as soon as nothing can come before them, in the input's order where that is
// wanted, and finishes its input when the last of them is known. Holds a bounded amount of rows,
// beyond which the input waits: of rows that are settled until the reader takes them, of others
// until their turn comes. Thread-safe; one reader.
class LimitQueue final : public Sink {
 public:
  LimitQueue(uint64_t offset, uint64_t end, bool ordered, MemoryManager& memory);

  std::shared_ptr<MorselTracker> tracker() override { return tracker_; }
  bool saturated() const override { return saturated_.load(std::memory_order_acquire); }
  Result<std::unique_ptr<LocalSink>> MakeLocal(const ExecutionContext& context) override;
  Status Finish(const CallContext& call) override;

  // ---- reader ----
  // The next rows (kHaveOutput), kFinished, or kBlocked: the waker will be called.
  Outcome Pop(Batch& batch, const std::shared_ptr<Waker>& waker);
  // The reader wants no more: the input may stop.
  void Discard();

 private:
  class Local;
  struct Held {
    Batch batch;
    size_t bytes;     // what it counts for against the bounds
    size_t reserved;  // what it is made of, which is as much where it is cut later
  };
  using Waiting = std::multimap<BatchOrder, Held>;
  using Wakers = std::vector<std::shared_ptr<Waker>>;

  Result<Outcome> Push(const Batch& batch, const CallContext& call);
  // The methods below are called under the lock.
  Result<Outcome> PushSettled(const Batch& batch, const CallContext& call);
  Outcome PushWaiting(const Batch& batch, const CallContext& call);
  Held TakeWaiting(Waiting::iterator place);
  // The next batch of the input's order: keeps what is wanted of it for the reader.
  void Settle(Held held);
  void SettleWaiting();
  void Saturate();
  void OnTrackerAdvance();
  // Ends the lock; whoever waits looks again.
  void Wake(std::unique_lock<std::mutex> lock, bool producers);

  const uint64_t offset_;
  const uint64_t end_;
  const size_t most_ready_bytes_;
  const size_t most_waiting_bytes_;
  const std::shared_ptr<MorselTracker> tracker_;
  std::atomic<bool> saturated_{false};

  std::mutex mutex_;  // guards all below
  Reservation reservation_;
  std::deque<Held> ready_;
  size_t ready_bytes_ = 0;
  // Batches whose turn has not come. Equal orders: batches made of one, as they arrived.
  Waiting waiting_;
  size_t waiting_bytes_ = 0;
  uint64_t waiting_rows_ = 0;
  uint64_t settled_rows_ = 0;  // those skipped included
  bool completed_ = false;
  Wakers blocked_;
  std::shared_ptr<Waker> reader_;
};

}  // namespace trivet
