#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "coordinator/event.h"
#include "distributed/task_inputs.h"
#include "distributed/task_output.h"
#include "distributed/worker_runtime.h"
#include "execution/pipeline_run.h"

namespace trivet {

// One attempt at a task: decodes the stage's plan, runs it over the task's inputs and seals its
// output in the worker's store. Run on one thread; Cancel on any.
class TaskRun {
 public:
  TaskRun(LaunchAttempt launch, WorkerRuntime& runtime);

  // How it ended, as the coordinator is to be told.
  Event Run();
  void Cancel(std::string reason);

  AttemptProgress progress() const;
  const AttemptId& attempt() const { return launch_.attempt; }

 private:
  Result<TaskFinished> Execute();
  Status WriteOutput(PipelineRun& run, TaskOutput& output);
  Status cancelled() const;

  const LaunchAttempt launch_;
  WorkerRuntime& runtime_;
  TaskInputs inputs_;
  std::atomic<uint64_t> rows_{0};
  mutable std::mutex mutex_;
  CancellationToken cancellation_;
  std::unique_ptr<TaskContext> context_;
  std::string cancel_reason_;
};

}  // namespace trivet
