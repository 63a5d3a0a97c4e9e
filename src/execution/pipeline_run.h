#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>

#include "context/execution_context.h"
#include "execution/physical_operator.h"
#include "execution/pipeline_executor.h"
#include "execution/result_queue.h"

namespace trivet {

// One run of a physical plan on a scheduler, and the bounded queue of its rows: what a local query
// and a distributed task have in common. Destroying it cancels the run and waits until its last
// task has ended (a slice, about 3 ms). Read by one thread; Cancel by any.
class PipelineRun {
 public:
  // All three outlive the run.
  PipelineRun(const PhysicalOperator& plan, const ExecutionContext& context,
              TaskScheduler& scheduler);
  ~PipelineRun();
  PipelineRun(const PipelineRun&) = delete;
  PipelineRun& operator=(const PipelineRun&) = delete;

  // Cuts the plan into pipelines and starts them. With `ordered`, rows come in the input's order.
  Status Start(bool ordered);
  // The next batch (kHaveOutput), kFinished, the run's error, or kBlocked after `timeout_ms`.
  Result<Outcome> Poll(Batch& batch, int timeout_ms);
  void Cancel();
  // As ResultStream::DivertTo says.
  void DivertTo(std::shared_ptr<RowReceiver> receiver) { queue_->DivertTo(std::move(receiver)); }

 private:
  const PhysicalOperator& plan_;
  const ExecutionContext& context_;
  TaskScheduler& scheduler_;
  std::shared_ptr<ResultQueue> queue_;
  std::shared_ptr<PipelineExecutor> executor_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool running_ = false;
};

}  // namespace trivet
