#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "execution/morsel_tracker.h"
#include "execution/pipeline.h"
#include "execution/row_receiver.h"

namespace trivet {

// Between a running query and its reader: a sink that holds a bounded amount of rows, in the
// input's order where that is wanted, and refuses more (the pipelines park) until the reader has
// taken some. The batches of the oldest unfinished morsel are always admitted up to the bound of
// their own, so that order costs bounded memory and cannot deadlock. Thread-safe; one reader.
class ResultQueue final : public Sink {
 public:
  // The bounds grow with the budget. A thread that is refused has to be woken: with room for a row
  // group or two, that happens once a morsel instead of once a batch.
  static constexpr size_t kLeastReadyBytes = size_t{4} << 20;
  static constexpr size_t kMostReadyBytes = size_t{16} << 20;
  // Of morsels whose turn has not come.
  static constexpr size_t kLeastWaitingBytes = size_t{8} << 20;
  static constexpr size_t kMostWaitingBytes = size_t{32} << 20;

  ResultQueue(bool ordered, MemoryManager& memory);

  std::shared_ptr<MorselTracker> tracker() override { return tracker_; }
  Result<std::unique_ptr<LocalSink>> MakeLocal(const ExecutionContext& context) override;

  // ---- reader ----
  // Waits for the next batch, at most `timeout_ms`. kHaveOutput, kFinished (after the last one, or
  // the run's error), or kBlocked when the time is over.
  Result<Outcome> Pop(Batch& batch, int timeout_ms);
  // What comes from now on goes to the receiver and not to the queue.
  void DivertTo(std::shared_ptr<RowReceiver> receiver);
  // The reader wants no more: what comes from now on is dropped, and sources may stop.
  void Discard();
  bool discarded();

  // ---- the run's end ----
  void Complete(Status status);
  bool completed();

 private:
  class Local;
  struct Held {
    Batch batch;
    size_t bytes;  // what it counts for against the bounds; to count strings takes time
  };
  Result<Outcome> Push(const Batch& batch, const CallContext& call);
  // Null as long as rows are queued.
  std::shared_ptr<RowReceiver> receiver();
  // Moves batches whose turn has come from waiting_ to ready_; returns whether there were any.
  bool AdmitWaiting();
  void OnTrackerAdvance();
  void WakeProducers(std::unique_lock<std::mutex> lock);

  std::shared_ptr<MorselTracker> tracker_;
  const size_t max_ready_bytes_;
  const size_t max_waiting_bytes_;
  std::mutex mutex_;
  std::condition_variable readable_;
  Reservation reservation_;
  std::deque<Held> ready_;
  size_t ready_bytes_ = 0;
  // Several batches may have one order: an operator that makes more rows gives several for one of
  // its input. Equal ones stay in the order of their arrival.
  std::multimap<BatchOrder, Held> waiting_;
  size_t waiting_bytes_ = 0;
  std::vector<std::shared_ptr<Waker>> blocked_;
  std::shared_ptr<RowReceiver> receiver_;
  std::atomic<bool> diverted_{false};
  bool completed_ = false;
  bool discarded_ = false;
  Status status_;
};

}  // namespace trivet
