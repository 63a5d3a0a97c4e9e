#pragma once

#include <memory>

#include "distributed/coordinator_driver.h"
#include "distributed/distributed_planner.h"
#include "distributed/uploaded_tables.h"
#include "execution/query_runtime.h"
#include "shuffle/block_stream.h"

namespace trivet {

// Runs a session's queries as stages on the workers of a coordinator, and reads their results from
// these. Thread-safe; streams keep it alive no longer than it lives: destroy them first.
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
        settings_(std::move(settings)) {}

  Result<std::unique_ptr<ResultStream>> Execute(PhysicalPlan plan,
                                                std::unique_ptr<QueryContext> context) override;
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
};

}  // namespace trivet
