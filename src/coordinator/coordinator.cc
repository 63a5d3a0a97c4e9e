#include "coordinator/coordinator.h"

#include <utility>

#include "coordinator/attempts.h"
#include "coordinator/capabilities.h"
#include "coordinator/fencing.h"
#include "coordinator/health.h"
#include "coordinator/lost_outputs.h"
#include "coordinator/queries.h"
#include "coordinator/query_snapshot.h"
#include "coordinator/reports.h"
#include "coordinator/schedule.h"
#include "coordinator/stage_layout.h"
#include "coordinator/state.h"
#include "coordinator/state_encoding.h"
#include "coordinator/timers.h"
#include "coordinator/turn.h"
#include "coordinator/workers.h"

namespace trivet {

namespace {

struct EventHandlers {
  Turn& turn;

  void operator()(const WorkerJoined& event) const { JoinWorker(turn, event); }
  void operator()(const WorkerHeartbeat& event) const { HearHeartbeat(turn, event); }
  void operator()(const TaskFinished& event) const { HandleFinished(turn, event); }
  void operator()(const TaskFailed& event) const { HandleFailed(turn, event); }
  void operator()(const FetchFailed& event) const { HandleFetchFailed(turn, event); }
  void operator()(const WorkerLost& event) const {
    LoseWorker(turn, *turn.FindLive(event.worker), event.reason);
  }
  void operator()(const QuerySubmitted& event) const { SubmitQuery(turn, event); }
  void operator()(const QueryCancelled& event) const {
    SetOutcome(turn, *turn.FindQuery(event.query),
               Status::Cancelled(event.reason.empty() ? "the query was cancelled" : event.reason));
  }
  void operator()(const ResultConsumed& event) const { HandleResultConsumed(turn, event); }
  void operator()(const ResultFetchFailed& event) const { HandleResultFetchFailed(turn, event); }
  void operator()(const ResultClosed& event) const {
    SetOutcome(turn, *turn.FindQuery(event.query), Status::OK());
  }
  void operator()(const CoordinatorRestarted& /*event*/) const {
    // Nobody could be heard while nobody listened.
    for (auto& [name, worker] : turn.state.workers) worker.heard = turn.state.awake;
    OfferResultsAgain(turn);
    turn.changed = true;
  }
  void operator()(const Tick& /*event*/) const {}
};

// Ends what is over and starts what can start, until that changes nothing: a query that ends makes
// room for one that waits, and that one may be impossible.
void Settle(Turn& turn) {
  ReadmitWorkers(turn);
  CheckCapabilities(turn);
  if (turn.state.schedule_due && *turn.state.schedule_due <= turn.now()) turn.changed = true;
  while (turn.changed) {
    turn.changed = false;
    for (auto& [id, query] : turn.state.queries) {
      if (query.admitted && !query.outcome) RestartIndeterminateStages(turn, query);
    }
    CheckCapabilities(turn);
    SettleQueries(turn);
    for (auto& [id, query] : turn.state.queries) {
      if (query.admitted) AdaptStages(turn, query);
    }
    ScheduleTasks(turn);
  }
}

WorkerSnapshot SnapshotWorker(const CoordinatorOptions& options, const CoordinatorState& state,
                              const WorkerState& worker) {
  WorkerSnapshot snapshot;
  snapshot.worker = worker.worker;
  snapshot.address = worker.address;
  snapshot.slots = worker.slots;
  snapshot.running_tasks = static_cast<uint32_t>(worker.running.size());
  snapshot.consecutive_failures = worker.health.consecutive_failures;
  snapshot.joined_at = worker.joined_at;
  snapshot.heard_at = worker.heard_at;
  snapshot.blacklisted_until = worker.health.blacklisted_until;
  snapshot.build_id = worker.capabilities.build_id;
  snapshot.labels = worker.capabilities.labels;
  snapshot.last_failure = worker.health.last_failure;
  if (!worker.live) {
    snapshot.condition = WorkerCondition::kLost;
  } else if (worker.health.blacklisted_until) {
    snapshot.condition = WorkerCondition::kBlacklisted;
  } else if (IsSuspect(options, state, worker)) {
    snapshot.condition = WorkerCondition::kSuspect;
  }
  return snapshot;
}

}  // namespace

Coordinator::Coordinator(CoordinatorOptions options)
    : options_(std::move(options)), state_(std::make_unique<CoordinatorState>()) {
  state_->random = options_.seed;
}
Coordinator::~Coordinator() = default;
Coordinator::Coordinator(Coordinator&&) noexcept = default;
Coordinator& Coordinator::operator=(Coordinator&&) noexcept = default;

std::vector<Action> Coordinator::Handle(const Event& event, TimePoint now) {
  std::vector<Action> actions;
  Turn turn{options_, *state_, actions};
  // Before the clocks move: what is stale changes nothing at all.
  if (AnswerStaleEvent(turn, event)) return actions;
  AdvanceClocks(options_, *state_, now);
  std::visit(EventHandlers{turn}, event);
  SweepWorkers(turn);
  SweepQueries(turn);
  Settle(turn);
  return actions;
}

std::optional<TimePoint> Coordinator::NextWakeUp() const { return NextDue(options_, *state_); }

QueryId Coordinator::NextQueryId() const { return state_->last_query + 1; }

bool Coordinator::idle() const { return state_->queries.empty(); }

std::vector<WorkerSnapshot> Coordinator::Workers() const {
  std::vector<WorkerSnapshot> workers;
  for (const auto& [name, worker] : state_->workers) {
    workers.push_back(SnapshotWorker(options_, *state_, worker));
  }
  return workers;
}

std::vector<QuerySnapshot> Coordinator::Queries() const {
  std::vector<QuerySnapshot> queries = state_->ended;
  for (const auto& [id, query] : state_->queries) queries.push_back(SnapshotQuery(*state_, query));
  return queries;
}

std::optional<QuerySnapshot> Coordinator::FindQuery(QueryId query) const {
  const auto live = state_->queries.find(query);
  if (live != state_->queries.end()) return SnapshotQuery(*state_, live->second);
  for (const QuerySnapshot& ended : state_->ended) {
    if (ended.query == query) return ended;
  }
  return std::nullopt;
}

std::vector<TaskSnapshot> Coordinator::Tasks(std::optional<QueryId> query) const {
  std::vector<TaskSnapshot> tasks;
  for (const auto& [id, state] : state_->queries) {
    if (!query || *query == id) SnapshotTasks(*state_, state, tasks);
  }
  return tasks;
}

std::vector<ResultOutput> Coordinator::ResultOutputs(QueryId query) const {
  const auto live = state_->queries.find(query);
  if (live == state_->queries.end() || live->second.stages.empty()) return {};
  return OutputsOf(*state_, live->second);
}

std::string Coordinator::EncodeState() const { return trivet::EncodeState(*state_); }

Result<Coordinator> Coordinator::Restore(CoordinatorOptions options, std::string_view state) {
  Coordinator coordinator(std::move(options));
  TRIVET_RETURN_IF_ERROR(DecodeState(state, *coordinator.state_));
  return coordinator;
}

}  // namespace trivet
