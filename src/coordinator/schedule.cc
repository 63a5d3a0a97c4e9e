#include "coordinator/schedule.h"

#include <algorithm>
#include <map>
#include <vector>

#include "base/string_concat.h"
#include "coordinator/attempts.h"
#include "coordinator/demand.h"
#include "coordinator/placement.h"

namespace trivet {

namespace {

// The tasks of one query that could start now, in the order in which they should.
struct Backlog {
  QueryState* query = nullptr;
  uint32_t limit = 0;
  std::vector<TaskId> tasks;
  size_t next = 0;
};

// gaps[stage][i]: how many of the first i tasks of a stage have no output; makes it cheap to ask
// whether all of a slice are there.
using Gaps = std::vector<std::vector<uint32_t>>;

Gaps CountGaps(const QueryState& query) {
  Gaps gaps(query.stages.size());
  for (const Stage& stage : query.graph.stages) {
    std::vector<uint32_t>& counts = gaps[stage.id];
    counts.assign(stage.task_count + 1, 0);
    for (uint32_t task = 0; task < stage.task_count; ++task) {
      const bool gap = query.stages[stage.id].tasks[task].phase != TaskPhase::kFinished;
      counts[task + 1] = counts[task] + (gap ? 1 : 0);
    }
  }
  return gaps;
}

bool InputsAreThere(const QueryState& query, const Gaps& gaps, const Stage& stage, uint32_t task) {
  for (size_t i = 0; i < stage.inputs.size(); ++i) {
    const InputSlice& slice = query.stages[stage.id].layout[task][i];
    if (slice.empty()) continue;
    const std::vector<uint32_t>& counts = gaps[stage.inputs[i].producer];
    if (counts[slice.map_begin] != counts[slice.map_end]) return false;
  }
  return true;
}

// Stops what nobody needs any more (a row limit is reached, or a lost output was re-run in vain),
// and collects what can start.
Backlog CollectBacklog(Turn& turn, QueryState& query) {
  Backlog backlog;
  backlog.query = &query;
  backlog.limit = query.settings.max_concurrent_tasks > 0
                      ? query.settings.max_concurrent_tasks
                      : turn.options.max_concurrent_tasks_per_query;
  const Demand needed = NeededTasks(query);
  const Gaps gaps = CountGaps(query);
  for (const Stage& stage : query.graph.stages) {
    const StageState& state = query.stages[stage.id];
    for (uint32_t partition = 0; partition < stage.task_count; ++partition) {
      const TaskState& task = state.tasks[partition];
      const bool wanted = needed[stage.id][partition];
      const TaskId id = TaskIdOf(query, stage.id, partition);
      if (task.phase == TaskPhase::kRunning && !wanted) {
        StopAttempt(turn, query, id, "its output is not needed any more");
      }
      if (task.phase != TaskPhase::kWaiting || !wanted || !state.laid_out) continue;
      if (task.not_before > turn.now()) {
        auto& due = turn.state.schedule_due;
        due = due ? std::min(*due, task.not_before) : task.not_before;
        continue;
      }
      if (InputsAreThere(query, gaps, stage, partition)) backlog.tasks.push_back(id);
    }
  }
  return backlog;
}

void AddInputs(const Turn& turn, const QueryState& query, TaskId task, LaunchAttempt& launch) {
  const Stage& stage = query.graph.stages[task.stage];
  std::map<WorkerIncarnation, uint32_t> places;
  for (size_t i = 0; i < stage.inputs.size(); ++i) {
    const InputSlice& slice = query.stages[task.stage].layout[task.partition][i];
    TaskInput input{stage.inputs[i].producer, slice.partition_begin, slice.partition_end, {}};
    for (uint32_t map = slice.map_begin; map < slice.map_end; ++map) {
      const TaskState& producer = query.stages[input.producer].tasks[map];
      const auto [place, added] =
          places.emplace(producer.worker, static_cast<uint32_t>(launch.peers.size()));
      if (added) {
        const auto worker = turn.state.workers.find(producer.worker.name);
        launch.peers.push_back({producer.worker, worker == turn.state.workers.end()
                                                     ? std::string()
                                                     : worker->second.address});
      }
      input.sources.push_back({map, producer.launches, place->second});
    }
    launch.inputs.push_back(std::move(input));
  }
}

void Launch(Turn& turn, QueryState& query, TaskId id, WorkerState& worker) {
  const Stage& stage = query.graph.stages[id.stage];
  StageState& stage_state = query.stages[id.stage];
  TaskState& task = stage_state.tasks[id.partition];
  ++task.launches;
  task.phase = TaskPhase::kRunning;
  task.worker = worker.worker;
  task.started_at = turn.now();
  task.rows = 0;
  task.bytes = 0;
  const AttemptId attempt{id, task.launches};
  worker.running.emplace(attempt, turn.state.awake);
  ++query.running;
  query.last_grant = ++turn.state.grants;
  query.touched.insert(worker.worker);
  if (!stage_state.first_launch) stage_state.first_launch = turn.now();

  LaunchAttempt launch;
  launch.attempt = attempt;
  launch.worker = worker.worker;
  launch.fragment = stage.fragment;
  launch.output_partitions = stage.output_partitions;
  launch.samples_keys = stage.samples_keys;
  if (stage_state.range_bounds) launch.range_bounds = *stage_state.range_bounds;
  if (query.settings.deadline) {
    launch.deadline = *query.settings.deadline + (turn.state.heard - turn.now());
  }
  AddInputs(turn, query, id, launch);
  turn.actions.push_back(std::move(launch));
}

// Launches the next task of the backlog that fits somewhere. False if none does.
bool LaunchNext(Turn& turn, Backlog& backlog) {
  QueryState& query = *backlog.query;
  while (backlog.next < backlog.tasks.size()) {
    const TaskId id = backlog.tasks[backlog.next++];
    const TaskState& task = query.stages[id.stage].tasks[id.partition];
    if (task.launches >= turn.options.max_task_launches) {
      SetOutcome(turn, query,
                 Status(StatusCode::kUnavailable,
                        StrCat("task ", ToString(id), " was started ", task.launches,
                               " times and is still needed; at last: ", task.last_failure)));
      return false;
    }
    WorkerState* worker = PlaceTask(turn, query, id);
    if (worker == nullptr) continue;
    Launch(turn, query, id, *worker);
    return true;
  }
  return false;
}

// The query to serve next: fewest tasks running, then the one served longest ago.
Backlog* PickBacklog(std::vector<Backlog>& backlogs) {
  Backlog* best = nullptr;
  for (Backlog& backlog : backlogs) {
    const QueryState& query = *backlog.query;
    if (query.outcome || query.running >= backlog.limit) continue;
    if (backlog.next >= backlog.tasks.size()) continue;
    const auto key = [](const Backlog& b) {
      return std::pair(b.query->running, b.query->last_grant);
    };
    if (best == nullptr || key(backlog) < key(*best)) best = &backlog;
  }
  return best;
}

bool AnyFreeSlot(const Turn& turn) {
  return std::any_of(turn.state.workers.begin(), turn.state.workers.end(), [&](const auto& entry) {
    return entry.second.live &&
           entry.second.occupied_slots() < SlotLimit(turn.options, entry.second);
  });
}

}  // namespace

void ScheduleTasks(Turn& turn) {
  turn.state.schedule_due.reset();
  std::vector<Backlog> backlogs;
  for (auto& [id, query] : turn.state.queries) {
    if (query.admitted && !query.outcome) backlogs.push_back(CollectBacklog(turn, query));
  }
  while (AnyFreeSlot(turn)) {
    Backlog* backlog = PickBacklog(backlogs);
    if (backlog == nullptr) break;
    LaunchNext(turn, *backlog);
  }
}

}  // namespace trivet
