#include "distributed/distributed_runtime.h"

#include <utility>

#include "distributed/distributed_result.h"
#include "distributed/task_envelope.h"

namespace trivet {

DistributedPlannerOptions DistributedRuntime::Planning() const {
  uint32_t slots = 0;
  for (const WorkerSnapshot& worker : driver_.Workers()) {
    if (worker.condition != WorkerCondition::kLost) slots += worker.slots;
  }
  return planning_.ForSlots(slots);
}

Result<std::unique_ptr<ResultStream>> DistributedRuntime::Execute(
    PhysicalPlan plan, std::unique_ptr<QueryContext> context) {
  TRIVET_ASSIGN_OR_RETURN(DistributedPlan planned, PlanDistributed(plan, Planning()));
  StageGraph graph = planned.Graph();
  auto uploads = std::make_unique<UploadedTables::Lease>(tables_);
  for (size_t i = 0; i < graph.stages.size(); ++i) {
    TaskEnvelope envelope{context->options(), graph.stages[i].task_count, planned.stages[i].plan};
    TRIVET_ASSIGN_OR_RETURN(graph.stages[i].fragment, EncodeTaskEnvelope(envelope, uploads.get()));
  }
  auto stream = std::make_unique<DistributedResultStream>(std::move(planned), std::move(context),
                                                          std::move(uploads), driver_, fetcher_);
  stream->Submit(std::move(graph), settings_);
  return std::unique_ptr<ResultStream>(std::move(stream));
}

Result<std::string> DistributedRuntime::Explain(const PhysicalPlan& plan, const QueryContext&,
                                                bool json) {
  TRIVET_ASSIGN_OR_RETURN(DistributedPlan planned, PlanDistributed(plan, Planning()));
  return json ? planned.ToJson() : planned.ToString();
}

}  // namespace trivet
