#include "distributed/distributed_runtime.h"

#include <utility>

#include "distributed/cluster_tables.h"
#include "distributed/task_envelope.h"

namespace trivet {

DistributedPlannerOptions DistributedRuntime::Planning() const {
  return planning_.ForSlots(driver_.SlotsToPlanFor());
}

Result<std::unique_ptr<ResultStream>> DistributedRuntime::Execute(
    PhysicalPlan plan, std::unique_ptr<QueryContext> context) {
  if (ReadsClusterTablesAlone(*plan)) {
    return listings_.Execute(std::move(plan), std::move(context));
  }
  TRIVET_ASSIGN_OR_RETURN(DistributedPlan planned, PlanDistributed(plan, Planning()));
  StageGraph graph = planned.Graph();
  auto uploads = std::make_unique<UploadedTables::Lease>(tables_);
  for (size_t i = 0; i < graph.stages.size(); ++i) {
    TaskEnvelope envelope{context->options(), graph.stages[i].task_count, planned.stages[i].plan,
                          planned.stages[i].code};
    TRIVET_ASSIGN_OR_RETURN(graph.stages[i].fragment, EncodeTaskEnvelope(envelope, uploads.get()));
  }
  auto stream = std::make_unique<DistributedResultStream>(std::move(planned), std::move(context),
                                                          std::move(uploads), driver_, fetcher_);
  if (keep_outputs_) stream->KeepOutputs();
  stream->Submit(std::move(graph), settings_);
  return std::unique_ptr<ResultStream>(std::move(stream));
}

Result<std::unique_ptr<DistributedResultStream>> DistributedRuntime::Resume(
    QueryId query, StageId result_stage, std::vector<LogicalType> types, uint64_t rows_taken,
    std::unique_ptr<QueryContext> context) {
  auto stream = std::make_unique<DistributedResultStream>(result_stage, std::move(types),
                                                          std::move(context), driver_, fetcher_);
  stream->KeepOutputs();
  TRIVET_RETURN_IF_ERROR(stream->Attach(query, rows_taken));
  return stream;
}

Result<std::string> DistributedRuntime::Explain(const PhysicalPlan& plan,
                                                const QueryContext& context, bool json) {
  if (ReadsClusterTablesAlone(*plan)) return listings_.Explain(plan, context, json);
  TRIVET_ASSIGN_OR_RETURN(DistributedPlan planned, PlanDistributed(plan, Planning()));
  return json ? planned.ToJson() : planned.ToString();
}

}  // namespace trivet
