#include "coordinator/simulation/worker.h"

#include <algorithm>

#include "base/string_concat.h"

namespace trivet {

uint32_t SimulatedWorker::CountStarted() const {
  return static_cast<uint32_t>(std::count_if(
      running.begin(), running.end(), [](const auto& entry) { return entry.second.started; }));
}

std::optional<AttemptId> SimulatedWorker::StartNext() {
  if (CountStarted() >= slots) return std::nullopt;
  for (auto& [attempt, run] : running) {
    if (run.started) continue;
    run.started = true;
    return attempt;
  }
  return std::nullopt;
}

bool SimulatedWorker::Knows(const AttemptId& attempt) const {
  return running.contains(attempt) || refused.contains(attempt) || unanswered.contains(attempt) ||
         sealed.contains(attempt);
}

void SimulatedWorker::Cancel(const AttemptId& attempt) {
  running.erase(attempt);
  unanswered.erase(attempt);
  sealed.erase(attempt);
  refused.insert(attempt);
}

void SimulatedWorker::Delete(QueryId query) {
  deleted.insert(query);
  std::erase_if(sealed, [&](const auto& entry) { return entry.first.task.query == query; });
  std::erase_if(unanswered, [&](const auto& entry) { return entry.first.task.query == query; });
}

void SimulatedWorker::Die() {
  alive = false;
  joined = false;
  running.clear();
  refused.clear();
  deleted.clear();
  unanswered.clear();
  sealed.clear();
}

void SimulatedWorker::Rise() {
  alive = true;
  ++identity.incarnation;
  heartbeats = 0;
  paused_until = 0;
  cut_off_until = 0;
}

WorkerHeartbeat SimulatedWorker::Heartbeat() {
  WorkerHeartbeat heartbeat;
  heartbeat.worker = identity;
  heartbeat.sequence = ++heartbeats;
  std::set<QueryId> stored;
  for (const auto& [attempt, run] : running) heartbeat.running.push_back({attempt, 1, 1});
  for (const auto& [attempt, report] : unanswered) heartbeat.running.push_back({attempt, 2, 2});
  for (const auto& [attempt, tokens] : sealed) stored.insert(attempt.task.query);
  heartbeat.stored_queries.assign(stored.begin(), stored.end());
  return heartbeat;
}

WorkerJoined SimulatedWorker::Handshake(const std::string& build_id) const {
  WorkerJoined joined;
  joined.worker = identity;
  joined.address = StrCat("grpc://", identity.name);
  joined.slots = slots;
  joined.capabilities.build_id = build_id;
  joined.capabilities.protocol_version = 1;
  if (custom_operators) joined.capabilities.operators = {"custom"};
  return joined;
}

}  // namespace trivet
