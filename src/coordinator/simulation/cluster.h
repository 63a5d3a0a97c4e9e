#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "coordinator/coordinator.h"
#include "coordinator/simulation/ledger.h"
#include "coordinator/simulation/random.h"
#include "coordinator/simulation/simulation.h"
#include "coordinator/simulation/worker.h"

namespace trivet {

// The world around a simulated coordinator: time, network, workers, clients and what goes wrong.
// Milliseconds of its own time; the coordinator sees a clock that may differ.
class SimulatedCluster {
 public:
  explicit SimulatedCluster(const SimulationOptions& options);
  SimulationReport Run();

 private:
  // No message is under way for longer.
  static constexpr int64_t kLongestDelay = 4'000;

  using Step = std::function<void()>;
  struct Due {
    int64_t time = 0;
    uint64_t order = 0;
    Step step;
    bool operator<(const Due& other) const {
      return time != other.time ? time > other.time : order > other.order;
    }
  };
  // What goes wrong how often, per mille of messages or tasks.
  struct Faults {
    uint64_t loss = 0;
    uint64_t repetition = 0;
    uint64_t delay = 0;
    uint64_t task_failure = 0;
  };

  void After(int64_t delay_ms, Step step);
  TimePoint Now() const;
  void Note(const std::string& line);
  void Fingerprint(uint64_t value);

  // cluster.cc: the coordinator and its clients
  void Tell(const Event& event);
  void WakeUp();
  void CarryOut(const std::vector<Action>& actions);
  void Order(const Action& action);
  void Fetch(const DeliverResult& deliver);
  void SubmitSome();
  void RestartCoordinator();
  bool IsDown() const { return time_ < down_until_; }

  // network.cc: messages and workers
  void Send(const Event& event, const WorkerIncarnation& from,
            std::optional<AttemptId> report = std::nullopt);
  void SendOnce(const Event& event, const WorkerIncarnation& from,
                const std::optional<AttemptId>& report);
  int64_t DrawDelay();
  void OrderWorker(const WorkerIncarnation& to, const std::function<void(SimulatedWorker&)>& order);
  void Arrive(const WorkerIncarnation& to, const std::function<void(SimulatedWorker&)>& order);
  SimulatedWorker* Find(const WorkerIncarnation& worker);
  void Beat(const WorkerIncarnation& identity);
  void StartTasks(SimulatedWorker& worker);
  void EndTask(const WorkerIncarnation& identity, const AttemptId& attempt);
  Event RunTask(SimulatedWorker& worker, const LaunchAttempt& launch);
  bool CanFetch(const SimulatedWorker& reader, const Peer& peer, const AttemptId& attempt);
  std::optional<FetchFailed> FindMissing(const SimulatedWorker& worker,
                                         const LaunchAttempt& launch);
  uint64_t ReadTokens(const LaunchAttempt& launch);

  // chaos.cc: what goes wrong, and its end
  void PlanFaults();
  void Break();
  void Crash(SimulatedWorker& worker);
  void Revive(SimulatedWorker& worker);
  void Heal();
  bool AllEnded();
  void CheckLeftovers();

  SimulationOptions options_;
  SimulationRandom random_;
  Faults faults_;
  Coordinator coordinator_;
  SimulationLedger ledger_;
  std::map<std::string, SimulatedWorker> workers_;
  std::priority_queue<Due> due_;
  uint64_t order_ = 0;
  int64_t time_ = 0;
  int64_t clock_offset_ = 0;
  int64_t down_until_ = 0;
  std::optional<int64_t> wake_up_;
  uint32_t to_submit_ = 0;
  bool healed_ = false;
  bool crash_at_next_event_ = false;
  std::string journal_;
  SimulationReport report_;
};

}  // namespace trivet
