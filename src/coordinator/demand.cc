#include "coordinator/demand.h"

#include <algorithm>

namespace trivet {

std::optional<uint32_t> CompleteMaps(const Stage& stage, const StageState& state) {
  uint64_t rows = 0;
  for (uint32_t task = 0; task < stage.task_count; ++task) {
    if (state.tasks[task].phase != TaskPhase::kFinished) return std::nullopt;
    rows += state.tasks[task].rows;
    if (stage.row_limit > 0 && rows >= stage.row_limit) return task + 1;
  }
  return stage.task_count;
}

bool IsMeasured(const Stage& stage, const StageState& state) {
  return std::all_of(state.tasks.begin(), state.tasks.begin() + stage.task_count,
                     [](const TaskState& task) { return task.measured; });
}

namespace {

void MarkAll(std::vector<bool>& needed) { std::fill(needed.begin(), needed.end(), true); }

// What a stage that has not been laid out needs: complete producers, and whatever it waits for.
void MarkBeforeLayout(const QueryState& query, const Stage& reader, Demand& needed) {
  for (const StageInput& input : reader.inputs) {
    const Stage& producer = query.graph.stages[input.producer];
    const auto complete = CompleteMaps(producer, query.stages[input.producer]);
    std::vector<bool>& tasks = needed[input.producer];
    std::fill(tasks.begin(), tasks.begin() + complete.value_or(producer.task_count), true);
  }
  for (const StageId before : reader.start_after) {
    if (!IsMeasured(query.graph.stages[before], query.stages[before])) MarkAll(needed[before]);
  }
  if (reader.bounds_from && !query.stages[reader.id].range_bounds &&
      !IsMeasured(query.graph.stages[*reader.bounds_from], query.stages[*reader.bounds_from])) {
    MarkAll(needed[*reader.bounds_from]);
  }
}

// The producing tasks in the slices of the wanted tasks of input number `input`. A difference array
// keeps this at O(maps + tasks) where every task reads every map.
void MarkSlices(const StageState& reader, const std::vector<bool>& wanted, size_t input,
                std::vector<bool>& needed) {
  std::vector<int64_t> change(needed.size() + 1, 0);
  for (size_t task = 0; task < wanted.size(); ++task) {
    if (!wanted[task]) continue;
    const InputSlice& slice = reader.layout[task][input];
    if (slice.empty()) continue;
    ++change[slice.map_begin];
    --change[slice.map_end];
  }
  int64_t open = 0;
  for (size_t map = 0; map < needed.size(); ++map) {
    open += change[map];
    if (open > 0) needed[map] = true;
  }
}

}  // namespace

Demand NeededTasks(const QueryState& query) {
  const size_t count = query.graph.stages.size();
  Demand needed(count);
  for (size_t id = 0; id < count; ++id) needed[id].assign(query.graph.stages[id].task_count, false);
  for (size_t task = 0; task < needed.back().size(); ++task) {
    needed.back()[task] = !query.stages.back().tasks[task].consumed;
  }
  for (size_t id = count; id-- > 0;) {
    const Stage& stage = query.graph.stages[id];
    const StageState& state = query.stages[id];
    std::vector<bool> wanted = needed[id];
    bool any = false;
    for (size_t task = 0; task < wanted.size(); ++task) {
      if (state.tasks[task].phase == TaskPhase::kFinished) wanted[task] = false;
      any = any || wanted[task];
    }
    if (!any) continue;
    if (!state.laid_out) {
      MarkBeforeLayout(query, stage, needed);
      continue;
    }
    for (size_t input = 0; input < stage.inputs.size(); ++input) {
      MarkSlices(state, wanted, input, needed[stage.inputs[input].producer]);
    }
  }
  return needed;
}

}  // namespace trivet
