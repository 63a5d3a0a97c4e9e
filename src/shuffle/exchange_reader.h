#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/memory.h"
#include "execution/exchange_inputs.h"
#include "shuffle/block_stream.h"
#include "shuffle/credit_pool.h"
#include "shuffle/fetch_failure.h"
#include "shuffle/wire_batch.h"

namespace trivet {

// One map output to read, and where it lies.
struct ExchangeSource {
  AttemptId attempt;
  PeerAddress peer;
};

struct ExchangeRequest {
  std::vector<ExchangeSource> sources;  // in the order of the producing tasks
  uint32_t partition_begin = 0;
  uint32_t partition_end = 0;
  std::vector<LogicalType> types;
};

struct ExchangeLimits {
  size_t reader_bytes = size_t{32} << 20;  // in flight for one reader
  size_t peer_bytes = size_t{16} << 20;    // of these, from one peer
  // Peers that are read at the same time; the one whose rows come next always is.
  size_t max_streams = 8;
  // Rows of a batch, up to kVectorSize.
  size_t batch_rows = kVectorSize;
};

struct ExchangeMetrics {
  uint64_t rows = 0;
  uint64_t bytes = 0;  // as they came
  size_t peak_bytes_in_flight = 0;
};

// What a task's exchange source reads: the rows of its partitions of all map outputs, in the order
// of the producing tasks, and within one in the order of partitions and of writing. Fetches ahead
// from several peers on threads of its own, within the limits and the worker's credit; what exceeds
// them is left with the peer, whose stream then stalls. The peer whose rows come next may always
// bring one message, so that readers cannot starve each other. Small blocks are joined to batches
// of a fair size; such a batch carries the number of the first task it has rows of.
//
// Poll on one thread at a time; Cancel on any. The destructor cancels and waits for the threads.
class ExchangeReader final : public ExchangeStream {
 public:
  // `fetcher`, `credits` and `memory` outlive the reader; `memory` also its batches.
  ExchangeReader(ExchangeRequest request, ExchangeLimits limits, PartitionFetcher& fetcher,
                 CreditPool& credits, MemoryManager& memory);
  ~ExchangeReader() override;
  ExchangeReader(const ExchangeReader&) = delete;
  ExchangeReader& operator=(const ExchangeReader&) = delete;

  // Never waits: kHaveOutput with a batch of at least one row, kBlocked (the waker will be called)
  // or kFinished. Fails with FetchFailed where outputs cannot be had; Cancelled after Cancel.
  Result<Outcome> Poll(Batch& out, const std::shared_ptr<Waker>& waker);
  // The same for the engine's exchange source, which also stops when its query is cancelled.
  Result<Outcome> Next(Batch& out, const CallContext& call) override;
  void Cancel();

  // After a failure with FetchFailed: the outputs that could not be had.
  std::optional<FetchFailure> failure() const;
  ExchangeMetrics metrics() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace trivet
