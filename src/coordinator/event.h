#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/status.h"
#include "coordinator/adaptation.h"
#include "coordinator/identifiers.h"
#include "coordinator/stage_graph.h"
#include "coordinator/time_point.h"

// What can happen to a coordinator. Events from workers may come late, twice, in another order or
// never; those of clients come once and in order.

namespace trivet {

// What a worker can do, as its handshake says.
struct WorkerCapabilities {
  std::string build_id;
  uint32_t protocol_version = 0;
  std::string simd_level;              // for system.workers
  std::string time_zone_version;       // ICU's tzdata
  std::vector<std::string> operators;  // custom ones, by name
  std::vector<std::string> functions;  // custom ones, by name
  std::vector<std::string> formats;    // file formats, by name
  std::vector<std::string> labels;     // data mounts, node labels
};

// A worker offers itself. Incarnations of one name grow; one that was lost cannot join again.
struct WorkerJoined {
  WorkerIncarnation worker;
  std::string address;  // where its peers and clients fetch data, e.g. "grpc://10.0.0.7:8815"
  uint32_t slots = 1;
  WorkerCapabilities capabilities;
};

struct AttemptProgress {
  AttemptId attempt;
  uint64_t rows = 0;
  uint64_t bytes = 0;
};

// Every second, on a channel that running tasks cannot delay.
struct WorkerHeartbeat {
  WorkerIncarnation worker;
  uint64_t sequence = 0;  // grows; an older one that comes later is ignored
  // All attempts that the worker has been told to run and that have not ended, and those that have
  // but whose report nobody has acknowledged yet.
  std::vector<AttemptProgress> running;
  // The queries of which the worker holds shuffle data, so that what nobody needs is deleted even
  // where the order to do so was lost.
  std::vector<QueryId> stored_queries;
};

// Rows and bytes of one partition of a task's output.
struct PartitionSize {
  uint64_t rows = 0;
  uint64_t bytes = 0;

  auto operator<=>(const PartitionSize&) const = default;
};

// The attempt is done and its output is sealed on the worker's disk. Reports (this, TaskFailed and
// FetchFailed) are repeated by the worker until acknowledged, that is, handled and journalled.
struct TaskFinished {
  AttemptId attempt;
  WorkerIncarnation worker;
  std::vector<PartitionSize> partitions;  // one for each partition that was asked for
  std::vector<std::string> key_samples;   // encoded sort keys in memcmp order, if asked for
  uint64_t rows_read = 0;
  uint64_t bytes_read = 0;
  uint64_t spilled_bytes = 0;
  uint64_t peak_memory_bytes = 0;
  std::string metrics;  // per operator; opaque to the coordinator
};

// The attempt ended without output. Retriable codes are tried again, others fail the query at once.
struct TaskFailed {
  AttemptId attempt;
  WorkerIncarnation worker;
  Status status;
};

// One attempt of a producing task.
struct MapAttempt {
  uint32_t map = 0;
  uint32_t attempt = 0;

  auto operator<=>(const MapAttempt&) const = default;
};

// The attempt ended because outputs could not be had from a peer: gone, damaged or out of reach.
struct FetchFailed {
  AttemptId attempt;
  WorkerIncarnation worker;
  WorkerIncarnation peer;
  StageId producer = 0;
  std::vector<MapAttempt> maps;
  Status status;
};

// The cluster says that this life of the worker is over (a process exited, Ray's ActorDied).
struct WorkerLost {
  WorkerIncarnation worker;
  std::string reason;
};

struct QuerySettings {
  std::optional<TimePoint> deadline;
  uint32_t max_concurrent_tasks = 0;  // 0: CoordinatorOptions::max_concurrent_tasks_per_query
  AdaptationOptions adaptation;
};

// Query ids grow: one that is not above all before it is taken for a repetition and ignored.
struct QuerySubmitted {
  QueryId query = 0;
  StageGraph graph;
  QuerySettings settings;
};

struct QueryCancelled {
  QueryId query = 0;
  std::string reason;
};

// The client's side has all rows of this task's output.
struct ResultConsumed {
  QueryId query = 0;
  uint32_t partition = 0;
  uint32_t attempt = 0;
};

// The client's side could not fetch a delivered output to its end.
struct ResultFetchFailed {
  QueryId query = 0;
  uint32_t partition = 0;
  uint32_t attempt = 0;
  WorkerIncarnation worker;
  uint64_t rows_taken = 0;  // what the client has seen of it
  Status status;
};

// The client wants no more rows; the query ends well.
struct ResultClosed {
  QueryId query = 0;
};

// After a journal was replayed by a new process, before anything else: whatever was to be done when
// the old one ended may not have been done.
struct CoordinatorRestarted {};

// Time has passed; due at Coordinator::NextWakeUp() and welcome at any time.
struct Tick {};

// The order is part of the journal's format: append only.
using Event = std::variant<WorkerJoined, WorkerHeartbeat, TaskFinished, TaskFailed, FetchFailed,
                           WorkerLost, QuerySubmitted, QueryCancelled, ResultConsumed,
                           ResultFetchFailed, ResultClosed, CoordinatorRestarted, Tick>;

}  // namespace trivet
