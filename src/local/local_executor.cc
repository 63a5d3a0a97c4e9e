#include "local/local_executor.h"

#include <algorithm>
#include <utility>

namespace trivet {

LocalResultStream::LocalResultStream(PhysicalPlan plan, std::unique_ptr<QueryContext> context,
                                     std::unique_ptr<TaskScheduler> scheduler)
    : plan_(std::move(plan)),
      context_(std::move(context)),
      scheduler_(std::move(scheduler)),
      run_(std::make_unique<PipelineRun>(*plan_, *context_, *scheduler_)) {}

Status LocalResultStream::Start() { return run_->Start(context_->preserve_insertion_order()); }

Result<Outcome> LocalResultStream::Poll(Batch& batch, int timeout_ms) {
  return run_->Poll(batch, timeout_ms);
}

void LocalResultStream::Cancel() { run_->Cancel(); }

bool LocalResultStream::DivertTo(std::shared_ptr<RowReceiver> receiver) {
  run_->DivertTo(std::move(receiver));
  return true;
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
