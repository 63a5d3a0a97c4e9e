#include "coordinator/query_snapshot.h"

#include <algorithm>

namespace trivet {

std::string_view WorkerConditionName(WorkerCondition condition) {
  switch (condition) {
    case WorkerCondition::kLive: return "LIVE";
    case WorkerCondition::kSuspect: return "SUSPECT";
    case WorkerCondition::kBlacklisted: return "BLACKLISTED";
    case WorkerCondition::kLost: return "LOST";
  }
  return "UNKNOWN";
}

std::string_view QueryConditionName(QueryCondition condition) {
  switch (condition) {
    case QueryCondition::kQueued: return "QUEUED";
    case QueryCondition::kRunning: return "RUNNING";
    case QueryCondition::kFinished: return "FINISHED";
    case QueryCondition::kFailed: return "FAILED";
  }
  return "UNKNOWN";
}

std::string_view TaskConditionName(TaskCondition condition) {
  switch (condition) {
    case TaskCondition::kWaiting: return "WAITING";
    case TaskCondition::kBackoff: return "BACKOFF";
    case TaskCondition::kRunning: return "RUNNING";
    case TaskCondition::kFinished: return "FINISHED";
  }
  return "UNKNOWN";
}

namespace {

// Largest over median; 1 where there is nothing to compare.
double Skew(std::vector<uint64_t> values) {
  if (values.size() < 2) return 1;
  std::sort(values.begin(), values.end());
  const uint64_t median = values[values.size() / 2];
  if (median == 0) return values.back() == 0 ? 1 : static_cast<double>(values.back());
  return static_cast<double>(values.back()) / static_cast<double>(median);
}

// Adds what the task has measured; outputs that were lost but not needed any more count as well.
void AddTask(const TaskState& task, StageSnapshot& snapshot, std::vector<uint64_t>& bytes,
             std::vector<uint64_t>& times) {
  snapshot.attempts += task.launches;
  snapshot.retries += task.launches > 0 ? task.launches - 1 : 0;
  if (task.phase == TaskPhase::kRunning) {
    ++snapshot.running_tasks;
    snapshot.progress_rows += task.rows;
    return;
  }
  if (!task.measured) return;
  if (task.phase == TaskPhase::kFinished || task.consumed) ++snapshot.finished_tasks;
  snapshot.task_time += task.took;
  snapshot.rows += task.rows;
  snapshot.bytes += task.bytes;
  snapshot.rows_read += task.rows_read;
  snapshot.bytes_read += task.bytes_read;
  snapshot.spilled_bytes += task.spilled_bytes;
  snapshot.peak_memory_bytes = std::max(snapshot.peak_memory_bytes, task.peak_memory_bytes);
  snapshot.metrics.push_back(task.metrics);
  bytes.push_back(task.bytes);
  times.push_back(static_cast<uint64_t>(task.took.count()));
}

StageSnapshot SnapshotStage(const CoordinatorState& state, const Stage& stage,
                            const StageState& stage_state) {
  StageSnapshot snapshot;
  snapshot.stage = stage.id;
  snapshot.description = stage.description;
  snapshot.tasks = stage.task_count;
  snapshot.planned_tasks = stage_state.planned_tasks;
  snapshot.adapted = stage_state.adapted;
  std::vector<uint64_t> bytes;
  std::vector<uint64_t> times;
  for (uint32_t task = 0; task < stage.task_count; ++task) {
    AddTask(stage_state.tasks[task], snapshot, bytes, times);
  }
  snapshot.skew_bytes = Skew(std::move(bytes));
  snapshot.skew_time = Skew(std::move(times));
  if (stage_state.first_launch) {
    const bool done = snapshot.running_tasks == 0 && stage_state.last_finish.has_value();
    snapshot.elapsed = (done ? *stage_state.last_finish : state.now) - *stage_state.first_launch;
  }
  return snapshot;
}

}  // namespace

QuerySnapshot SnapshotQuery(const CoordinatorState& state, const QueryState& query) {
  QuerySnapshot snapshot;
  snapshot.query = query.id;
  snapshot.condition = query.admitted ? QueryCondition::kRunning : QueryCondition::kQueued;
  snapshot.submitted_at = query.submitted_at;
  snapshot.deadline = query.settings.deadline;
  snapshot.running_tasks = query.running;
  if (query.outcome) {
    snapshot.condition = query.outcome->ok() ? QueryCondition::kFinished : QueryCondition::kFailed;
    snapshot.status = *query.outcome;
    snapshot.ended_at = state.now;
  }
  for (size_t id = 0; id < query.stages.size(); ++id) {
    snapshot.stages.push_back(SnapshotStage(state, query.graph.stages[id], query.stages[id]));
  }
  return snapshot;
}

void SnapshotTasks(const CoordinatorState& state, const QueryState& query,
                   std::vector<TaskSnapshot>& tasks) {
  for (size_t id = 0; id < query.stages.size(); ++id) {
    for (uint32_t partition = 0; partition < query.graph.stages[id].task_count; ++partition) {
      const TaskState& task = query.stages[id].tasks[partition];
      TaskSnapshot& snapshot = tasks.emplace_back();
      snapshot.task = {query.id, static_cast<StageId>(id), partition};
      switch (task.phase) {
        case TaskPhase::kWaiting:
          snapshot.condition =
              task.not_before > state.now ? TaskCondition::kBackoff : TaskCondition::kWaiting;
          break;
        case TaskPhase::kRunning:
          snapshot.condition = TaskCondition::kRunning;
          snapshot.elapsed = state.now - task.started_at;
          break;
        case TaskPhase::kFinished:
          snapshot.condition = TaskCondition::kFinished;
          snapshot.elapsed = task.took;
          break;
      }
      snapshot.attempt = task.launches;
      snapshot.failures = task.failures;
      snapshot.worker = task.worker.name;
      snapshot.rows = task.rows;
      snapshot.bytes = task.bytes;
      if (task.launches > 0) snapshot.started_at = task.started_at;
      snapshot.last_failure = task.last_failure;
    }
  }
}

}  // namespace trivet
