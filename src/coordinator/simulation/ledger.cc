#include "coordinator/simulation/ledger.h"

#include <algorithm>

#include "base/string_concat.h"
#include "coordinator/placement.h"
#include "coordinator/state.h"

namespace trivet {

void SimulationLedger::CheckEvent(const Event& event, const Coordinator& coordinator) {
  const auto* lost = std::get_if<WorkerLost>(&event);
  if (lost == nullptr) return;
  const auto& workers = coordinator.state().workers;
  const auto known = workers.find(lost->worker.name);
  if (known != workers.end() && known->second.worker == lost->worker) gone_.insert(lost->worker);
}

void SimulationLedger::CheckSource(const AttemptId& attempt, const WorkerIncarnation& worker,
                                   const std::string& what) {
  const auto sealed = sealed_.find(attempt);
  if (sealed == sealed_.end() || sealed->second != worker) {
    Complain(StrCat(what, " names ", ToString(attempt), " on ", ToString(worker),
                    ", which never sealed it"));
  }
  if (gone_.contains(worker)) {
    Complain(StrCat(what, " names ", ToString(attempt), " on ", ToString(worker),
                    ", which is known to be gone"));
  }
}

void SimulationLedger::CheckLaunch(const LaunchAttempt& launch, const Coordinator& coordinator) {
  const std::string name = ToString(launch.attempt);
  if (!launched_.insert(launch.attempt).second) Complain(StrCat(name, " is launched twice"));
  if (launch.attempt.attempt > coordinator.options().max_task_launches) {
    Complain(StrCat(name, " is one too many"));
  }
  if (gone_.contains(launch.worker)) {
    Complain(StrCat(name, " is launched on ", ToString(launch.worker), ", which is gone"));
  }
  if (client(launch.attempt.task.query).ended) Complain(StrCat(name, " comes after the end"));
  for (const TaskInput& input : launch.inputs) {
    for (const InputSource& source : input.sources) {
      const AttemptId producer{{launch.attempt.task.query, input.producer, source.map},
                               source.attempt};
      CheckSource(producer, launch.peers[source.peer].worker, name);
    }
  }
}

void SimulationLedger::CheckDelivery(const DeliverResult& deliver) {
  Client& to = client(deliver.query);
  const auto stage = to.plan.graph.result_stage().id;
  const AttemptId attempt{{deliver.query, stage, deliver.partition}, deliver.attempt};
  CheckSource(attempt, deliver.location.worker, "a delivery");
  if (to.ended) Complain(StrCat("query ", deliver.query, " delivers after its end"));
  if (to.tokens.contains(deliver.partition)) {
    Complain(StrCat(ToString(attempt), " is delivered though its rows were consumed"));
  }
  if (to.partition_count != 0 && to.partition_count != deliver.partition_count) {
    Complain(StrCat("query ", deliver.query, " changes the number of its result's parts"));
  }
  to.partition_count = deliver.partition_count;
}

void SimulationLedger::EndQuery(QueryId query, const Status& status) {
  Client& of = client(query);
  if (of.ended) Complain(StrCat("query ", query, " ends twice"));
  of.ended = true;
  of.status = status;
  const StatusCode code = status.code();
  const bool expected =
      status.ok() || IsRetriable(code) || (code == StatusCode::kCancelled && of.cancelled) ||
      (code == StatusCode::kInvalidInput && of.broken) || code == StatusCode::kNotFound;
  if (!expected) Complain(StrCat("query ", query, " ends with: ", status.ToString()));
  if (!status.ok() || of.closed) return;
  uint64_t tokens = 0;
  for (const auto& [partition, taken] : of.tokens) tokens += taken;
  if (of.tokens.size() != of.partition_count) {
    Complain(StrCat("query ", query, " ends with ", of.tokens.size(), " of ", of.partition_count,
                    " parts of its result"));
  }
  if (!of.plan.limited && tokens != of.plan.expected_tokens) {
    Complain(StrCat("query ", query, " answers ", tokens, " instead of ", of.plan.expected_tokens));
  }
}

void SimulationLedger::CheckActions(const std::vector<Action>& actions,
                                    const Coordinator& coordinator) {
  for (const Action& action : actions) {
    if (const auto* launch = std::get_if<LaunchAttempt>(&action)) {
      CheckLaunch(*launch, coordinator);
    } else if (const auto* deliver = std::get_if<DeliverResult>(&action)) {
      CheckDelivery(*deliver);
    } else if (const auto* fence = std::get_if<FenceWorker>(&action)) {
      gone_.insert(fence->worker);
    } else if (const auto* finished = std::get_if<QueryFinished>(&action)) {
      EndQuery(finished->query, Status::OK());
    } else if (const auto* failed = std::get_if<FailQuery>(&action)) {
      EndQuery(failed->query, failed->status);
    }
  }
}

void SimulationLedger::CheckQueryState(const CoordinatorOptions& options,
                                       const CoordinatorState& state, QueryId id) {
  const QueryState& query = state.queries.at(id);
  if (query.settings.deadline && *query.settings.deadline <= state.now) {
    Complain(StrCat("query ", id, " lives past its deadline"));
  }
  if (query.outcome) Complain(StrCat("query ", id, " has an outcome and lives on"));
  uint32_t running = 0;
  for (size_t stage = 0; stage < query.stages.size(); ++stage) {
    for (uint32_t task = 0; task < query.stages[stage].tasks.size(); ++task) {
      const TaskState& of = query.stages[stage].tasks[task];
      if (of.phase == TaskPhase::kWaiting) continue;
      const AttemptId attempt{{id, static_cast<StageId>(stage), task}, of.launches};
      const auto worker = state.workers.find(of.worker.name);
      const bool live = worker != state.workers.end() && worker->second.live &&
                        worker->second.worker == of.worker;
      if (of.phase == TaskPhase::kFinished) {
        if (!live && !of.consumed) Complain(StrCat(ToString(attempt), " counts on a lost worker"));
        continue;
      }
      ++running;
      if (!live || !worker->second.running.contains(attempt)) {
        Complain(StrCat(ToString(attempt), " runs nowhere"));
      }
    }
  }
  const uint32_t limit = query.settings.max_concurrent_tasks > 0
                             ? query.settings.max_concurrent_tasks
                             : options.max_concurrent_tasks_per_query;
  if (running != query.running || running > limit) {
    Complain(StrCat("query ", id, " runs ", running, " tasks, counts ", query.running, ", may run ",
                    limit));
  }
}

void SimulationLedger::CheckState(const Coordinator& coordinator) {
  const CoordinatorState& state = coordinator.state();
  const CoordinatorOptions& options = coordinator.options();
  size_t assigned = 0;
  for (const auto& [name, worker] : state.workers) {
    assigned += worker.running.size();
    if (worker.live && worker.occupied_slots() > SlotLimit(options, worker)) {
      Complain(StrCat("worker ", name, " has ", worker.occupied_slots(), " tasks"));
    }
    if (!worker.live && worker.occupied_slots() > 0) {
      Complain(StrCat("worker ", name, " is lost and has tasks"));
    }
  }
  size_t running = 0;
  uint32_t admitted = 0;
  for (const auto& [id, query] : state.queries) {
    CheckQueryState(options, state, id);
    running += query.running;
    admitted += query.admitted ? 1 : 0;
  }
  if (assigned != running) {
    Complain(StrCat("workers have ", assigned, " tasks, queries ", running));
  }
  if (admitted > options.max_active_queries) Complain(StrCat(admitted, " queries run"));
  if (state.queue.size() > options.max_queued_queries) Complain("the queue is too long");
}

void SimulationLedger::CheckEnd(const Coordinator& coordinator) {
  if (!coordinator.idle()) Complain("queries are left");
  for (const auto& [name, worker] : coordinator.state().workers) {
    if (worker.occupied_slots() > 0) Complain(StrCat("worker ", name, " has tasks left"));
  }
  for (const auto& [query, of] : clients_) {
    if (!of.ended) Complain(StrCat("query ", query, " never ended"));
  }
}

}  // namespace trivet
