#pragma once

#include <memory>
#include <vector>

#include "context/query_context.h"
#include "execution/physical_operator.h"
#include "execution/pipeline_executor.h"
#include "execution/result_queue.h"
#include "execution/thread_pool.h"

namespace trivet {

// A running query on this process's threads and the stream of its rows. The reader pulls; nothing
// runs further than a bounded buffer ahead of it. Destroying the stream cancels the run and waits
// until its last task has ended (a slice, about 10 ms). Used by one thread at a time, except
// Cancel.
class LocalResultStream {
 public:
  // `context` is owned by the stream.
  LocalResultStream(PhysicalPlan plan, std::unique_ptr<QueryContext> context,
                    std::unique_ptr<TaskScheduler> scheduler);
  ~LocalResultStream();

  // Cuts the plan into pipelines and starts them.
  Status Start();
  // The next batch; false after the last one.
  Result<bool> Next(Batch& batch);
  // Like Next, but gives up after `timeout_ms` (kBlocked), so that a caller can look after signals.
  Result<Outcome> Poll(Batch& batch, int timeout_ms);
  // Thread-safe.
  void Cancel();

  const PhysicalOperator& plan() const { return *plan_; }
  QueryContext& context() { return *context_; }

 private:
  PhysicalPlan plan_;
  std::unique_ptr<QueryContext> context_;
  std::unique_ptr<TaskScheduler> scheduler_;
  std::shared_ptr<ResultQueue> queue_;
  std::shared_ptr<PipelineExecutor> executor_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool running_ = false;
};

// Runs physical plans on a pool of threads of this process.
class LocalExecutor {
 public:
  explicit LocalExecutor(size_t thread_count) : pool_(thread_count) {}

  Result<std::unique_ptr<LocalResultStream>> Execute(PhysicalPlan plan,
                                                     std::unique_ptr<QueryContext> context);
  void Resize(size_t thread_count) { pool_.Resize(thread_count); }

 private:
  ThreadPool pool_;
};

}  // namespace trivet
