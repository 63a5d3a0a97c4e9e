#include "distributed/distributed_plan.h"

#include "base/string_concat.h"
#include "distributed/exchange.h"

namespace trivet {

StageGraph DistributedPlan::Graph() const {
  StageGraph graph;
  for (const PlannedStage& planned : stages) graph.stages.push_back(planned.stage);
  return graph;
}

std::string DistributedPlan::ToString() const {
  std::string text;
  for (const PlannedStage& planned : stages) {
    const Stage& stage = planned.stage;
    text += StrCat("Stage ", stage.id, ": ", stage.task_count,
                   stage.task_count == 1 ? " task" : " tasks");
    for (const StageInput& input : stage.inputs) {
      text += StrCat(", reads stage ", input.producer, " (", ExchangeKindName(input.kind), ")");
    }
    if (stage.id + 1 == stages.size()) text += small ? ", result of a small query" : ", result";
    text += "\n" + PlanToString(*planned.plan);
    if (!text.empty() && text.back() != '\n') text += "\n";
  }
  return text;
}

}  // namespace trivet
