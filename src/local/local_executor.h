#pragma once

#include <memory>
#include <vector>

#include "context/query_context.h"
#include "execution/physical_operator.h"
#include "execution/pipeline_run.h"
#include "execution/query_runtime.h"
#include "execution/thread_pool.h"

namespace trivet {

// A running query on this process's threads. Destroying the stream cancels the run and waits until
// its last task has ended (a slice, about 3 ms).
class LocalResultStream final : public ResultStream {
 public:
  // `context` is owned by the stream.
  LocalResultStream(PhysicalPlan plan, std::unique_ptr<QueryContext> context,
                    std::unique_ptr<TaskScheduler> scheduler);

  // Cuts the plan into pipelines and starts them.
  Status Start();
  Result<Outcome> Poll(Batch& batch, int timeout_ms) override;
  void Cancel() override;
  bool DivertTo(std::shared_ptr<RowReceiver> receiver) override;
  std::optional<double> Progress() const override;
  std::string Analysis(bool json) override;

  QueryContext& context() { return *context_; }

 private:
  PhysicalPlan plan_;
  std::unique_ptr<QueryContext> context_;
  std::unique_ptr<TaskScheduler> scheduler_;
  std::unique_ptr<PipelineRun> run_;
};

// Runs physical plans on a pool of threads of this process.
class LocalExecutor final : public QueryRuntime {
 public:
  explicit LocalExecutor(size_t thread_count) : pool_(thread_count) {}

  Result<std::unique_ptr<ResultStream>> Execute(PhysicalPlan plan,
                                                std::unique_ptr<QueryContext> context) override;
  Result<std::string> Explain(const PhysicalPlan& plan, const QueryContext& context,
                              bool json) override;
  void Resize(size_t thread_count) { pool_.Resize(thread_count); }

 private:
  ThreadPool pool_;
};

}  // namespace trivet
