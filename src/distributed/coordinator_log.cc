#include "distributed/coordinator_log.h"

namespace trivet {

namespace {

struct EventLines {
  EventLog& log;

  void operator()(const WorkerJoined& event) const {
    log.Write(LogLevel::kInfo, LogEvent("worker_joined")
                                   .Worker(event.worker)
                                   .Text("address", event.address)
                                   .Number("slots", event.slots)
                                   .Text("build_id", event.capabilities.build_id));
  }
  void operator()(const WorkerHeartbeat& /*event*/) const {}
  void operator()(const TaskFinished& event) const {
    uint64_t rows = 0;
    uint64_t bytes = 0;
    for (const PartitionSize& size : event.partitions) {
      rows += size.rows;
      bytes += size.bytes;
    }
    log.Write(LogLevel::kInfo, LogEvent("task_finished")
                                   .Attempt(event.attempt)
                                   .Worker(event.worker)
                                   .Number("rows", rows)
                                   .Number("bytes", bytes));
  }
  void operator()(const TaskFailed& event) const {
    log.Write(
        LogLevel::kWarning,
        LogEvent("task_failed").Attempt(event.attempt).Worker(event.worker).Error(event.status));
  }
  void operator()(const FetchFailed& event) const {
    log.Write(LogLevel::kWarning, LogEvent("fetch_failed")
                                      .Attempt(event.attempt)
                                      .Worker(event.worker)
                                      .Text("peer", event.peer.name)
                                      .Number("producer", event.producer)
                                      .Number("outputs", event.maps.size())
                                      .Error(event.status));
  }
  void operator()(const WorkerLost& event) const {
    log.Write(LogLevel::kWarning,
              LogEvent("worker_lost").Worker(event.worker).Text("reason", event.reason));
  }
  void operator()(const QuerySubmitted& event) const {
    log.Write(
        LogLevel::kInfo,
        LogEvent("query_submitted").Query(event.query).Number("stages", event.graph.stages.size()));
  }
  void operator()(const QueryCancelled& event) const {
    log.Write(LogLevel::kInfo,
              LogEvent("query_cancelled").Query(event.query).Text("reason", event.reason));
  }
  void operator()(const ResultConsumed& event) const {
    log.Write(LogLevel::kDebug, LogEvent("result_consumed")
                                    .Query(event.query)
                                    .Number("task", event.partition)
                                    .Number("attempt", event.attempt));
  }
  void operator()(const ResultFetchFailed& event) const {
    log.Write(LogLevel::kWarning, LogEvent("result_fetch_failed")
                                      .Query(event.query)
                                      .Number("task", event.partition)
                                      .Number("attempt", event.attempt)
                                      .Worker(event.worker)
                                      .Error(event.status));
  }
  void operator()(const ResultClosed& event) const {
    log.Write(LogLevel::kDebug, LogEvent("result_closed").Query(event.query));
  }
  void operator()(const CoordinatorRestarted& /*event*/) const {
    log.Write(LogLevel::kInfo, LogEvent("coordinator_restarted"));
  }
  void operator()(const Tick& /*event*/) const {}
};

struct ActionLines {
  EventLog& log;

  void operator()(const LaunchAttempt& action) const {
    log.Write(LogLevel::kInfo,
              LogEvent("task_launched").Attempt(action.attempt).Worker(action.worker));
  }
  void operator()(const CancelAttempt& action) const {
    log.Write(LogLevel::kInfo, LogEvent("task_cancelled")
                                   .Attempt(action.attempt)
                                   .Worker(action.worker)
                                   .Text("reason", action.reason));
  }
  void operator()(const FenceWorker& action) const {
    log.Write(LogLevel::kWarning,
              LogEvent("worker_fenced").Worker(action.worker).Error(action.reason));
  }
  void operator()(const DeleteShuffleData& action) const {
    log.Write(LogLevel::kDebug,
              LogEvent("outputs_deleted").Query(action.query).Worker(action.worker));
  }
  void operator()(const DeliverResult& action) const {
    log.Write(LogLevel::kDebug, LogEvent("result_delivered")
                                    .Query(action.query)
                                    .Number("task", action.partition)
                                    .Number("attempt", action.attempt)
                                    .Worker(action.location.worker));
  }
  void operator()(const QueryFinished& action) const {
    log.Write(LogLevel::kInfo, LogEvent("query_finished").Query(action.query));
  }
  void operator()(const FailQuery& action) const {
    log.Write(LogLevel::kWarning,
              LogEvent("query_failed").Query(action.query).Error(action.status));
  }
};

}  // namespace

void LogCoordinatorEvent(EventLog& log, const Event& event) { std::visit(EventLines{log}, event); }

void LogCoordinatorAction(EventLog& log, const Action& action) {
  std::visit(ActionLines{log}, action);
}

}  // namespace trivet
