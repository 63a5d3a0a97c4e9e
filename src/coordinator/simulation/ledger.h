#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "coordinator/coordinator.h"
#include "coordinator/simulation/plan.h"

namespace trivet {

// What an observer who sees every event and action, and the true state of every disk, holds a
// coordinator to. Keeps its own books; the first broken promise is remembered in words.
class SimulationLedger {
 public:
  struct Client {
    SimulatedPlan plan;
    std::map<uint32_t, uint64_t> tokens;  // by result partition, of those taken whole
    uint32_t partition_count = 0;
    bool cancelled = false;
    bool closed = false;
    bool broken = false;  // a task failed in a way that no retry mends
    bool ended = false;
    Status status;
  };

  void Submit(QueryId query, SimulatedPlan plan) { clients_[query].plan = std::move(plan); }
  Client& client(QueryId query) { return clients_.at(query); }
  std::map<QueryId, Client>& clients() { return clients_; }

  // The worker sealed this attempt's output.
  void NoteSealed(const AttemptId& attempt, const WorkerIncarnation& worker) {
    sealed_[attempt] = worker;
  }
  // The coordinator is being told `event`.
  void CheckEvent(const Event& event, const Coordinator& coordinator);
  void CheckActions(const std::vector<Action>& actions, const Coordinator& coordinator);
  void CheckState(const Coordinator& coordinator);
  // All is over and quiet.
  void CheckEnd(const Coordinator& coordinator);
  void EndQuery(QueryId query, const Status& status);

  void Complain(const std::string& what) {
    if (violation_.empty()) violation_ = what;
  }
  const std::string& violation() const { return violation_; }

 private:
  void CheckLaunch(const LaunchAttempt& launch, const Coordinator& coordinator);
  void CheckDelivery(const DeliverResult& deliver);
  void CheckSource(const AttemptId& attempt, const WorkerIncarnation& worker,
                   const std::string& what);
  void CheckQueryState(const CoordinatorOptions& options, const CoordinatorState& state,
                       QueryId id);

  std::map<QueryId, Client> clients_;
  std::map<AttemptId, WorkerIncarnation> sealed_;  // ever, by whom
  std::set<AttemptId> launched_;
  std::set<WorkerIncarnation> gone_;  // lives that the coordinator knows to be over
  std::string violation_;
};

}  // namespace trivet
