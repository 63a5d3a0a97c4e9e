#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "execution/pipeline.h"
#include "execution/task_scheduler.h"

namespace trivet {

class QueryTask;

// Runs the pipelines of one query on a scheduler: those whose dependencies have finished run at the
// same time, each on up to thread_count tasks; a sink is finished when all its pipelines have
// ended. The first error, or cancellation, stops every pipeline. Used by every runtime, so that
// equal answers are a matter of construction. Thread-safe; its tasks keep it alive.
class PipelineExecutor : public std::enable_shared_from_this<PipelineExecutor> {
 public:
  // `context` and `scheduler` must outlive the run. `on_complete` is called once, from some thread,
  // after the last task has ended.
  PipelineExecutor(std::vector<Pipeline> pipelines, const ExecutionContext& context,
                   TaskScheduler& scheduler, std::function<void(Status)> on_complete);
  ~PipelineExecutor();

  void Start();
  // Ends the run with Cancelled; parked tasks are woken.
  void Cancel();

 private:
  friend class QueryTask;
  friend class PipelineTask;
  friend class FinishTask;

  struct PipelineState {
    size_t sink = 0;
    size_t tasks_left = 0;
    bool started = false;
    bool done = false;
  };
  struct SinkState {
    std::shared_ptr<Sink> sink;
    size_t pipelines_left = 0;
    size_t finish_tasks_left = 0;
  };

  bool stopping() const { return stopping_.load(std::memory_order_acquire); }
  const ExecutionContext& context() const { return context_; }
  Pipeline& pipeline(size_t index) { return pipelines_[index]; }

  bool IsReady(size_t pipeline) const;
  Status StartPipeline(size_t pipeline);
  Status StartReadyPipelines();
  Status EndSinkInput(size_t sink);
  Status CompleteSink(size_t sink);
  Status PipelineTaskDone(size_t pipeline);
  Status FinishTaskDone(size_t sink);
  void AddTask(std::shared_ptr<QueryTask> task);
  void Fail(Status status);
  void TaskEnded();

  std::vector<Pipeline> pipelines_;
  const ExecutionContext& context_;
  TaskScheduler& scheduler_;
  std::function<void(Status)> on_complete_;

  std::atomic<bool> stopping_{false};
  std::mutex mutex_;  // guards all below
  Status error_;
  std::vector<PipelineState> states_;
  std::vector<SinkState> sinks_;
  std::vector<std::shared_ptr<QueryTask>> tasks_;  // all, parked ones included; cleared at the end
  size_t live_tasks_ = 0;
};

}  // namespace trivet
