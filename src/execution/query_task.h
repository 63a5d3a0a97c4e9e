#pragma once

#include <atomic>
#include <memory>

#include "execution/pipeline_executor.h"

namespace trivet {

// A task of a running query: parks itself when it is blocked, is scheduled again by its waker, and
// reports its end or error to the executor. Run by one thread at a time.
class QueryTask : public Task, public std::enable_shared_from_this<QueryTask> {
 public:
  explicit QueryTask(std::shared_ptr<PipelineExecutor> executor);

  TaskState Run() final;
  void Wake();

 protected:
  // Works for at most a slice. kDone also tells the executor what has ended, through End.
  virtual Result<TaskState> Step(const CallContext& call) = 0;
  // After Step answered kDone: may start what comes next.
  virtual Status End() = 0;
  // Drops running state early, before the task is destroyed.
  virtual void Release() = 0;

  PipelineExecutor& executor() const { return *executor_; }

 private:
  enum State : int { kRunning, kParked, kNotified };
  class TaskWaker;

  std::shared_ptr<PipelineExecutor> executor_;
  std::shared_ptr<Waker> waker_;
  std::atomic<int> state_{kRunning};
};

// Runs one thread's share of a pipeline.
class PipelineTask final : public QueryTask {
 public:
  PipelineTask(std::shared_ptr<PipelineExecutor> executor, size_t pipeline)
      : QueryTask(std::move(executor)), pipeline_(pipeline) {}

 protected:
  Result<TaskState> Step(const CallContext& call) override;
  Status End() override;
  void Release() override;

 private:
  struct Stage {
    std::unique_ptr<LocalTransform> transform;  // null in the last stage: the sink
    Batch input;
    bool pending = false;
    OperatorMetrics* metrics = nullptr;
  };

  Status Open();
  // Names the operator at fault where memory was refused, unless the error does.
  Status NameOperator(Status status, size_t place) const;
  Result<Outcome> PullSource(const CallContext& call);
  Result<Outcome> RunStage(size_t stage, const CallContext& call);
  // Takes what the first transform that is not flushed yet held back.
  Result<Outcome> FlushStage(const CallContext& call);
  void PassOn(size_t stage);
  // No more input is wanted at `stage` or below it.
  void FinishUpTo(size_t stage);

  size_t pipeline_;
  bool open_ = false;
  bool source_finished_ = false;
  size_t flushed_ = 0;  // stages from the first on that hold nothing back
  std::unique_ptr<LocalSource> source_;
  OperatorMetrics* source_metrics_ = nullptr;
  std::vector<Stage> stages_;
  std::unique_ptr<LocalSink> sink_;
};

// Runs one of a sink's finish tasks.
class FinishTask final : public QueryTask {
 public:
  FinishTask(std::shared_ptr<PipelineExecutor> executor, size_t sink_index,
             std::shared_ptr<Sink> sink, size_t task)
      : QueryTask(std::move(executor)),
        sink_index_(sink_index),
        sink_(std::move(sink)),
        task_(task) {}

 protected:
  Result<TaskState> Step(const CallContext& call) override;
  Status End() override;
  void Release() override { sink_.reset(); }

 private:
  size_t sink_index_;
  std::shared_ptr<Sink> sink_;
  size_t task_;
};

}  // namespace trivet
