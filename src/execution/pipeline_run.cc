#include "execution/pipeline_run.h"

#include <utility>

#include "execution/pipeline_builder.h"

namespace trivet {

PipelineRun::PipelineRun(const PhysicalOperator& plan, const ExecutionContext& context,
                         TaskScheduler& scheduler)
    : plan_(plan), context_(context), scheduler_(scheduler) {}

PipelineRun::~PipelineRun() {
  if (executor_ == nullptr) return;
  Cancel();
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [this] { return !running_; });
}

Status PipelineRun::Start(bool ordered) {
  queue_ = std::make_shared<ResultQueue>(ordered, context_.memory());
  PipelineBuilder builder(context_);
  TRIVET_RETURN_IF_ERROR(builder.BuildRoot(plan_, queue_));
  running_ = true;
  executor_ = std::make_shared<PipelineExecutor>(std::move(builder.pipelines()), context_,
                                                 scheduler_, [this](Status status) {
                                                   queue_->Complete(std::move(status));
                                                   std::lock_guard lock(mutex_);
                                                   running_ = false;
                                                   ended_.notify_all();
                                                 });
  executor_->Start();
  return Status::OK();
}

Result<Outcome> PipelineRun::Poll(Batch& batch, int timeout_ms) {
  // The token may have been set by a signal handler, which cannot wake parked tasks.
  if (context_.cancellation().IsCancelled()) Cancel();
  return queue_->Pop(batch, timeout_ms);
}

void PipelineRun::Cancel() {
  context_.cancellation().Cancel();
  if (executor_ != nullptr) executor_->Cancel();
}

}  // namespace trivet
