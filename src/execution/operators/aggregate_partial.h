#pragma once

#include <atomic>
#include <memory>

#include "execution/operators/aggregate_plan.h"
#include "execution/pipeline.h"

namespace trivet {

// The partial phase of an aggregation: every thread groups what comes its way and gives groups and
// serialised states when its input ends, or before where its groups take too much memory: what
// follows brings equal groups together anyway. Thread-safe.
class PartialAggregateTransform final : public Transform {
 public:
  PartialAggregateTransform(AggregatePlanPtr plan, OperatorMetrics& metrics)
      : plan_(std::move(plan)), metrics_(metrics) {}

  Result<std::unique_ptr<LocalTransform>> MakeLocal(const ExecutionContext& context) override;

  // What a thread's groups may take before it gives them; whatever the budget, a state stays of a
  // size that can be sent.
  static constexpr size_t kMostBytes = size_t{256} << 20;
  static constexpr size_t kLeastBytes = size_t{1} << 20;

 private:
  class Local;
  // One thread's groups take `now` bytes instead of `before`.
  void NoteMemory(size_t before, size_t now) {
    const size_t total = bytes_.fetch_add(now - before) + now - before;
    metrics_.NotePeakMemory(total);
  }

  AggregatePlanPtr plan_;
  OperatorMetrics& metrics_;
  std::atomic<size_t> bytes_{0};
};

}  // namespace trivet
