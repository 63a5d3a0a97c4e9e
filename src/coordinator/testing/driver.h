#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/coordinator.h"
#include "coordinator/journal.h"

namespace trivet {

// Drives a coordinator by hand in tests: plays the workers' and the client's part one step at a
// time, and remembers what was asked of them. Tests only.
class CoordinatorDriver {
 public:
  explicit CoordinatorDriver(CoordinatorOptions options = {})
      : coordinator(std::move(options)), journal(JournalHeader()) {
    record_ends.push_back(journal.size());
  }

  // Tells the event and keeps what it calls for in `actions`.
  void Tell(const Event& event) {
    journal += EncodeJournalRecord(event, now);
    record_ends.push_back(journal.size());
    actions = coordinator.Handle(event, now);
    states.push_back(coordinator.EncodeState());
    for (const Action& action : actions) {
      if (const auto* launch = std::get_if<LaunchAttempt>(&action)) {
        launched[launch->attempt] = *launch;
        running[launch->worker].insert(launch->attempt);
      } else if (const auto* cancel = std::get_if<CancelAttempt>(&action)) {
        running[cancel->worker].erase(cancel->attempt);
      } else if (const auto* fence = std::get_if<FenceWorker>(&action)) {
        running.erase(fence->worker);
      }
    }
  }
  // The actions of one kind that the last event called for.
  template <typename T>
  std::vector<T> Get() const {
    std::vector<T> found;
    for (const Action& action : actions) {
      if (const T* of = std::get_if<T>(&action)) found.push_back(*of);
    }
    return found;
  }

  WorkerJoined Worker(const std::string& name, uint32_t slots = 1, uint64_t incarnation = 1) const {
    WorkerJoined joined{{name, incarnation}, "grpc://" + name, slots, {}};
    joined.capabilities.protocol_version = 1;
    return joined;
  }
  void Join(const std::string& name, uint32_t slots = 1, uint64_t incarnation = 1) {
    Tell(Worker(name, slots, incarnation));
  }
  void Beat(const std::string& name, uint64_t incarnation = 1) {
    WorkerHeartbeat beat{{name, incarnation}, ++beats, {}, {}};
    for (const AttemptId& attempt : running[beat.worker]) beat.running.push_back({attempt, 1, 1});
    Tell(beat);
  }
  // Lets time pass in which these workers are heard every second.
  void Pass(Duration time, const std::vector<std::string>& beating = {}) {
    std::vector<Action> all;
    for (const TimePoint end = now + time; now < end;) {
      now = std::min(end, now + Duration{1'000});
      for (const std::string& name : beating) {
        Beat(name);
        all.insert(all.end(), actions.begin(), actions.end());
      }
      Tell(Tick{});
      all.insert(all.end(), actions.begin(), actions.end());
    }
    actions = std::move(all);
  }

  QueryId Submit(const StageGraph& graph, const QuerySettings& settings = {}) {
    const QueryId query = coordinator.NextQueryId();
    Tell(QuerySubmitted{query, graph, settings});
    return query;
  }
  // The attempt's output is sealed, with so many rows and bytes in each partition.
  TaskFinished Finished(const AttemptId& attempt, PartitionSize size = {10, 100}) const {
    const LaunchAttempt& launch = launched.at(attempt);
    TaskFinished finished{attempt, launch.worker, {}, {}};
    finished.partitions.assign(launch.output_partitions, size);
    return finished;
  }
  void Finish(const AttemptId& attempt, PartitionSize size = {10, 100}) {
    const TaskFinished finished = Finished(attempt, size);
    running[finished.worker].erase(attempt);
    Tell(finished);
  }
  void Fail(const AttemptId& attempt, StatusCode code = StatusCode::kUnavailable) {
    const WorkerIncarnation worker = launched.at(attempt).worker;
    running[worker].erase(attempt);
    Tell(TaskFailed{attempt, worker, Status(code, "it broke")});
  }
  void FailFetch(const AttemptId& attempt, const WorkerIncarnation& peer, StageId producer,
                 std::vector<MapAttempt> maps) {
    const WorkerIncarnation worker = launched.at(attempt).worker;
    running[worker].erase(attempt);
    Tell(FetchFailed{attempt, worker, peer, producer, std::move(maps),
                     Status(StatusCode::kFetchFailed, "connection refused")});
  }
  void Consume(QueryId query, uint32_t partition, uint32_t attempt = 1) {
    Tell(ResultConsumed{query, partition, attempt});
  }
  bool IsLaunched(const AttemptId& attempt) const { return launched.contains(attempt); }
  std::string WorkerOf(const AttemptId& attempt) const {
    return launched.contains(attempt) ? launched.at(attempt).worker.name : "nowhere";
  }

  Coordinator coordinator;
  TimePoint now{Duration{1'000'000}};
  std::vector<Action> actions;
  std::map<AttemptId, LaunchAttempt> launched;
  std::map<WorkerIncarnation, std::set<AttemptId>> running;
  uint64_t beats = 0;
  std::string journal;
  std::vector<size_t> record_ends;
  std::vector<std::string> states;
};

// One stage of so many tasks, whose outputs are the result.
inline StageGraph ScanGraph(uint32_t tasks) {
  StageGraph graph;
  Stage& scan = graph.stages.emplace_back();
  scan.task_count = tasks;
  scan.repeatable_rows = true;
  return graph;
}

// A scan of `maps` tasks, shuffled to `readers`, whose outputs are the result.
inline StageGraph ShuffleGraph(uint32_t maps, uint32_t readers) {
  StageGraph graph = ScanGraph(maps);
  graph.stages[0].output_partitions = readers;
  Stage& reader = graph.stages.emplace_back();
  reader.id = 1;
  reader.inputs = {{0, ExchangeKind::kHash}};
  reader.task_count = readers;
  reader.repeatable_rows = true;
  return graph;
}

// Settings under which stages run as they were planned.
inline QuerySettings AsPlanned() {
  QuerySettings settings;
  settings.adaptation.coalesce = false;
  settings.adaptation.split = false;
  settings.adaptation.broadcast = false;
  return settings;
}

}  // namespace trivet
