#include "execution/query_task.h"

#include <algorithm>
#include <chrono>

#include "execution/morsel_tracker.h"
#include "execution/pipeline_builder.h"

namespace trivet {

// Operators may keep a waker longer than the query lives, so it does not own the task.
class QueryTask::TaskWaker final : public Waker {
 public:
  explicit TaskWaker(std::weak_ptr<QueryTask> task) : task_(std::move(task)) {}
  void Wake() override {
    if (auto task = task_.lock()) task->Wake();
  }

 private:
  std::weak_ptr<QueryTask> task_;
};

QueryTask::QueryTask(std::shared_ptr<PipelineExecutor> executor) : executor_(std::move(executor)) {}

void QueryTask::Wake() {
  if (state_.exchange(kNotified) == kParked) executor_->scheduler_.Schedule(shared_from_this());
}

TaskState QueryTask::Run() {
  state_.store(kRunning);
  if (waker_ == nullptr) waker_ = std::make_shared<TaskWaker>(weak_from_this());
  TaskState outcome = TaskState::kDone;
  if (!executor_->stopping()) {
    const CallContext call{executor_->context(), waker_};
    Result<TaskState> step = Step(call);
    Status status;
    if (!step.ok()) {
      status = std::move(step).status();
    } else {
      outcome = *step;
      if (outcome == TaskState::kDone) status = End();
    }
    if (!status.ok()) {
      executor_->Fail(std::move(status));
      outcome = TaskState::kDone;
    }
  }
  if (outcome == TaskState::kParked) {
    int expected = kRunning;
    // Woken while it was still running: go on at once.
    return state_.compare_exchange_strong(expected, kParked) ? TaskState::kParked
                                                             : TaskState::kReady;
  }
  if (outcome == TaskState::kDone) {
    Release();
    executor_->TaskEnded();
  }
  return outcome;
}

Status PipelineTask::Open() {
  Pipeline& pipeline = executor().pipeline(pipeline_);
  const ExecutionContext& context = executor().context();
  TRIVET_ASSIGN_OR_RETURN(source_, pipeline.source->MakeLocal(context));
  source_metrics_ = &context.metrics().ForOperator(pipeline.operators.front());
  stages_.resize(pipeline.transforms.size() + 1);
  for (size_t i = 0; i < pipeline.transforms.size(); ++i) {
    TRIVET_ASSIGN_OR_RETURN(stages_[i].transform, pipeline.transforms[i]->MakeLocal(context));
    stages_[i].metrics = &context.metrics().ForOperator(pipeline.operators[i + 1]);
  }
  const size_t sink_operator = pipeline.operators.back();
  stages_.back().metrics = sink_operator == kNoOperator
                               ? &context.metrics().result
                               : &context.metrics().ForOperator(sink_operator);
  TRIVET_ASSIGN_OR_RETURN(sink_, pipeline.sink->MakeLocal(context));
  open_ = true;
  return Status::OK();
}

namespace {
// Adds the time of its life to an operator's busy time.
class BusyTimer {
 public:
  explicit BusyTimer(OperatorMetrics& metrics) : metrics_(metrics) {}
  ~BusyTimer() {
    const auto elapsed = std::chrono::steady_clock::now() - start_;
    metrics_.busy_nanos.fetch_add(
        static_cast<uint64_t>(
            std::chrono::duration_cast<std::chrono::nanoseconds>(elapsed).count()),
        std::memory_order_relaxed);
  }

 private:
  OperatorMetrics& metrics_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

void CountOutput(OperatorMetrics& metrics, const Batch& batch) {
  if (batch.row_count() == 0) return;
  metrics.rows_out.fetch_add(batch.row_count(), std::memory_order_relaxed);
  metrics.batches_out.fetch_add(1, std::memory_order_relaxed);
}
}  // namespace

Result<Outcome> PipelineTask::PullSource(const CallContext& call) {
  Stage& first = stages_.front();
  first.input = Batch();
  BusyTimer timer(*source_metrics_);
  TRIVET_ASSIGN_OR_RETURN(const Outcome outcome, source_->Next(first.input, call));
  if (outcome != Outcome::kHaveOutput) return outcome;
  BatchOrder order = first.input.order();
  order.morsel += executor().pipeline(pipeline_).branch << kUnionBranchBits;
  first.input.set_order(order);
  first.pending = first.input.row_count() > 0;
  CountOutput(*source_metrics_, first.input);
  return outcome;
}

Status PipelineTask::NameOperator(Status status, size_t place) const {
  if (status.code() != StatusCode::kOutOfMemory) return status;
  const std::string_view name = executor().pipeline(pipeline_).operator_names[place];
  if (name.empty() || status.message().find(name) != std::string::npos) return status;
  return std::move(status).WithContext(name);
}

void PipelineTask::FinishUpTo(size_t stage) {
  for (size_t i = 0; i <= stage; ++i) stages_[i].pending = false;
  source_finished_ = true;
  flushed_ = std::max(flushed_, stage + 1);
}

// What a transform gave is the next stage's input.
void PipelineTask::PassOn(size_t index) {
  Stage& stage = stages_[index];
  Stage& next = stages_[index + 1];
  if (next.input.row_count() == 0) return;
  next.input.set_order(stage.input.order());
  next.pending = true;
  CountOutput(*stage.metrics, next.input);
}

Result<Outcome> PipelineTask::FlushStage(const CallContext& call) {
  Stage& stage = stages_[flushed_];
  BusyTimer timer(*stage.metrics);
  stages_[flushed_ + 1].input = Batch();
  TRIVET_ASSIGN_OR_RETURN(const Outcome outcome,
                          stage.transform->Flush(stages_[flushed_ + 1].input, call));
  if (outcome == Outcome::kBlocked) return outcome;
  PassOn(flushed_);
  if (outcome == Outcome::kFinished) ++flushed_;
  return Outcome::kHaveOutput;
}

Result<Outcome> PipelineTask::RunStage(size_t index, const CallContext& call) {
  Stage& stage = stages_[index];
  BusyTimer timer(*stage.metrics);
  if (stage.transform == nullptr) {
    TRIVET_ASSIGN_OR_RETURN(const Outcome outcome, sink_->Consume(stage.input, call));
    if (outcome == Outcome::kBlocked) return outcome;
    stage.metrics->rows_in.fetch_add(stage.input.row_count(), std::memory_order_relaxed);
    stage.pending = false;
    if (outcome == Outcome::kFinished) FinishUpTo(index);
    return outcome;
  }
  Stage& next = stages_[index + 1];
  next.input = Batch();
  TRIVET_ASSIGN_OR_RETURN(const Outcome outcome,
                          stage.transform->Process(stage.input, next.input, call));
  if (outcome == Outcome::kBlocked) return outcome;
  PassOn(index);
  if (outcome != Outcome::kHaveOutput) {
    stage.metrics->rows_in.fetch_add(stage.input.row_count(), std::memory_order_relaxed);
    stage.pending = false;
  }
  if (outcome == Outcome::kFinished) FinishUpTo(index);
  return outcome;
}

Result<TaskState> PipelineTask::Step(const CallContext& call) {
  if (!open_) TRIVET_RETURN_IF_ERROR(Open());
  const auto deadline = std::chrono::steady_clock::now() + kTaskSlice;
  while (true) {
    if (executor().stopping()) return TaskState::kDone;
    TRIVET_RETURN_IF_ERROR(call.execution.cancellation().Check());
    // The stage nearest to the sink goes first, so that at most one batch waits before each.
    size_t active = stages_.size();
    while (active > 0 && !stages_[active - 1].pending) --active;
    if (active == 0) {
      const bool flushed = source_finished_ && flushed_ + 1 >= stages_.size();
      if (flushed || executor().pipeline(pipeline_).sink->saturated()) return TaskState::kDone;
    }
    const bool pulls = active == 0 && !source_finished_;
    Result<Outcome> outcome = pulls         ? PullSource(call)
                              : active == 0 ? FlushStage(call)
                                            : RunStage(active - 1, call);
    if (!outcome.ok()) {
      const size_t place = pulls ? 0 : active == 0 ? flushed_ + 1 : active;
      return NameOperator(std::move(outcome).status(), place);
    }
    if (*outcome == Outcome::kBlocked) return TaskState::kParked;
    if (pulls && *outcome == Outcome::kFinished) source_finished_ = true;
    if (std::chrono::steady_clock::now() >= deadline) return TaskState::kReady;
  }
}

Status PipelineTask::End() {
  if (executor().stopping()) return Status::OK();
  source_.reset();
  const std::shared_ptr<Waker> no_waker;
  const CallContext call{executor().context(), no_waker};
  TRIVET_RETURN_IF_ERROR(sink_->Combine(call));
  Release();
  return executor().PipelineTaskDone(pipeline_);
}

void PipelineTask::Release() {
  stages_.clear();
  sink_.reset();
  source_.reset();
}

Result<TaskState> FinishTask::Step(const CallContext& call) {
  TRIVET_RETURN_IF_ERROR(call.execution.cancellation().Check());
  TRIVET_RETURN_IF_ERROR(sink_->RunFinishTask(task_, call));
  return TaskState::kDone;
}

Status FinishTask::End() { return executor().FinishTaskDone(sink_index_); }

}  // namespace trivet
