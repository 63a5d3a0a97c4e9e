#include "coordinator/attempts.h"

#include "base/assert.h"
#include "base/string_concat.h"
#include "coordinator/backoff.h"

namespace trivet {

TaskId TaskIdOf(const QueryState& query, StageId stage, uint32_t partition) {
  return {query.id, stage, partition};
}

void ReleaseAttempt(Turn& turn, QueryState& query, TaskId task) {
  TaskState& state = query.stages[task.stage].tasks[task.partition];
  TRIVET_ASSERT(state.phase == TaskPhase::kRunning);
  const auto worker = turn.state.workers.find(state.worker.name);
  if (worker != turn.state.workers.end()) worker->second.running.erase({task, state.launches});
  state.phase = TaskPhase::kWaiting;
  --query.running;
  turn.changed = true;
}

void StopAttempt(Turn& turn, QueryState& query, TaskId task, std::string_view reason) {
  TaskState& state = query.stages[task.stage].tasks[task.partition];
  const AttemptId attempt{task, state.launches};
  const WorkerIncarnation on = state.worker;
  ReleaseAttempt(turn, query, task);
  if (WorkerState* worker = turn.FindLive(on)) {
    worker->cancelling.emplace(attempt, turn.state.awake);
    turn.actions.push_back(CancelAttempt{attempt, on, std::string(reason)});
  }
}

void RetryAfterFailure(Turn& turn, QueryState& query, TaskId task, Status status) {
  TaskState& state = query.stages[task.stage].tasks[task.partition];
  ++state.failures;
  state.last_failure = status.ToString();
  if (state.failures >= turn.options.max_task_attempts) {
    SetOutcome(turn, query,
               std::move(status).WithContext(StrCat("task ", ToString(task), " failed ",
                                                    state.failures, " times, at last on worker ",
                                                    ToString(state.worker))));
    return;
  }
  state.not_before = turn.now() + DrawBackoff(turn.options, state.failures, turn.state.random);
}

void SetOutcome(Turn& turn, QueryState& query, Status status) {
  if (!query.outcome) query.outcome = std::move(status);
  turn.changed = true;
}

}  // namespace trivet
