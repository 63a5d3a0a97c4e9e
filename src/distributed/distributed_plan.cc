#include "distributed/distributed_plan.h"

#include <algorithm>
#include <cstdio>

#include "base/string_concat.h"
#include "context/memory_budget.h"
#include "distributed/exchange.h"
#include "distributed/requirements.h"

namespace trivet {

DistributedPlannerOptions DistributedPlannerOptions::ForSlots(uint32_t slots) const {
  constexpr uint32_t kMostPartitions = 1024;
  DistributedPlannerOptions options = *this;
  const uint32_t known = std::clamp<uint32_t>(slots, 1, kMostPartitions);
  if (options.partitions == 0) options.partitions = std::min(2 * known, kMostPartitions);
  options.slots = known;
  if (options.scan_tasks == 0) options.scan_tasks = 2 * known;
  if (options.forced_scan_tasks != 0) options.replicate_bytes = options.gather_bytes = 0;
  return options;
}

StageGraph DistributedPlan::Graph() const {
  StageGraph graph;
  for (const PlannedStage& planned : stages) graph.stages.push_back(planned.stage);
  return graph;
}

namespace {

std::string Ratio(double ratio) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.2f", ratio);
  return text;
}

std::string Measured(const StageSnapshot& stage) {
  std::string text = StrCat("  ", stage.finished_tasks, " of ", stage.tasks, " tasks in ",
                            stage.elapsed.count(), " ms (", stage.task_time.count(),
                            " ms of tasks), ", stage.rows, " rows, ", stage.bytes, " bytes, skew ",
                            Ratio(stage.skew_bytes), ", ", stage.retries, " retries");
  if (stage.spilled_bytes > 0) text += StrCat(", ", FormatBytes(stage.spilled_bytes), " spilled");
  text += '\n';
  for (const std::string& change : stage.adapted) text += StrCat("  adapted: ", change, "\n");
  return text;
}

// What was changed at run time, in words without quotes.
std::string AdaptedJson(const StageSnapshot& stage) {
  std::string text;
  for (const std::string& change : stage.adapted) {
    text += StrCat(text.empty() ? "" : ",", "\"", change, "\"");
  }
  return StrCat(",\"adapted\":[", text, "]");
}

std::string MeasuredJson(const StageSnapshot& stage) {
  return StrCat(",\"finished_tasks\":", stage.finished_tasks,
                ",\"elapsed_ms\":", stage.elapsed.count(), ",\"task_ms\":", stage.task_time.count(),
                ",\"rows\":", stage.rows, ",\"bytes\":", stage.bytes,
                ",\"spilled_bytes\":", stage.spilled_bytes, ",\"skew\":", Ratio(stage.skew_bytes),
                ",\"attempts\":", stage.attempts, ",\"retries\":", stage.retries,
                AdaptedJson(stage));
}

const StageSnapshot* FindStage(const QuerySnapshot* measured, StageId stage) {
  if (measured == nullptr || stage >= measured->stages.size()) return nullptr;
  return &measured->stages[stage];
}

}  // namespace

std::string DistributedPlan::ToString(const QuerySnapshot* measured) const {
  std::string text;
  for (const PlannedStage& planned : stages) {
    const Stage& stage = planned.stage;
    if (!text.empty()) text += '\n';
    text += StrCat("Stage ", stage.id, ": ", stage.task_count,
                   stage.task_count == 1 ? " task" : " tasks");
    for (const StageInput& input : stage.inputs) {
      text += StrCat(", reads stage ", input.producer, " (", ExchangeKindName(input.kind), ")");
    }
    if (stage.bounds_from) text += StrCat(", cut at keys of stage ", *stage.bounds_from);
    if (stage.row_limit > 0)
      text += StrCat(", of which the first ", stage.row_limit, " rows count");
    if (stage.id + 1 == stages.size()) {
      text += small ? ", result; the query is small and runs as one task" : ", result";
    }
    if (!stage.requirements.empty()) {
      text += StrCat(", needs ", trivet::ToString(stage.requirements));
    }
    text += '\n';
    if (const StageSnapshot* seen = FindStage(measured, stage.id)) text += Measured(*seen);
    text += PlanToString(*planned.plan);
    if (text.back() != '\n') text += '\n';
  }
  return text;
}

std::string DistributedPlan::ToJson(const QuerySnapshot* measured) const {
  std::string text = StrCat("{\"small\":", small ? "true" : "false", ",\"stages\":[");
  for (const PlannedStage& planned : stages) {
    const Stage& stage = planned.stage;
    if (stage.id > 0) text += ',';
    text += StrCat("{\"stage\":", stage.id, ",\"tasks\":", stage.task_count,
                   ",\"output_partitions\":", stage.output_partitions, ",\"inputs\":[");
    for (size_t i = 0; i < stage.inputs.size(); ++i) {
      text += StrCat(i > 0 ? "," : "", "{\"stage\":", stage.inputs[i].producer, ",\"kind\":\"",
                     ExchangeKindName(stage.inputs[i].kind), "\"}");
    }
    text += ']';
    if (!stage.requirements.empty()) {
      text += StrCat(",\"needs\":\"", trivet::ToString(stage.requirements), "\"");
    }
    if (stage.bounds_from) text += StrCat(",\"bounds_from\":", *stage.bounds_from);
    if (stage.row_limit > 0) text += StrCat(",\"row_limit\":", stage.row_limit);
    if (const StageSnapshot* seen = FindStage(measured, stage.id)) text += MeasuredJson(*seen);
    text += StrCat(",\"plan\":", PlanToJson(*planned.plan), "}");
  }
  return text + "]}";
}

}  // namespace trivet
