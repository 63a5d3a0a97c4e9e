#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "coordinator/action.h"
#include "coordinator/event.h"

namespace trivet {

// One simulated machine: what a worker process keeps, and how it answers. It does what the contract
// of workers says and nothing more; when things happen is the cluster's affair.
struct SimulatedWorker {
  struct Running {
    LaunchAttempt launch;
    bool started = false;  // has a slot
  };

  WorkerIncarnation identity;
  uint32_t slots = 1;
  bool custom_operators = true;
  bool alive = false;
  bool joined = false;    // its handshake was answered
  uint64_t slowness = 1;  // factor on all durations
  int64_t paused_until = 0;
  int64_t cut_off_until = 0;  // from its peers, not from the coordinator
  uint64_t heartbeats = 0;

  std::map<AttemptId, Running> running;
  std::set<AttemptId> refused;                        // cancelled; never to be started
  std::set<QueryId> deleted;                          // a launch that comes later writes nothing
  std::map<AttemptId, Event> unanswered;              // reports nobody has acknowledged
  std::map<AttemptId, std::vector<uint64_t>> sealed;  // tokens by output partition

  uint32_t CountStarted() const;
  // The next launch that waits for a slot and can have one.
  std::optional<AttemptId> StartNext();
  bool Knows(const AttemptId& attempt) const;
  void Cancel(const AttemptId& attempt);
  void Delete(QueryId query);
  // The process is gone, and all it had.
  void Die();
  void Rise();

  WorkerHeartbeat Heartbeat();
  WorkerJoined Handshake(const std::string& build_id) const;
};

}  // namespace trivet
