#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "execution/morsel_tracker.h"
#include "execution/physical_operator.h"
#include "execution/pipeline.h"

namespace trivet {

// Branch i of the pipelines into one sink numbers its morsels from i << kUnionBranchBits.
inline constexpr int kUnionBranchBits = 40;

// Cuts a physical plan into pipelines for one run. Operators call it from BuildPipelines, from the
// plan's root down: a streaming operator adds a transform and builds its child; a blocking one sets
// the source that reads its finished state and builds its child into the sink that makes that
// state.
class PipelineBuilder {
 public:
  explicit PipelineBuilder(const ExecutionContext& context) : context_(context) {}

  // Builds the plan with `sink` at its top; afterwards pipelines() are complete.
  Status BuildRoot(const PhysicalOperator& root, std::shared_ptr<Sink> sink);
  std::vector<Pipeline>& pipelines() { return pipelines_; }
  // The plan whose pipelines are made.
  const PhysicalOperator* root() const { return root_; }

  // ---- for operators ----
  const ExecutionContext& context() const { return context_; }
  // The metrics of the operator.
  OperatorMetrics& MetricsOf(const PhysicalOperator& op) {
    return context_.metrics().ForOperator(op.id());
  }
  // Puts the transform below all that the current pipeline holds already, and goes on with `child`.
  Status AddTransform(const PhysicalOperator& op, std::shared_ptr<Transform> transform,
                      const PhysicalOperator& child);
  // Completes the current pipeline. A source whose morsels have an order takes them through
  // MakeMorselTaker's takers, obtained before this call.
  void SetSource(const PhysicalOperator& op, std::shared_ptr<Source> source);
  // Makes a pipeline that runs `child` into `sink` and finishes before the current pipeline starts.
  // Call it before AddTransform or SetSource of the same operator.
  Status BuildInto(const PhysicalOperator& op, const PhysicalOperator& child,
                   std::shared_ptr<Sink> sink);
  // The same, but the two run at the same time: the current pipeline's source waits for the sink.
  Status BuildBeside(const PhysicalOperator& op, const PhysicalOperator& child,
                     std::shared_ptr<Sink> sink);
  // The current pipeline goes on as one pipeline per child, all into the same sink, in order.
  Status BuildBranches(const std::vector<const PhysicalOperator*>& children);
  // Like BuildBranches for two continuations made by the operator itself: `first` as usual, then,
  // once it has finished, `second` (which calls SetSource): right and full outer joins give their
  // unmatched rows so.
  Status BuildThen(const std::function<Status()>& first, const std::function<Status()>& second);

  // Makes the takers of the source about to be set, one per thread.
  std::function<std::unique_ptr<MorselTaker>()> MorselTakers();

  // Shared running state by key (a common table expression computed once): made on first use.
  std::shared_ptr<void>& Shared(uint64_t key) { return shared_[key]; }
  // Index of the pipeline that computes something shared; dependants name it.
  void DependOn(size_t pipeline);
  // The pipeline that BuildInto made last.
  size_t last_built() const { return last_built_; }

 private:
  size_t BranchOfCurrent();

  const ExecutionContext& context_;
  const PhysicalOperator* root_ = nullptr;
  std::vector<Pipeline> pipelines_;
  Pipeline current_;
  size_t last_built_ = 0;
  bool branch_open_ = false;
  std::map<Sink*, size_t> branch_counts_;
  std::map<uint64_t, std::shared_ptr<void>> shared_;
};

}  // namespace trivet
