#pragma once

#include <memory>

#include "distributed/coordinator_driver.h"
#include "distributed/distributed_planner.h"
#include "distributed/distributed_result.h"
#include "distributed/uploaded_tables.h"
#include "execution/query_runtime.h"
#include "local/local_executor.h"
#include "shuffle/block_stream.h"

namespace trivet {

// Runs a session's queries as stages on the workers of a coordinator, and reads their results from
// these. Listings of the cluster (system.workers and the like) are computed here. Thread-safe;
// streams keep it alive no longer than it lives: destroy them first.
class DistributedRuntime final : public QueryRuntime {
 public:
  // The references outlive the runtime. `fetcher` reads outputs from any worker.
  DistributedRuntime(CoordinatorDriver& driver, PartitionFetcher& fetcher,
                     std::shared_ptr<UploadedTables> tables,
                     DistributedPlannerOptions planning = {}, QuerySettings settings = {})
      : driver_(driver),
        fetcher_(fetcher),
        tables_(std::move(tables)),
        planning_(planning),
        settings_(settings),
        listings_(1) {}

  Result<std::unique_ptr<ResultStream>> Execute(PhysicalPlan plan,
                                                std::unique_ptr<QueryContext> context) override;
  // The rows of a query of this runtime, or of one on the same journal before it, from `rows_taken`
  // on. See DistributedResultStream::Attach.
  Result<std::unique_ptr<DistributedResultStream>> Resume(QueryId query, StageId result_stage,
                                                          std::vector<LogicalType> types,
                                                          uint64_t rows_taken,
                                                          std::unique_ptr<QueryContext> context);
  // Ends a query that no stream reads.
  void End(QueryId query) { driver_.Post(ResultClosed{query}); }
  // See DistributedResultStream::KeepOutputs; for all streams from here on.
  void KeepOutputs() { keep_outputs_ = true; }

  Result<std::string> Explain(const PhysicalPlan& plan, const QueryContext& context,
                              bool json) override;

 private:
  // As the workers are now.
  DistributedPlannerOptions Planning() const;

  CoordinatorDriver& driver_;
  PartitionFetcher& fetcher_;
  std::shared_ptr<UploadedTables> tables_;
  DistributedPlannerOptions planning_;
  QuerySettings settings_;
  bool keep_outputs_ = false;
  LocalExecutor listings_;  // what is answered without a worker
};

}  // namespace trivet
