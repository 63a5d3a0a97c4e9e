#include "coordinator/lost_outputs.h"

#include <algorithm>

#include "base/string_concat.h"
#include "coordinator/attempts.h"
#include "coordinator/backoff.h"
#include "coordinator/demand.h"
#include "coordinator/health.h"

namespace trivet {

namespace {

void InvalidateOutput(Turn& turn, QueryState& query, TaskId task) {
  TaskState& state = query.stages[task.stage].tasks[task.partition];
  if (state.phase != TaskPhase::kFinished || state.consumed) return;
  state.phase = TaskPhase::kWaiting;
  state.lost = true;
  turn.changed = true;
}

}  // namespace

void InvalidateWorker(Turn& turn, const WorkerIncarnation& worker) {
  for (auto& [id, query] : turn.state.queries) {
    if (!query.touched.contains(worker)) continue;
    for (const Stage& stage : query.graph.stages) {
      for (uint32_t task = 0; task < stage.task_count; ++task) {
        if (query.stages[stage.id].tasks[task].worker != worker) continue;
        InvalidateOutput(turn, query, TaskIdOf(query, stage.id, task));
      }
    }
  }
}

namespace {

// The reader that stands for the client.
constexpr StageId kClient = ~StageId{0};

// An output that a reader could not have.
struct Loss {
  TaskId task;
  StageId reader = 0;
  WorkerIncarnation peer;
  const Status& status;
};

// The first loss that this one repeats, if running the producer again plainly did not help: another
// attempt of the same task, for the same reading stage, from a peer that is live to this day.
const FetchLoss* FindIdenticalLoss(const Turn& turn, const StageState& stage, const Loss& loss,
                                   uint32_t attempt) {
  for (const FetchLoss& earlier : stage.fetch_losses) {
    if (earlier.map == loss.task.partition && earlier.attempt != attempt &&
        earlier.consumer == loss.reader && turn.FindLive(earlier.peer) != nullptr) {
      return &earlier;
    }
  }
  return nullptr;
}

std::string ReaderName(StageId reader) {
  return reader == kClient ? "the client" : StrCat("stage ", reader);
}

// Marks one output as lost for a reader. False if the query ends over it.
bool LoseOutput(Turn& turn, QueryState& query, const Loss& loss) {
  StageState& stage = query.stages[loss.task.stage];
  TaskState& state = stage.tasks[loss.task.partition];
  const uint32_t attempt = state.launches;
  if (const FetchLoss* earlier = FindIdenticalLoss(turn, stage, loss, attempt)) {
    SetOutcome(
        turn, query,
        Status(StatusCode::kFetchFailed,
               StrCat("the output of ", ToString(loss.task), " was lost twice for ",
                      ReaderName(loss.reader), ": attempt ", earlier->attempt, " on worker ",
                      ToString(earlier->peer), ", attempt ", attempt, " on worker ",
                      ToString(loss.peer), "; at last: ", loss.status.message()))
            .WithHint("the worker of the first loss is alive: look at its disk, at the network "
                      "between the workers and at limits on the size of messages"));
    return false;
  }
  stage.fetch_losses.push_back({loss.task.partition, attempt, loss.reader, loss.peer});
  InvalidateOutput(turn, query, loss.task);
  state.avoid = loss.peer.name;
  state.last_failure = loss.status.ToString();
  return true;
}

// Counts a round of losses of a stage's outputs, and the failure of the peer that lost them.
void CountRerun(Turn& turn, QueryState& query, const Loss& loss) {
  StageState& stage = query.stages[loss.task.stage];
  if (++stage.reruns > turn.options.max_stage_reruns) {
    SetOutcome(
        turn, query,
        Status(StatusCode::kFetchFailed,
               StrCat("outputs of stage ", loss.task.stage, " were lost ", stage.reruns,
                      " times; at last ", ReaderName(loss.reader), " could not fetch from worker ",
                      ToString(loss.peer), ": ", loss.status.message())));
    return;
  }
  if (turn.FindLive(loss.peer) != nullptr) {
    NoteFailure(turn, loss.peer.name, &query, loss.status.message());
  }
}

// Runs a stage and all that read it again, whole.
void RestartStage(Turn& turn, QueryState& query, StageId id, std::vector<bool>& restarted) {
  if (restarted[id]) return;
  restarted[id] = true;
  Stage& stage = query.graph.stages[id];
  StageState& state = query.stages[id];
  for (uint32_t partition = 0; partition < stage.task_count; ++partition) {
    TaskState& task = state.tasks[partition];
    if (task.phase == TaskPhase::kRunning) {
      StopAttempt(turn, query, TaskIdOf(query, id, partition), "its stage runs again");
    }
  }
  for (TaskState& task : state.tasks) {
    task.phase = TaskPhase::kWaiting;
    task.lost = false;
    task.measured = false;
    task.first_attempt = task.launches + 1;
  }
  state.partitions.clear();
  state.range_bounds.reset();
  state.laid_out = false;
  state.layout.clear();
  stage.task_count = state.planned_tasks;
  for (const Stage& reader : query.graph.stages) {
    const bool reads = std::any_of(reader.inputs.begin(), reader.inputs.end(),
                                   [&](const StageInput& input) { return input.producer == id; });
    if (reads || reader.bounds_from == id) RestartStage(turn, query, reader.id, restarted);
  }
}

bool IsResultHandedOut(const QueryState& query) {
  const auto& tasks = query.stages.back().tasks;
  return std::any_of(tasks.begin(), tasks.end(),
                     [](const TaskState& task) { return task.delivered > 0; });
}

}  // namespace

void HandleFetchFailure(Turn& turn, QueryState& query, const FetchFailed& event) {
  const TaskId reader = event.attempt.task;
  ReleaseAttempt(turn, query, reader);
  TaskState& task = query.stages[reader.stage].tasks[reader.partition];
  ++task.fetch_failures;
  task.last_failure = event.status.ToString();
  task.avoid = event.worker.name;
  task.not_before = turn.now() + DrawBackoff(turn.options, task.fetch_failures, turn.state.random);
  std::optional<Loss> last;
  for (const MapAttempt& map : event.maps) {
    const TaskState* producer = turn.FindTask(TaskIdOf(query, event.producer, map.map));
    // Others may have told of it before, and the task may have run again since.
    if (producer == nullptr || producer->phase != TaskPhase::kFinished ||
        producer->launches != map.attempt) {
      continue;
    }
    last.emplace(Loss{TaskIdOf(query, event.producer, map.map), reader.stage, producer->worker,
                      event.status});
    if (!LoseOutput(turn, query, *last)) return;
  }
  if (last) CountRerun(turn, query, *last);
}

void HandleResultFetchFailure(Turn& turn, QueryState& query, const ResultFetchFailed& event) {
  const Stage& stage = query.graph.result_stage();
  const TaskId task = TaskIdOf(query, stage.id, event.partition);
  if (event.rows_taken > 0 && (!stage.repeatable_rows || stage.indeterminate)) {
    SetOutcome(
        turn, query,
        Status(StatusCode::kUnavailable,
               StrCat("the output of ", ToString(task), " on worker ", ToString(event.worker),
                      " was lost after ", event.rows_taken,
                      " rows, which may differ when it runs again: ", event.status.message())));
    return;
  }
  const TaskState& state = query.result_state().tasks[event.partition];
  if (state.phase != TaskPhase::kFinished || state.launches != event.attempt) return;
  const Loss loss{task, kClient, state.worker, event.status};
  if (LoseOutput(turn, query, loss)) CountRerun(turn, query, loss);
}

void RestartIndeterminateStages(Turn& turn, QueryState& query) {
  const Demand needed = NeededTasks(query);
  std::vector<bool> restarted(query.stages.size(), false);
  for (const Stage& stage : query.graph.stages) {
    StageState& state = query.stages[stage.id];
    if (!stage.indeterminate || restarted[stage.id]) continue;
    bool lost = false;
    for (uint32_t task = 0; task < stage.task_count; ++task) {
      lost = lost || (needed[stage.id][task] && state.tasks[task].lost);
    }
    if (!lost) continue;
    if (IsResultHandedOut(query)) {
      SetOutcome(turn, query,
                 Status(StatusCode::kUnavailable,
                        StrCat("an output of stage ", stage.id,
                               " was lost, whose rows may differ "
                               "when it runs again, after part of the result was handed out")));
      return;
    }
    if (++state.reruns > turn.options.max_stage_reruns) {
      SetOutcome(
          turn, query,
          Status(StatusCode::kUnavailable, StrCat("stage ", stage.id,
                                                  ", which runs again whole whenever one of its "
                                                  "outputs is lost, lost outputs ",
                                                  state.reruns, " times")));
      return;
    }
    RestartStage(turn, query, stage.id, restarted);
  }
}

}  // namespace trivet
