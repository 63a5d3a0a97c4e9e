#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "coordinator/event.h"
#include "coordinator/snapshot.h"

// Everything a coordinator knows. Plain data; all of it is encoded by state_encoding.cc, so that
// equal bytes mean equal states. Ordered containers only: nothing may depend on addresses or hash
// seeds.

namespace trivet {

// Time as far as the coordinator was awake in it; what silence of workers is measured by.
using AwakeTime = Duration;

// Failures in a row, and until when there are no tasks because of them.
struct HealthRecord {
  uint32_t consecutive_failures = 0;
  TimePoint last_failure_at;
  std::optional<TimePoint> blacklisted_until;
  std::string last_failure;
};

// The latest incarnation under a name. Its health outlives it: a worker that dies and comes back
// again and again is not healthy.
struct WorkerState {
  WorkerIncarnation worker;
  std::string address;
  uint32_t slots = 0;
  WorkerCapabilities capabilities;
  bool live = false;
  TimePoint joined_at;
  TimePoint heard_at;
  TimePoint lost_at;
  AwakeTime heard{0};
  uint64_t heartbeat_sequence = 0;
  std::map<AttemptId, AwakeTime> running;     // since when
  std::map<AttemptId, AwakeTime> cancelling;  // told to stop, not yet known to have stopped
  HealthRecord health;

  uint32_t occupied_slots() const {
    return static_cast<uint32_t>(running.size() + cancelling.size());
  }
};

enum class TaskPhase : uint8_t {
  kWaiting = 0,   // no attempt that counts
  kRunning = 1,   // attempt `launches` runs on `worker`
  kFinished = 2,  // the output of attempt `launches` is sealed on `worker`
};

struct TaskState {
  TaskPhase phase = TaskPhase::kWaiting;
  uint32_t launches = 0;  // also the number of the latest attempt
  uint32_t failures = 0;
  uint32_t fetch_failures = 0;
  uint32_t first_attempt = 1;  // of the stage's present run; earlier ones read other inputs
  TimePoint not_before;
  TimePoint started_at;
  Duration took{0};
  WorkerIncarnation worker;
  std::string avoid;      // the name of a worker where it went wrong
  bool lost = false;      // was finished, until its output was lost
  bool measured = false;  // its sizes are in the stage's sums
  uint64_t rows = 0;      // of the output; while running, the progress
  uint64_t bytes = 0;
  uint64_t rows_read = 0;
  uint64_t bytes_read = 0;
  uint64_t spilled_bytes = 0;
  uint64_t peak_memory_bytes = 0;
  std::vector<std::string> key_samples;
  std::string metrics;
  std::string last_failure;
  uint32_t delivered = 0;  // result stage: the attempt that was last offered to the client
  bool consumed = false;   // result stage: the client has the rows
};

// An output that could not be fetched although nobody had declared its worker lost.
struct FetchLoss {
  uint32_t map = 0;
  uint32_t attempt = 0;
  StageId consumer = 0;
  WorkerIncarnation peer;
};

struct StageState {
  uint32_t planned_tasks = 0;
  bool laid_out = false;
  StageLayout layout;
  // At least Stage::task_count of them: partitions that a layout does without keep their numbers of
  // attempts, in case a later layout has them again.
  std::vector<TaskState> tasks;
  std::vector<PartitionSize> partitions;  // sums over measured tasks
  std::vector<FetchLoss> fetch_losses;
  uint32_t reruns = 0;
  std::optional<std::vector<std::string>> range_bounds;
  std::optional<TimePoint> first_launch;
  std::optional<TimePoint> last_finish;
  std::vector<std::string> adapted;
};

struct QueryState {
  QueryId id = 0;
  StageGraph graph;  // kinds, task and partition counts as adapted
  QuerySettings settings;
  TimePoint submitted_at;
  bool admitted = false;
  std::vector<StageState> stages;
  std::map<std::string, HealthRecord> health;  // by worker
  uint32_t running = 0;
  uint64_t last_grant = 0;
  std::set<WorkerIncarnation> touched;  // workers that ran any of it
  std::optional<TimePoint> incapable_since;
  // Set within a turn, and gone with the query at the turn's end.
  std::optional<Status> outcome;

  StageState& result_state() { return stages.back(); }
};

struct CoordinatorState {
  TimePoint now;  // the coordinator's own time, which never jumps back; all moments here are in it
  TimePoint heard;  // the moment that came with the last event that counted
  AwakeTime awake{0};
  bool started = false;
  uint64_t random = 0;
  QueryId last_query = 0;
  uint64_t grants = 0;
  std::map<std::string, WorkerState> workers;
  std::map<QueryId, QueryState> queries;
  std::vector<QueryId> queue;  // not yet admitted, in order
  std::vector<QuerySnapshot> ended;
  std::optional<TimePoint> no_workers_since;
  std::optional<TimePoint> schedule_due;  // the earliest end of a backoff
};

}  // namespace trivet
