#include "coordinator/fencing.h"

#include <algorithm>

#include "base/string_concat.h"

namespace trivet {

namespace {

Status Unavailable(std::string message) {
  return Status(StatusCode::kUnavailable, std::move(message));
}

// True if the sender is not the live incarnation of its name; it is then told so.
bool AnswerFenced(Turn& turn, const WorkerIncarnation& worker) {
  if (turn.FindLive(worker) != nullptr) return false;
  turn.actions.push_back(FenceWorker{
      worker,
      Unavailable(StrCat("worker ", ToString(worker),
                         " was declared lost or is unknown; join with a new incarnation"))});
  return true;
}

// Reports of attempts that no longer count: their output goes, unless it is the one that counts.
bool AnswerStaleReport(Turn& turn, const AttemptId& attempt, const WorkerIncarnation& worker) {
  TaskState* task = turn.FindTask(attempt.task);
  if (turn.options.planted_bug == PlantedBug::kDropFencing && task != nullptr &&
      task->phase == TaskPhase::kRunning) {
    return false;
  }
  if (AnswerFenced(turn, worker)) return true;
  const WorkerState* live = turn.FindLive(worker);
  if (live->running.contains(attempt) || live->cancelling.contains(attempt)) return false;
  if (!turn.state.queries.contains(attempt.task.query)) {
    turn.actions.push_back(DeleteShuffleData{attempt.task.query, worker});
    return true;
  }
  if (!AttemptCounts(turn, attempt, worker))
    turn.actions.push_back(CancelAttempt{attempt, worker, "the attempt does not count"});
  return true;
}

struct StaleEvents {
  Turn& turn;

  bool operator()(const WorkerJoined& event) const;
  bool operator()(const WorkerHeartbeat& event) const {
    if (AnswerFenced(turn, event.worker)) return true;
    return event.sequence <= turn.FindLive(event.worker)->heartbeat_sequence;
  }
  bool operator()(const TaskFinished& event) const {
    return AnswerStaleReport(turn, event.attempt, event.worker);
  }
  bool operator()(const TaskFailed& event) const {
    return AnswerStaleReport(turn, event.attempt, event.worker);
  }
  bool operator()(const FetchFailed& event) const {
    return AnswerStaleReport(turn, event.attempt, event.worker);
  }
  bool operator()(const WorkerLost& event) const { return turn.FindLive(event.worker) == nullptr; }
  bool operator()(const QuerySubmitted& event) const {
    return event.query <= turn.state.last_query;
  }
  bool operator()(const QueryCancelled& event) const {
    return turn.FindQuery(event.query) == nullptr;
  }
  bool operator()(const ResultClosed& event) const {
    return turn.FindQuery(event.query) == nullptr;
  }
  bool operator()(const ResultConsumed& event) const {
    return NotDelivered(event.query, event.partition, event.attempt);
  }
  bool operator()(const ResultFetchFailed& event) const {
    return NotDelivered(event.query, event.partition, event.attempt);
  }
  bool operator()(const CoordinatorRestarted& /*event*/) const { return false; }
  bool operator()(const Tick& /*event*/) const { return false; }

  bool NotDelivered(QueryId id, uint32_t partition, uint32_t attempt) const {
    const QueryState* query = turn.FindQuery(id);
    if (query == nullptr) return true;
    const TaskState* task = turn.FindTask({id, query->graph.result_stage().id, partition});
    return task == nullptr || task->consumed || attempt == 0 || attempt > task->delivered;
  }
};

bool StaleEvents::operator()(const WorkerJoined& event) const {
  const WorkerCapabilities& has = event.capabilities;
  const CoordinatorOptions& options = turn.options;
  const auto refuse = [&](Status reason) {
    turn.actions.push_back(FenceWorker{event.worker, std::move(reason)});
    return true;
  };
  if (has.protocol_version != options.protocol_version) {
    return refuse(
        Status(StatusCode::kProtocolMismatch,
               StrCat("worker ", ToString(event.worker), " speaks protocol ", has.protocol_version,
                      ", the coordinator ", options.protocol_version)));
  }
  if (!options.build_id.empty() && has.build_id != options.build_id) {
    return refuse(Status(StatusCode::kProtocolMismatch,
                         StrCat("worker ", ToString(event.worker), " is of build '", has.build_id,
                                "', the coordinator of '", options.build_id, "'")));
  }
  if (event.slots == 0) {
    return refuse(
        Status::InvalidInput(StrCat("worker ", ToString(event.worker), " offers no slots")));
  }
  const auto known = turn.state.workers.find(event.worker.name);
  if (known == turn.state.workers.end()) return false;
  if (event.worker.incarnation > known->second.worker.incarnation) return false;
  if (turn.FindLive(event.worker) != nullptr) return true;  // said twice
  return AnswerFenced(turn, event.worker);
}

}  // namespace

bool AttemptCounts(const Turn& turn, const AttemptId& attempt, const WorkerIncarnation& worker) {
  const TaskState* task = turn.FindTask(attempt.task);
  return task != nullptr && task->phase != TaskPhase::kWaiting &&
         task->launches == attempt.attempt && task->worker == worker;
}

bool AnswerStaleEvent(Turn& turn, const Event& event) {
  return std::visit(StaleEvents{turn}, event);
}

}  // namespace trivet
