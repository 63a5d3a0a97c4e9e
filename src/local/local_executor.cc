#include "local/local_executor.h"

#include <algorithm>
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

std::optional<double> LocalResultStream::Progress() const {
  const QueryMetrics& metrics = context_->metrics();
  const uint64_t total = metrics.source_rows_total.load(std::memory_order_relaxed);
  const uint64_t done = metrics.source_rows_done.load(std::memory_order_relaxed);
  if (total == 0) return std::nullopt;
  return std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
}

std::string LocalResultStream::Analysis(bool json) {
  QueryMetrics& metrics = context_->metrics();
  return json ? PlanToJson(*plan_, &metrics) : PlanToString(*plan_, &metrics);
}

void LocalResultStream::Cancel() {
  context_->cancellation().Cancel();
  executor_->Cancel();
}

Result<std::unique_ptr<ResultStream>> LocalExecutor::Execute(
    PhysicalPlan plan, std::unique_ptr<QueryContext> context) {
  auto stream =
      std::make_unique<LocalResultStream>(std::move(plan), std::move(context), pool_.NewQueue());
  TRIVET_RETURN_IF_ERROR(stream->Start());
  return std::unique_ptr<ResultStream>(std::move(stream));
}

Result<std::string> LocalExecutor::Explain(const PhysicalPlan& plan, const QueryContext&,
                                           bool json) {
  return json ? PlanToJson(*plan) : PlanToString(*plan);
}

}  // namespace trivet
