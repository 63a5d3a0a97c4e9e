#include "coordinator/health.h"

#include <algorithm>

#include "coordinator/attempts.h"
#include "coordinator/capabilities.h"

namespace trivet {

bool IsSuspect(const CoordinatorOptions& options, const CoordinatorState& state,
               const WorkerState& worker) {
  return state.awake - worker.heard >= options.heartbeat_interval * options.suspect_after_misses;
}

bool IsResponsive(const Turn& turn, const WorkerState& worker) {
  return worker.live && !IsSuspect(turn.options, turn.state, worker);
}

bool IsBlacklisted(const WorkerState& worker, const QueryState* query) {
  if (worker.health.blacklisted_until) return true;
  if (query == nullptr) return false;
  const auto record = query->health.find(worker.worker.name);
  return record != query->health.end() && record->second.blacklisted_until.has_value();
}

namespace {

// Takes the running tasks of the worker back: those of the query, or all.
void TakeTasksBack(Turn& turn, WorkerState& worker, const QueryState* only) {
  const auto running = worker.running;
  for (const auto& [attempt, since] : running) {
    if (only != nullptr && attempt.task.query != only->id) continue;
    QueryState* query = turn.FindQuery(attempt.task.query);
    if (query == nullptr) continue;
    StopAttempt(turn, *query, attempt.task, "its worker is blacklisted");
  }
}

bool CanRunAll(const WorkerState& worker, const StageGraph& graph) {
  for (const Stage& stage : graph.stages) {
    if (!IsCapable(worker, stage.requirements)) return false;
  }
  return true;
}

// Healthy workers beside this one; only such as can run all of the query, if one is given.
uint32_t CountHealthyOthers(const Turn& turn, const WorkerState& worker, const QueryState* query) {
  uint32_t count = 0;
  for (const auto& entry : turn.state.workers) {
    const WorkerState& other = entry.second;
    if (&other == &worker || !other.live || IsBlacklisted(other, query)) continue;
    if (query == nullptr || CanRunAll(other, query->graph)) ++count;
  }
  return count;
}

// Whether enough others stay healthy, and able to do all that live queries need, without `worker`.
bool MayDoWithout(const Turn& turn, const WorkerState& worker, const QueryState* query) {
  const uint32_t enough = std::max(turn.options.min_healthy_workers, 1U);
  if (CountHealthyOthers(turn, worker, query) < enough) return false;
  if (query != nullptr) return true;
  for (const auto& entry : turn.state.queries) {
    const QueryState& other = entry.second;
    if (other.admitted && CountHealthyOthers(turn, worker, &other) == 0) return false;
  }
  return true;
}

// One more failure in a row; true if they are enough to blacklist.
bool CountFailure(const Turn& turn, HealthRecord& record, std::string_view failure,
                  uint32_t limit) {
  if (turn.now() - record.last_failure_at >= turn.options.blacklist_decay) {
    record.consecutive_failures = 0;
  }
  ++record.consecutive_failures;
  record.last_failure_at = turn.now();
  record.last_failure = std::string(failure);
  return record.consecutive_failures >= limit && !record.blacklisted_until;
}

void Lift(HealthRecord& record) {
  record.blacklisted_until.reset();
  record.consecutive_failures = 0;
}

}  // namespace

void NoteSuccess(Turn& turn, const std::string& worker, QueryState& query) {
  const auto found = turn.state.workers.find(worker);
  if (found != turn.state.workers.end()) found->second.health.consecutive_failures = 0;
  const auto record = query.health.find(worker);
  if (record != query.health.end()) record->second.consecutive_failures = 0;
}

void NoteFailure(Turn& turn, const std::string& name, QueryState* query, std::string_view failure) {
  const auto found = turn.state.workers.find(name);
  if (found == turn.state.workers.end()) return;
  WorkerState& worker = found->second;
  const TimePoint until = turn.now() + turn.options.blacklist_decay;
  if (query != nullptr) {
    HealthRecord& record = query->health[name];
    if (CountFailure(turn, record, failure, turn.options.blacklist_query_failures) &&
        MayDoWithout(turn, worker, query)) {
      record.blacklisted_until = until;
      TakeTasksBack(turn, worker, query);
    }
  }
  if (CountFailure(turn, worker.health, failure, turn.options.blacklist_failures) &&
      MayDoWithout(turn, worker, nullptr)) {
    worker.health.blacklisted_until = until;
    TakeTasksBack(turn, worker, nullptr);
  }
}

void ReadmitWorkers(Turn& turn) {
  uint32_t healthy = 0;
  WorkerState* first = nullptr;  // the blacklisted one whose time is up first
  for (auto& [name, worker] : turn.state.workers) {
    if (worker.health.blacklisted_until && *worker.health.blacklisted_until <= turn.now()) {
      Lift(worker.health);
      turn.changed = true;
    }
    if (!worker.live) continue;
    if (!worker.health.blacklisted_until) {
      ++healthy;
    } else if (first == nullptr ||
               *worker.health.blacklisted_until < *first->health.blacklisted_until) {
      first = &worker;
    }
  }
  if (healthy < std::max(turn.options.min_healthy_workers, 1U) && first != nullptr) {
    Lift(first->health);
    turn.changed = true;
  }
  for (auto& [id, query] : turn.state.queries) {
    for (auto& [name, record] : query.health) {
      if (!record.blacklisted_until || *record.blacklisted_until > turn.now()) continue;
      Lift(record);
      turn.changed = true;
    }
  }
}

void Readmit(Turn& turn, WorkerState& worker, QueryState& query) {
  Lift(worker.health);
  const auto record = query.health.find(worker.worker.name);
  if (record != query.health.end()) Lift(record->second);
  turn.changed = true;
}

}  // namespace trivet
