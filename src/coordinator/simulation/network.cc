#include <algorithm>
#include <utility>

#include "base/string_concat.h"
#include "coordinator/simulation/cluster.h"

// Messages between the simulated coordinator and its workers, and what the workers do.

namespace trivet {

int64_t SimulatedCluster::DrawDelay() {
  return static_cast<int64_t>(random_.Chance(faults_.delay) ? random_.Between(50, kLongestDelay)
                                                            : random_.Between(1, 15));
}

SimulatedWorker* SimulatedCluster::Find(const WorkerIncarnation& worker) {
  SimulatedWorker& found = workers_.at(worker.name);
  return found.alive && found.identity == worker ? &found : nullptr;
}

void SimulatedCluster::Send(const Event& event, const WorkerIncarnation& from,
                            std::optional<AttemptId> report) {
  SendOnce(event, from, report);
  if (random_.Chance(faults_.repetition)) SendOnce(event, from, report);
}

void SimulatedCluster::SendOnce(const Event& event, const WorkerIncarnation& from,
                                const std::optional<AttemptId>& report) {
  if (random_.Chance(faults_.loss)) return;
  After(DrawDelay(), [this, event, from, report] {
    if (IsDown()) return;
    Tell(event);
    const bool handshake = std::holds_alternative<WorkerJoined>(event);
    if (IsDown() || (!report && !handshake)) return;
    OrderWorker(from, [report](SimulatedWorker& worker) {
      if (report) {
        worker.unanswered.erase(*report);
      } else {
        worker.joined = true;
      }
    });
  });
}

void SimulatedCluster::OrderWorker(const WorkerIncarnation& to,
                                   const std::function<void(SimulatedWorker&)>& order) {
  const int times = random_.Chance(faults_.repetition) ? 2 : 1;
  for (int i = 0; i < times; ++i) {
    if (random_.Chance(faults_.loss)) continue;
    After(DrawDelay(), [this, to, order] { Arrive(to, order); });
  }
}

void SimulatedCluster::Arrive(const WorkerIncarnation& to,
                              const std::function<void(SimulatedWorker&)>& order) {
  SimulatedWorker* worker = Find(to);
  if (worker == nullptr) return;
  if (worker->paused_until > time_) {
    After(worker->paused_until - time_, [this, to, order] { Arrive(to, order); });
    return;
  }
  order(*worker);
}

void SimulatedCluster::Beat(const WorkerIncarnation& identity) {
  SimulatedWorker* worker = Find(identity);
  if (worker == nullptr) return;
  if (worker->paused_until > time_) {
    After(worker->paused_until - time_, [this, identity] { Beat(identity); });
    return;
  }
  if (!worker->joined) {
    Send(worker->Handshake(coordinator_.options().build_id), identity);
  } else {
    Send(worker->Heartbeat(), identity);
    for (const auto& [attempt, report] : worker->unanswered) Send(report, identity, attempt);
  }
  After(1'000, [this, identity] { Beat(identity); });
}

void SimulatedCluster::StartTasks(SimulatedWorker& worker) {
  while (const auto attempt = worker.StartNext()) {
    const uint64_t longest = random_.Chance(100) ? 3'000 : 600;
    const auto duration = static_cast<int64_t>(random_.Between(5, longest) * worker.slowness);
    After(duration,
          [this, identity = worker.identity, attempt = *attempt] { EndTask(identity, attempt); });
  }
}

void SimulatedCluster::EndTask(const WorkerIncarnation& identity, const AttemptId& attempt) {
  SimulatedWorker* worker = Find(identity);
  if (worker == nullptr) return;
  if (worker->paused_until > time_) {
    After(worker->paused_until - time_, [this, identity, attempt] { EndTask(identity, attempt); });
    return;
  }
  const auto running = worker->running.find(attempt);
  if (running == worker->running.end()) return;
  const Event report = RunTask(*worker, running->second.launch);
  worker->running.erase(attempt);
  worker->unanswered[attempt] = report;
  Send(report, identity, attempt);
  StartTasks(*worker);
}

bool SimulatedCluster::CanFetch(const SimulatedWorker& reader, const Peer& peer,
                                const AttemptId& attempt) {
  const SimulatedWorker* holder = Find(peer.worker);
  if (holder == nullptr || !holder->sealed.contains(attempt)) return false;
  if (holder == &reader) return true;
  return holder->paused_until <= time_ && holder->cut_off_until <= time_ &&
         reader.cut_off_until <= time_;
}

std::optional<FetchFailed> SimulatedCluster::FindMissing(const SimulatedWorker& worker,
                                                         const LaunchAttempt& launch) {
  std::optional<FetchFailed> failed;
  for (const TaskInput& input : launch.inputs) {
    for (const InputSource& source : input.sources) {
      const Peer& peer = launch.peers[source.peer];
      const AttemptId attempt{{launch.attempt.task.query, input.producer, source.map},
                              source.attempt};
      if (CanFetch(worker, peer, attempt)) continue;
      if (!failed) {
        failed = FetchFailed{launch.attempt,
                             worker.identity,
                             peer.worker,
                             input.producer,
                             {},
                             Status(StatusCode::kFetchFailed, "no answer")};
      }
      if (failed->peer == peer.worker && failed->producer == input.producer) {
        failed->maps.push_back({source.map, source.attempt});
      }
    }
  }
  return failed;
}

uint64_t SimulatedCluster::ReadTokens(const LaunchAttempt& launch) {
  const TaskId& task = launch.attempt.task;
  const SimulatedPlan& plan = ledger_.client(task.query).plan;
  if (launch.inputs.empty()) return ScanTokens(plan, task.stage, task.partition);
  uint64_t tokens = 0;
  for (size_t i = 0; i < launch.inputs.size(); ++i) {
    const TaskInput& input = launch.inputs[i];
    if (!plan.counted[task.stage][i]) continue;
    for (const InputSource& source : input.sources) {
      const SimulatedWorker* holder = Find(launch.peers[source.peer].worker);
      const auto& sealed =
          holder->sealed.at({{task.query, input.producer, source.map}, source.attempt});
      for (uint32_t p = input.partition_begin; p < input.partition_end && p < sealed.size(); ++p) {
        tokens += sealed[p];
      }
    }
  }
  return tokens;
}

Event SimulatedCluster::RunTask(SimulatedWorker& worker, const LaunchAttempt& launch) {
  const QueryId query = launch.attempt.task.query;
  if (auto missing = FindMissing(worker, launch)) return *missing;
  if (random_.Chance(faults_.task_failure)) {
    if (random_.Chance(50)) {
      ledger_.client(query).broken = true;
      return TaskFailed{launch.attempt, worker.identity, Status::InvalidInput("1 / 0")};
    }
    return TaskFailed{launch.attempt, worker.identity,
                      Status(StatusCode::kUnavailable, "a passing trouble")};
  }
  const SimulatedPlan& plan = ledger_.client(query).plan;
  const std::vector<uint64_t> tokens =
      LayTokens(plan, launch.attempt, ReadTokens(launch), launch.output_partitions);
  worker.sealed[launch.attempt] = tokens;
  ledger_.NoteSealed(launch.attempt, worker.identity);
  TaskFinished finished;
  finished.attempt = launch.attempt;
  finished.worker = worker.identity;
  for (const uint64_t count : tokens) {
    finished.partitions.push_back({count, count * plan.bytes_per_token});
  }
  if (launch.samples_keys) finished.key_samples = {"a", "b", "c"};
  return finished;
}

}  // namespace trivet
