#include "coordinator/stage_layout.h"

#include <algorithm>

#include "base/string_concat.h"
#include "coordinator/demand.h"

namespace trivet {

namespace {

uint32_t LiveSlots(const CoordinatorState& state) {
  uint32_t slots = 0;
  for (const auto& [name, worker] : state.workers) slots += worker.live ? worker.slots : 0;
  return slots;
}

bool HasStarted(const StageState& stage) { return stage.laid_out; }

// The statistics of a producer of which `maps` tasks are read.
ProducerStatistics StatisticsOf(const Stage& stage, const StageState& state, uint32_t maps) {
  ProducerStatistics statistics;
  statistics.maps = maps;
  statistics.partition_bytes.assign(stage.output_partitions, 0);
  for (size_t i = 0; i < state.partitions.size() && i < statistics.partition_bytes.size(); ++i) {
    statistics.partition_bytes[i] = state.partitions[i].bytes;
  }
  for (uint32_t task = 0; task < stage.task_count; ++task) {
    statistics.map_bytes.push_back(state.tasks[task].bytes);
  }
  return statistics;
}

// True if another stage counts on task i of this one being its partition i.
bool IsForwarded(const QueryState& query, StageId id) {
  return std::any_of(
      query.graph.stages.begin(), query.graph.stages.end(), [&](const Stage& reader) {
        return std::any_of(reader.inputs.begin(), reader.inputs.end(),
                           [&](const StageInput& input) {
                             return input.producer == id && input.kind == ExchangeKind::kForward;
                           });
      });
}

// Changes a hash join to a broadcast join where its build side turned out small.
void BroadcastSmallInput(Turn& turn, QueryState& query, Stage& stage) {
  if (std::none_of(stage.inputs.begin(), stage.inputs.end(),
                   [](const StageInput& input) { return input.may_broadcast; })) {
    return;
  }
  const size_t count = query.stages.size();
  std::vector<bool> complete(count);
  std::vector<bool> started(count);
  std::vector<uint64_t> bytes(count, 0);
  for (size_t id = 0; id < count; ++id) {
    const StageState& state = query.stages[id];
    complete[id] = CompleteMaps(query.graph.stages[id], state).has_value();
    started[id] = HasStarted(state);
    for (const PartitionSize& size : state.partitions) bytes[id] += size.bytes;
  }
  const int small =
      ChooseBroadcastInput(query.graph, stage, complete, started, bytes, query.settings.adaptation);
  if (small < 0) return;
  for (size_t i = 0; i < stage.inputs.size(); ++i) {
    StageInput& input = stage.inputs[i];
    if (static_cast<int>(i) == small) {
      input.kind = ExchangeKind::kBroadcast;
    } else if (input.kind != ExchangeKind::kBroadcast) {
      Stage& probe = query.graph.stages[input.producer];
      input.kind = ExchangeKind::kForward;
      input.task_offset = 0;
      probe.output_partitions = 1;
      stage.task_count = probe.task_count;
    }
  }
  StageState& state = query.stages[stage.id];
  state.planned_tasks = stage.task_count;
  if (state.tasks.size() < stage.task_count) state.tasks.resize(stage.task_count);
  state.adapted.push_back(
      StrCat("input ", small, " of ", bytes[stage.inputs[small].producer], " bytes is broadcast"));
  turn.changed = true;
}

// The bounds of a stage's range partitions, once its sampled stage is measured.
bool HasBounds(QueryState& query, const Stage& stage) {
  StageState& state = query.stages[stage.id];
  if (!stage.bounds_from || state.range_bounds) return true;
  const Stage& sampled = query.graph.stages[*stage.bounds_from];
  const StageState& sampled_state = query.stages[sampled.id];
  if (!IsMeasured(sampled, sampled_state)) return false;
  std::vector<KeySample> samples;
  for (uint32_t task = 0; task < sampled.task_count; ++task) {
    samples.push_back({sampled_state.tasks[task].key_samples, sampled_state.tasks[task].rows});
  }
  state.range_bounds = RangeBounds(samples, stage.output_partitions);
  state.adapted.push_back(
      StrCat("rows are cut into ", state.range_bounds->size() + 1, " ranges at sampled keys"));
  return true;
}

// Writes down, for EXPLAIN ANALYZE, how a layout differs from the plan.
void DescribeLayout(StageState& state, uint32_t planned) {
  uint32_t coalesced = 0;
  uint32_t split = 0;
  const std::vector<InputSlice>* before = nullptr;
  for (const std::vector<InputSlice>& task : state.layout) {
    bool merged = false;
    bool shared = false;
    for (size_t i = 0; i < task.size(); ++i) {
      merged = merged || task[i].partition_end - task[i].partition_begin > 1;
      shared = shared || (before != nullptr && task[i].map_begin > 0 &&
                          (*before)[i].map_end == task[i].map_begin);
    }
    coalesced += merged ? 1 : 0;
    split += shared ? 1 : 0;
    before = &task;
  }
  if (state.layout.size() == planned && coalesced == 0 && split == 0) return;
  if (coalesced > 0) {
    state.adapted.push_back(
        StrCat(planned, " partitions are read by ", state.layout.size(), " tasks"));
  }
  if (split > 0) state.adapted.push_back(StrCat(split, " tasks added to split large partitions"));
}

void LayOut(Turn& turn, QueryState& query, Stage& stage) {
  std::vector<uint32_t> maps;
  for (const StageInput& input : stage.inputs) {
    const auto complete =
        CompleteMaps(query.graph.stages[input.producer], query.stages[input.producer]);
    if (!complete) return;
    maps.push_back(*complete);
  }
  std::vector<ProducerStatistics> producers;
  bool partitioned = false;
  for (const StageInput& input : stage.inputs) {
    producers.push_back(StatisticsOf(query.graph.stages[input.producer],
                                     query.stages[input.producer], maps[producers.size()]));
    partitioned = partitioned || input.kind == ExchangeKind::kHash ||
                  input.kind == ExchangeKind::kRange || input.kind == ExchangeKind::kRoundRobin;
  }
  for (const StageId before : stage.start_after) {
    if (!IsMeasured(query.graph.stages[before], query.stages[before])) return;
  }
  if (!HasBounds(query, stage)) return;
  StageState& state = query.stages[stage.id];
  const uint32_t planned = stage.task_count;
  state.layout = AdaptLayout(stage, producers, LiveSlots(turn.state), IsForwarded(query, stage.id),
                             query.settings.adaptation);
  state.laid_out = true;
  stage.task_count = static_cast<uint32_t>(state.layout.size());
  if (state.tasks.size() < stage.task_count) state.tasks.resize(stage.task_count);
  if (partitioned) DescribeLayout(state, planned);
  for (size_t i = 0; i < maps.size(); ++i) {
    const uint32_t tasks = query.graph.stages[stage.inputs[i].producer].task_count;
    if (maps[i] == tasks) continue;
    state.adapted.push_back(StrCat("the rows of ", maps[i], " of ", tasks, " tasks of stage ",
                                   stage.inputs[i].producer, " are enough"));
  }
  turn.changed = true;
}

}  // namespace

void AdaptStages(Turn& turn, QueryState& query) {
  // Whether a stage follows another is settled for all before any of them is laid out.
  for (Stage& stage : query.graph.stages) {
    if (!query.stages[stage.id].laid_out) BroadcastSmallInput(turn, query, stage);
  }
  for (Stage& stage : query.graph.stages) {
    if (!query.stages[stage.id].laid_out) LayOut(turn, query, stage);
  }
}

}  // namespace trivet
