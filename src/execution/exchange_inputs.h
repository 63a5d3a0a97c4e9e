#pragma once

#include <memory>

#include "execution/pipeline.h"

namespace trivet {

// The rows that one exchange source of a task reads: those of each producing task, in the order of
// these tasks, each in the order in which they were made; batches carry {producing task, sequence}.
// Used by one thread at a time.
class ExchangeStream {
 public:
  virtual ~ExchangeStream() = default;
  // kHaveOutput, kBlocked (the waker is called once there is more) or kFinished. FetchFailed where
  // a producer's rows cannot be had.
  virtual Result<Outcome> Next(Batch& out, const CallContext& call) = 0;
};

// What a task reads of other stages; the runtime that runs the task provides it. Thread-safe.
class ExchangeInputs {
 public:
  virtual ~ExchangeInputs() = default;
  // Opens input number `input`, once each. `types` are those of its columns.
  virtual Result<std::unique_ptr<ExchangeStream>> Open(size_t input,
                                                       const std::vector<LogicalType>& types) = 0;
};

}  // namespace trivet
