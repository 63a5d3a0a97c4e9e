#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/action.h"
#include "distributed/exchange.h"
#include "distributed/range_keys.h"
#include "shuffle/partitioner.h"
#include "shuffle/shuffle_writer.h"

namespace trivet {

// Where a task's rows go: cuts them as the stage's exchange and the coordinator say, and samples
// their sort keys where these are wanted. Not synchronised.
class TaskOutput {
 public:
  // All references outlive the output. Internal where the order to launch does not fit the
  // exchange.
  static Result<std::unique_ptr<TaskOutput>> Make(const PhysicalExchange& exchange,
                                                  const LaunchAttempt& launch,
                                                  const EvaluationContext& context,
                                                  ShuffleWriter& writer);

  Status Write(const Batch& batch);
  // After the last row.
  std::vector<std::string> TakeKeySamples();

 private:
  TaskOutput(const PhysicalExchange& exchange, const LaunchAttempt& launch,
             const EvaluationContext& context, ShuffleWriter& writer, Partitioner partitioner);
  // The partition of each row, in targets_.
  Status Assign(const Batch& batch);

  const PhysicalExchange& exchange_;
  ShuffleWriter& writer_;
  const bool is_cut_;
  Partitioner partitioner_;
  Evaluator hash_keys_;
  std::optional<RangeKeyEncoder> range_keys_;
  std::optional<KeySampler> sampler_;
  std::vector<uint32_t> targets_;
  Batch key_columns_;
  uint64_t rows_ = 0;
};

}  // namespace trivet
