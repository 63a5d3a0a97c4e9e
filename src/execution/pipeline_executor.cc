#include "execution/pipeline_executor.h"

#include <algorithm>
#include <utility>

#include "execution/morsel_tracker.h"
#include "execution/query_task.h"

namespace trivet {

PipelineExecutor::PipelineExecutor(std::vector<Pipeline> pipelines, const ExecutionContext& context,
                                   TaskScheduler& scheduler,
                                   std::function<void(Status)> on_complete)
    : pipelines_(std::move(pipelines)),
      context_(context),
      scheduler_(scheduler),
      on_complete_(std::move(on_complete)),
      states_(pipelines_.size()) {
  for (size_t i = 0; i < pipelines_.size(); ++i) {
    const auto known = std::find_if(sinks_.begin(), sinks_.end(), [&](const SinkState& state) {
      return state.sink == pipelines_[i].sink;
    });
    states_[i].sink = static_cast<size_t>(known - sinks_.begin());
    if (known == sinks_.end()) sinks_.push_back({pipelines_[i].sink, 0, 0});
    ++sinks_[states_[i].sink].pipelines_left;
  }
}

PipelineExecutor::~PipelineExecutor() = default;

void PipelineExecutor::Start() {
  {
    std::lock_guard lock(mutex_);
    ++live_tasks_;  // the start itself, so that the run cannot complete under it
  }
  Status status = StartReadyPipelines();
  if (!status.ok()) Fail(std::move(status));
  TaskEnded();
}

void PipelineExecutor::Cancel() { Fail(Status::Cancelled("the query was cancelled")); }

bool PipelineExecutor::IsReady(size_t index) const {
  if (states_[index].started) return false;
  const std::vector<size_t>& dependencies = pipelines_[index].dependencies;
  return std::all_of(dependencies.begin(), dependencies.end(),
                     [&](size_t dependency) { return states_[dependency].done; });
}

Status PipelineExecutor::StartReadyPipelines() {
  std::vector<size_t> ready;
  {
    std::lock_guard lock(mutex_);
    for (size_t i = 0; i < pipelines_.size(); ++i) {
      if (!IsReady(i)) continue;
      states_[i].started = true;
      ready.push_back(i);
    }
  }
  for (size_t index : ready) TRIVET_RETURN_IF_ERROR(StartPipeline(index));
  return Status::OK();
}

Status PipelineExecutor::StartPipeline(size_t index) {
  const size_t tasks = std::min(context_.thread_count(), pipelines_[index].source->max_threads());
  {
    std::lock_guard lock(mutex_);
    states_[index].tasks_left = std::max<size_t>(tasks, 1);
  }
  if (tasks == 0) return PipelineTaskDone(index);
  for (size_t i = 0; i < tasks; ++i) {
    AddTask(std::make_shared<PipelineTask>(shared_from_this(), index));
  }
  return Status::OK();
}

void PipelineExecutor::AddTask(std::shared_ptr<QueryTask> task) {
  {
    std::lock_guard lock(mutex_);
    ++live_tasks_;
    tasks_.push_back(task);
  }
  scheduler_.Schedule(std::move(task));
}

Status PipelineExecutor::PipelineTaskDone(size_t index) {
  size_t sink = 0;
  bool input_ended = false;
  {
    std::lock_guard lock(mutex_);
    PipelineState& state = states_[index];
    if (--state.tasks_left > 0) return Status::OK();
    sink = state.sink;
    input_ended = --sinks_[sink].pipelines_left == 0;
    // A pipeline counts as done for the others only when its sink is finished, except among the
    // pipelines of one sink, which may run one after the other.
    if (!input_ended) state.done = true;
  }
  // What only this pipeline needed goes now: others may want the memory that its source holds.
  pipelines_[index].source.reset();
  pipelines_[index].transforms.clear();
  if (auto tracker = sinks_[sink].sink->tracker()) tracker->FinishBranch(pipelines_[index].branch);
  return input_ended ? EndSinkInput(sink) : StartReadyPipelines();
}

Status PipelineExecutor::EndSinkInput(size_t index) {
  SinkState& state = sinks_[index];
  const size_t tasks = state.sink->FinishTaskCount();
  if (tasks == 0) return CompleteSink(index);
  {
    std::lock_guard lock(mutex_);
    state.finish_tasks_left = tasks;
  }
  for (size_t i = 0; i < tasks; ++i) {
    AddTask(std::make_shared<FinishTask>(shared_from_this(), index, state.sink, i));
  }
  return Status::OK();
}

Status PipelineExecutor::FinishTaskDone(size_t index) {
  {
    std::lock_guard lock(mutex_);
    if (--sinks_[index].finish_tasks_left > 0) return Status::OK();
  }
  return CompleteSink(index);
}

Status PipelineExecutor::CompleteSink(size_t index) {
  const std::shared_ptr<Waker> no_waker;
  TRIVET_RETURN_IF_ERROR(sinks_[index].sink->Finish({context_, no_waker}));
  {
    std::lock_guard lock(mutex_);
    for (PipelineState& state : states_) {
      if (state.sink == index) state.done = true;
    }
  }
  return StartReadyPipelines();
}

void PipelineExecutor::Fail(Status status) {
  std::vector<std::shared_ptr<QueryTask>> tasks;
  {
    std::lock_guard lock(mutex_);
    if (error_.ok()) error_ = std::move(status);
    stopping_.store(true, std::memory_order_release);
    tasks = tasks_;
  }
  for (const auto& task : tasks) task->Wake();
}

void PipelineExecutor::TaskEnded() {
  Status status;
  std::vector<std::shared_ptr<QueryTask>> tasks;
  {
    std::lock_guard lock(mutex_);
    if (--live_tasks_ > 0) return;
    status = error_;
    tasks = std::move(tasks_);
  }
  // Running state goes before the completion is told, so that reservations are free by then.
  for (Pipeline& pipeline : pipelines_) {
    pipeline.source.reset();
    pipeline.transforms.clear();
    pipeline.sink.reset();
  }
  for (SinkState& state : sinks_) state.sink.reset();
  std::function<void(Status)> on_complete = std::move(on_complete_);
  on_complete(std::move(status));
}

}  // namespace trivet
