#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "execution/pipeline.h"
#include "shuffle/block_stream.h"
#include "shuffle/credit_pool.h"
#include "shuffle/exchange_reader.h"
#include "shuffle/fetch_failure.h"

namespace trivet {

// The streams of one exchange reader, each filled ahead by a thread of its own as far as credit
// goes. Take and Release on one thread; Cancel on any.
class FetchAhead {
 public:
  // Blocks that came together, and the credit that they hold until Release.
  struct Item {
    BlockGroup group;
    size_t credit = 0;
  };

  // `requests` in the order in which they are needed first. No thread starts before the first Take.
  FetchAhead(std::vector<FetchRequest> requests, const ExchangeLimits& limits,
             PartitionFetcher& fetcher, CreditPool& credits);
  // Cancels and waits for the threads; releases what was not taken.
  ~FetchAhead();

  // The next blocks of a stream, which thereby becomes the one that may always bring a message.
  // kHaveOutput, kFinished, or kBlocked: then the waker is called once that has changed.
  Result<Outcome> Take(size_t stream, Item& out, const std::shared_ptr<Waker>& waker);
  void Release(size_t stream, size_t credit);
  void Cancel();

  // The reader itself has found an output unreadable; gives the status to fail with.
  Status Refuse(size_t stream, uint32_t source, const Status& cause);
  std::optional<FetchFailure> failure() const;
  uint64_t bytes_fetched() const;
  size_t peak_held_bytes() const;

 private:
  struct Stream {
    FetchRequest request;
    std::thread thread;
    std::shared_ptr<BlockStream> blocks;
    std::deque<Item> queue;
    size_t held = 0;        // credit of what is queued, being fetched or being read
    size_t expected = 0;    // credit to ask for: what the last message took
    uint32_t complete = 0;  // outputs that have come whole
    bool started = false;
    bool ended = false;
  };

  void StartStreams();
  void Run(size_t index);
  // Fetches until the stream's end; a failure says which output, where it is one.
  Status Fetch(Stream& stream, std::optional<uint32_t>& failed_source);
  // Credit for one more message; 0 where the reader was cancelled or has failed.
  Result<size_t> AwaitCredit(Stream& stream);
  bool MayOverdraw(const Stream& stream) const;
  Status Deliver(Stream& stream, BlockGroup group, size_t credit);
  Status Conclude(const Stream& stream, std::optional<uint32_t> failed_source, const Status& cause);
  void StopStreams(std::unique_lock<std::mutex> lock);
  bool stopped() const { return cancelled_.IsCancelled() || !status_.ok(); }

  const ExchangeLimits limits_;
  PartitionFetcher& fetcher_;
  CreditPool& credits_;
  const CancellationToken cancelled_;  // given to the fetcher

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Stream> streams_;
  size_t next_start_ = 0;
  size_t head_ = 0;
  size_t held_ = 0;
  size_t peak_held_ = 0;
  uint64_t bytes_fetched_ = 0;
  bool cancelled_by_reader_ = false;
  Status status_;  // the first failure
  std::optional<FetchFailure> failure_;
  std::shared_ptr<Waker> waker_;
  CreditPool::WaiterId waiter_;
};

}  // namespace trivet
