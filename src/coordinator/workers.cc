#include "coordinator/workers.h"

#include <algorithm>
#include <set>

#include "base/string_concat.h"
#include "coordinator/attempts.h"
#include "coordinator/fencing.h"
#include "coordinator/health.h"
#include "coordinator/lost_outputs.h"

namespace trivet {

namespace {

bool AnyLive(const CoordinatorState& state) {
  return std::any_of(state.workers.begin(), state.workers.end(),
                     [](const auto& entry) { return entry.second.live; });
}

// Forgets the workers that were lost longest ago, so that names of a changing cluster do not pile
// up.
void ForgetOldWorkers(Turn& turn) {
  auto& workers = turn.state.workers;
  size_t lost = std::count_if(workers.begin(), workers.end(),
                              [](const auto& entry) { return !entry.second.live; });
  for (; lost > turn.options.max_lost_workers; --lost) {
    auto oldest = workers.end();
    for (auto it = workers.begin(); it != workers.end(); ++it) {
      if (it->second.live) continue;
      if (oldest == workers.end() || it->second.lost_at < oldest->second.lost_at) oldest = it;
    }
    workers.erase(oldest);
  }
}

// Launches that the worker has not heard of in time. It may be one that can be heard but not
// reached: the tasks go elsewhere, and once a heartbeat that counts against its health.
void TakeBackLostLaunches(Turn& turn, WorkerState& worker, const std::set<AttemptId>& reported) {
  Status lost;
  QueryId query_of_lost = 0;
  const auto running = worker.running;
  for (const auto& [attempt, since] : running) {
    if (reported.contains(attempt)) continue;
    if (turn.state.awake - since < turn.options.launch_timeout) continue;
    QueryState* query = turn.FindQuery(attempt.task.query);
    if (query == nullptr) continue;
    lost = Status(StatusCode::kUnavailable,
                  StrCat("worker ", ToString(worker.worker), " does not know ", ToString(attempt),
                         ", which it was told to run"));
    query_of_lost = attempt.task.query;
    query->stages[attempt.task.stage].tasks[attempt.task.partition].avoid = worker.worker.name;
    StopAttempt(turn, *query, attempt.task, "its worker does not know it");
    RetryAfterFailure(turn, *query, attempt.task, lost);
  }
  if (lost.ok()) return;
  NoteFailure(turn, worker.worker.name, turn.FindQuery(query_of_lost), lost.message());
}

// What the worker runs, against what it should: it is told to stop the surplus, and what it does
// not know although it was told long ago goes back.
void CompareRunning(Turn& turn, WorkerState& worker, const WorkerHeartbeat& event) {
  std::set<AttemptId> reported;
  for (const AttemptProgress& progress : event.running) {
    reported.insert(progress.attempt);
    if (!AttemptCounts(turn, progress.attempt, worker.worker)) {
      turn.actions.push_back(
          CancelAttempt{progress.attempt, worker.worker, "the attempt does not count"});
      continue;
    }
    TaskState* task = turn.FindTask(progress.attempt.task);
    // A heartbeat may be overtaken by the report of the end.
    if (task->phase != TaskPhase::kRunning) continue;
    task->rows = progress.rows;
    task->bytes = progress.bytes;
  }
  if (std::erase_if(worker.cancelling,
                    [&](const auto& entry) { return !reported.contains(entry.first); }) > 0) {
    turn.changed = true;
  }
  TakeBackLostLaunches(turn, worker, reported);
}

}  // namespace

void NoteWord(Turn& turn, const WorkerIncarnation& worker) {
  WorkerState* live = turn.FindLive(worker);
  if (live == nullptr) return;
  if (IsSuspect(turn.options, turn.state, *live)) turn.changed = true;
  live->heard = turn.state.awake;
  live->heard_at = turn.now();
}

void JoinWorker(Turn& turn, const WorkerJoined& event) {
  WorkerState& worker = turn.state.workers[event.worker.name];
  if (worker.live) {
    LoseWorker(turn, worker, StrCat("it came back as ", ToString(event.worker)));
  }
  HealthRecord health = std::move(worker.health);
  worker = WorkerState{};
  worker.worker = event.worker;
  worker.address = event.address;
  worker.slots = event.slots;
  worker.capabilities = event.capabilities;
  worker.live = true;
  worker.joined_at = turn.now();
  worker.heard_at = turn.now();
  worker.heard = turn.state.awake;
  worker.health = std::move(health);
  turn.state.no_workers_since.reset();
  turn.changed = true;
}

void HearHeartbeat(Turn& turn, const WorkerHeartbeat& event) {
  NoteWord(turn, event.worker);
  WorkerState& worker = *turn.FindLive(event.worker);
  worker.heartbeat_sequence = event.sequence;
  CompareRunning(turn, worker, event);
  for (const QueryId query : event.stored_queries) {
    if (turn.state.queries.contains(query)) continue;
    turn.actions.push_back(DeleteShuffleData{query, event.worker});
  }
}

void LoseWorker(Turn& turn, WorkerState& worker, const std::string& reason) {
  const WorkerIncarnation incarnation = worker.worker;
  worker.live = false;
  worker.lost_at = turn.now();
  turn.actions.push_back(FenceWorker{incarnation, Status(StatusCode::kUnavailable, reason)});
  const auto running = std::move(worker.running);
  worker.running.clear();
  worker.cancelling.clear();
  bool forgotten = turn.options.planted_bug != PlantedBug::kLoseRequeue;
  for (const auto& [attempt, since] : running) {
    QueryState* query = turn.FindQuery(attempt.task.query);
    if (query == nullptr) continue;
    if (!forgotten) {  // the planted bug: the task is left running where nothing runs
      forgotten = true;
      continue;
    }
    ReleaseAttempt(turn, *query, attempt.task);
    RetryAfterFailure(turn, *query, attempt.task,
                      Status(StatusCode::kUnavailable,
                             StrCat("worker ", ToString(incarnation), " was lost: ", reason)));
  }
  if (turn.options.planted_bug != PlantedBug::kForgetInvalidation) {
    InvalidateWorker(turn, incarnation);
  }
  NoteFailure(turn, incarnation.name, nullptr, reason);
  if (!AnyLive(turn.state)) turn.state.no_workers_since = turn.now();
  turn.changed = true;
}

void SweepWorkers(Turn& turn) {
  const AwakeTime awake = turn.state.awake;
  for (auto& [name, worker] : turn.state.workers) {
    if (!worker.live) continue;
    if (awake - worker.heard >= turn.options.worker_timeout) {
      LoseWorker(turn, worker, StrCat("no heartbeat for ", (awake - worker.heard).count(), " ms"));
      continue;
    }
    for (const auto& [attempt, since] : worker.cancelling) {
      if (awake - since < turn.options.cancel_grace) continue;
      LoseWorker(turn, worker,
                 StrCat("it still runs ", ToString(attempt), " ", (awake - since).count(),
                        " ms after it was told to cancel it"));
      break;
    }
  }
  ForgetOldWorkers(turn);
}

}  // namespace trivet
