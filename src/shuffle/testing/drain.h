#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "shuffle/exchange_reader.h"
#include "shuffle/testing/row_bits.h"

namespace trivet::testing {

// A waker that a test can wait for.
class TestWaker final : public Waker {
 public:
  void Wake() override {
    const std::lock_guard lock(mutex_);
    ++wakes_;
    changed_.notify_all();
  }
  // Waits for the next call since the last wait; false where none comes in time.
  bool Wait(int64_t timeout_ms = 20'000) {
    std::unique_lock lock(mutex_);
    const bool woken = changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                                         [&] { return wakes_ > seen_; });
    seen_ = wakes_;
    return woken;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int wakes_ = 0;
  int seen_ = 0;
};

// The next batch of a reader, waited for; no rows at the end.
inline Result<Batch> NextBatch(ExchangeReader& reader, int64_t timeout_ms = 20'000) {
  const auto waker = std::make_shared<TestWaker>();
  while (true) {
    Batch batch;
    TRIVET_ASSIGN_OR_RETURN(const Outcome outcome, reader.Poll(batch, waker));
    if (outcome == Outcome::kHaveOutput) return batch;
    if (outcome == Outcome::kFinished) return Batch();
    if (!waker->Wait(timeout_ms)) return Status::Timeout("the reader's waker was not called");
  }
}

// All rows that are left, and how many batches they came in.
inline Result<std::vector<std::string>> Drain(ExchangeReader& reader,
                                              size_t* batch_count = nullptr) {
  std::vector<std::string> rows;
  size_t batches = 0;
  std::optional<BatchOrder> previous;
  while (true) {
    TRIVET_ASSIGN_OR_RETURN(const Batch batch, NextBatch(reader));
    if (batch.row_count() == 0) break;
    if (previous && !(*previous < batch.order())) {
      return Status::Internal("batches do not come in order");
    }
    previous = batch.order();
    ++batches;
    AppendRowBits(batch, rows);
  }
  if (batch_count != nullptr) *batch_count = batches;
  return rows;
}

}  // namespace trivet::testing
