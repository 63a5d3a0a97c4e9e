#include "distributed/task_run.h"

#include <utility>

#include "base/interruptible_file_system.h"
#include "base/string_concat.h"
#include "distributed/exchange.h"

namespace trivet {

namespace {
constexpr int kPollMs = 20;
}  // namespace

TaskRun::TaskRun(LaunchAttempt launch, WorkerRuntime& runtime)
    : launch_(std::move(launch)),
      runtime_(runtime),
      inputs_(launch_, runtime.fetcher_, runtime.credits_) {}

void TaskRun::Cancel(std::string reason) {
  std::lock_guard lock(mutex_);
  if (cancel_reason_.empty()) cancel_reason_ = std::move(reason);
  cancellation_.Cancel();
  if (context_ != nullptr) context_->cancellation().Cancel();
}

Status TaskRun::cancelled() const {
  std::lock_guard lock(mutex_);
  return Status::Cancelled(StrCat(ToString(launch_.attempt), " was cancelled: ", cancel_reason_));
}

AttemptProgress TaskRun::progress() const {
  AttemptProgress progress;
  progress.attempt = launch_.attempt;
  progress.rows = rows_.load(std::memory_order_relaxed);
  return progress;
}

Event TaskRun::Run() {
  Result<TaskFinished> finished = Execute();
  if (finished.ok()) return std::move(*finished);
  Status status = finished.status();
  if (cancellation_.IsCancelled()) status = cancelled();
  const auto failure = inputs_.failure();
  if (status.code() == StatusCode::kFetchFailed && failure) {
    FetchFailed event;
    event.attempt = launch_.attempt;
    event.worker = runtime_.options_.identity;
    event.peer = failure->outputs.worker;
    event.producer = launch_.inputs[failure->input].producer;
    for (const AttemptId& output : failure->outputs.attempts) {
      event.maps.push_back({output.task.partition, output.attempt});
    }
    event.status = std::move(status);
    return event;
  }
  return TaskFailed{launch_.attempt, runtime_.options_.identity, std::move(status)};
}

Result<TaskFinished> TaskRun::Execute() {
  InterruptibleFileSystem opening(runtime_.files_, cancellation_, &runtime_.file_facts_);
  TRIVET_ASSIGN_OR_RETURN(TaskEnvelope envelope,
                          DecodeTaskEnvelope(launch_.fragment, opening, &runtime_.tables_,
                                             *runtime_.options_.extensions));
  QueryContext::Options options = envelope.options;
  options.scan_part = {launch_.attempt.task.partition, envelope.task_count};
  options.thread_count = 1;  // a slot; more rows at once are more tasks
  {
    std::lock_guard lock(mutex_);
    context_ =
        std::make_unique<TaskContext>(std::move(options), runtime_.files_, &runtime_.memory_,
                                      runtime_.temporary_files_, runtime_.buffer_cache_, inputs_);
    if (cancellation_.IsCancelled()) context_->cancellation().Cancel();
  }
  inputs_.set_memory(context_->memory());
  ShuffleWriterOptions writer_options;
  writer_options.attempt = launch_.attempt;
  writer_options.types = envelope.plan->types();
  writer_options.partition_count = launch_.output_partitions;
  writer_options.compression = runtime_.options_.compression;
  TRIVET_ASSIGN_OR_RETURN(auto writer,
                          runtime_.store_.NewWriter(std::move(writer_options), context_->memory()));
  const auto* exchange = dynamic_cast<const PhysicalExchange*>(envelope.plan.get());
  if (exchange == nullptr) return Status::Internal("a stage without an exchange at its root");
  TRIVET_ASSIGN_OR_RETURN(const auto task_output,
                          TaskOutput::Make(*exchange, launch_, *context_, *writer));
  {
    const auto scheduler = runtime_.pool_.NewQueue();
    PipelineRun run(*envelope.plan, *context_, *scheduler);
    TRIVET_RETURN_IF_ERROR(run.Start(true));
    TRIVET_RETURN_IF_ERROR(WriteOutput(run, *task_output));
  }
  TRIVET_RETURN_IF_ERROR(cancellation_.Check());
  TRIVET_ASSIGN_OR_RETURN(MapOutput output, runtime_.store_.Seal(*writer));
  TaskFinished finished;
  finished.attempt = launch_.attempt;
  finished.worker = runtime_.options_.identity;
  finished.partitions = std::move(output.partitions);
  finished.key_samples = task_output->TakeKeySamples();
  finished.rows_read = inputs_.rows_read() + context_->metrics().source_rows_done.load();
  finished.bytes_read = inputs_.bytes_read();
  finished.spilled_bytes = context_->metrics().SpilledBytes();
  finished.peak_memory_bytes = context_->memory().peak_bytes();
  return finished;
}

Status TaskRun::WriteOutput(PipelineRun& run, TaskOutput& output) {
  Batch batch;
  while (true) {
    TRIVET_ASSIGN_OR_RETURN(const Outcome outcome, run.Poll(batch, kPollMs));
    if (outcome == Outcome::kFinished) return Status::OK();
    if (outcome != Outcome::kHaveOutput) continue;
    TRIVET_RETURN_IF_ERROR(output.Write(batch));
    rows_.fetch_add(batch.row_count(), std::memory_order_relaxed);
    batch = Batch();
  }
}

}  // namespace trivet
