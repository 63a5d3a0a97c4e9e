#include "local/local_executor.h"

#include <utility>

#include "execution/pipeline_builder.h"

namespace trivet {

LocalResultStream::LocalResultStream(PhysicalPlan plan, std::unique_ptr<QueryContext> context,
                                     std::unique_ptr<TaskScheduler> scheduler)
    : plan_(std::move(plan)), context_(std::move(context)), scheduler_(std::move(scheduler)) {}

LocalResultStream::~LocalResultStream() {
  if (executor_ == nullptr) return;
  Cancel();
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [this] { return !running_; });
}

Status LocalResultStream::Start() {
  queue_ = std::make_shared<ResultQueue>(context_->preserve_insertion_order(), context_->memory());
  PipelineBuilder builder(*context_);
  TRIVET_RETURN_IF_ERROR(builder.BuildRoot(*plan_, queue_));
  running_ = true;
  executor_ = std::make_shared<PipelineExecutor>(std::move(builder.pipelines()), *context_,
                                                 *scheduler_, [this](Status status) {
                                                   queue_->Complete(std::move(status));
                                                   std::lock_guard lock(mutex_);
                                                   running_ = false;
                                                   ended_.notify_all();
                                                 });
  executor_->Start();
  return Status::OK();
}

Result<Outcome> LocalResultStream::Poll(Batch& batch, int timeout_ms) {
  // The token may have been set by a signal handler, which cannot wake parked tasks.
  if (context_->cancellation().IsCancelled()) Cancel();
  return queue_->Pop(batch, timeout_ms);
}

Result<bool> LocalResultStream::Next(Batch& batch) {
  constexpr int kPollMs = 20;
  while (true) {
    TRIVET_ASSIGN_OR_RETURN(const Outcome outcome, Poll(batch, kPollMs));
    if (outcome == Outcome::kHaveOutput) return true;
    if (outcome == Outcome::kFinished) return false;
  }
}

void LocalResultStream::Cancel() {
  context_->cancellation().Cancel();
  executor_->Cancel();
}

Result<std::unique_ptr<LocalResultStream>> LocalExecutor::Execute(
    PhysicalPlan plan, std::unique_ptr<QueryContext> context) {
  auto stream =
      std::make_unique<LocalResultStream>(std::move(plan), std::move(context), pool_.NewQueue());
  TRIVET_RETURN_IF_ERROR(stream->Start());
  return stream;
}

}  // namespace trivet
