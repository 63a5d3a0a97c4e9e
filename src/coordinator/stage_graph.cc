#include "coordinator/stage_graph.h"

#include "base/string_concat.h"

namespace trivet {

std::string_view ExchangeKindName(ExchangeKind kind) {
  switch (kind) {
    case ExchangeKind::kHash: return "HASH";
    case ExchangeKind::kRange: return "RANGE";
    case ExchangeKind::kRoundRobin: return "ROUND_ROBIN";
    case ExchangeKind::kBroadcast: return "BROADCAST";
    case ExchangeKind::kGather: return "GATHER";
    case ExchangeKind::kForward: return "FORWARD";
  }
  return "UNKNOWN";
}

namespace {

Status CheckInput(const StageGraph& graph, const Stage& stage, const StageInput& input) {
  const auto broken = [&](std::string_view what) {
    return Status::Internal(
        StrCat("stage ", stage.id, " reads stage ", input.producer, ", which ", what));
  };
  if (input.producer >= stage.id) return broken("does not come before it");
  const Stage& producer = graph.stages[input.producer];
  switch (input.kind) {
    case ExchangeKind::kHash:
    case ExchangeKind::kRange:
    case ExchangeKind::kRoundRobin:
      if (producer.output_partitions != stage.task_count) return broken("has other partitions");
      break;
    case ExchangeKind::kBroadcast: break;  // all partitions, where it is cut for another stage
    case ExchangeKind::kGather:
      if (producer.output_partitions != 1) return broken("is cut, but gathered");
      if (stage.task_count != 1) return broken("is gathered by several tasks");
      break;
    case ExchangeKind::kForward:
      if (producer.output_partitions != 1) return broken("is cut, but forwarded");
      if (uint64_t{input.task_offset} + producer.task_count > stage.task_count) {
        return broken("has more tasks");
      }
      break;
  }
  return Status::OK();
}

// What a stage takes from others beside its inputs.
Status CheckOrder(const StageGraph& graph) {
  for (const Stage& stage : graph.stages) {
    for (const StageId before : stage.start_after) {
      if (before >= stage.id) {
        return Status::Internal(StrCat("stage ", stage.id, " starts after stage ", before));
      }
    }
    if (stage.bounds_from &&
        (*stage.bounds_from >= stage.id || !graph.stages[*stage.bounds_from].samples_keys)) {
      return Status::Internal(StrCat("stage ", stage.id, " is cut by the samples of stage ",
                                     *stage.bounds_from, ", which gives none"));
    }
    for (const StageInput& input : stage.inputs) {
      if (graph.stages[input.producer].row_limit > 0 && input.kind != ExchangeKind::kGather) {
        return Status::Internal(StrCat("stage ", stage.id, " reads stage ", input.producer,
                                       ", which has a row limit, without gathering it"));
      }
    }
  }
  return Status::OK();
}

}  // namespace

Status StageGraph::Validate() const {
  if (stages.empty()) return Status::Internal("a query without stages");
  for (size_t i = 0; i < stages.size(); ++i) {
    const Stage& stage = stages[i];
    if (stage.id != i) return Status::Internal(StrCat("stage ", stage.id, " stands at ", i));
    if (stage.task_count == 0 || stage.output_partitions == 0) {
      return Status::Internal(StrCat("stage ", stage.id, " has no tasks or partitions"));
    }
    if (stage.task_count > kMaximumTasks || stage.output_partitions > kMaximumTasks) {
      return Status::Internal(
          StrCat("stage ", stage.id, " has more than ", kMaximumTasks, " tasks or partitions"));
    }
    for (const StageInput& input : stage.inputs) {
      TRIVET_RETURN_IF_ERROR(CheckInput(*this, stage, input));
    }
  }
  TRIVET_RETURN_IF_ERROR(CheckOrder(*this));
  if (result_stage().output_partitions != 1) return Status::Internal("the result is cut");
  return Status::OK();
}

}  // namespace trivet
