#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/status.h"
#include "coordinator/identifiers.h"
#include "coordinator/snapshot.h"
#include "coordinator/time_point.h"

// What a coordinator wants done. Actions may be lost: heartbeats tell it what came of them, and it
// asks again. Whoever carries them out asks nothing back.

namespace trivet {

// A worker and where its data is to be had.
struct Peer {
  WorkerIncarnation worker;
  std::string address;
};

// The sealed output of one producing task.
struct InputSource {
  uint32_t map = 0;      // the producing task's partition
  uint32_t attempt = 0;  // whose output counts
  uint32_t peer = 0;     // place in LaunchAttempt::peers
};

// What a task reads for one input of its stage: partitions [partition_begin, partition_end) of each
// source, sources in the order of the producing tasks.
struct TaskInput {
  StageId producer = 0;
  uint32_t partition_begin = 0;
  uint32_t partition_end = 0;
  std::vector<InputSource> sources;
};

// Run this attempt. A worker refuses an attempt that it was told to cancel before, and starts one
// that it runs already no second time; it never runs more than its slots at once.
struct LaunchAttempt {
  AttemptId attempt;
  WorkerIncarnation worker;
  std::string fragment;
  std::vector<Peer> peers;
  std::vector<TaskInput> inputs;  // in the order of Stage::inputs
  uint32_t output_partitions = 1;
  bool samples_keys = false;
  std::vector<std::string> range_bounds;  // see RangeBounds; empty where none are needed
  std::optional<TimePoint> deadline;
};

// Stop this attempt within a second and delete what it wrote.
struct CancelAttempt {
  AttemptId attempt;
  WorkerIncarnation worker;
  std::string reason;
};

// This life of the worker counts no more: it must stop all tasks, delete its files and may join
// again under a new incarnation; whoever can end its process does so. The status says why.
struct FenceWorker {
  WorkerIncarnation worker;
  Status reason;
};

// Delete everything of an ended query.
struct DeleteShuffleData {
  QueryId query = 0;
  WorkerIncarnation worker;
};

// The output of a result task is sealed and may be fetched there. Comes again, with another
// attempt, where an output was lost before ResultConsumed: then `resumable` says that rows taken
// already may be skipped; otherwise, with rows taken, the client's side answers ResultFetchFailed.
struct DeliverResult {
  QueryId query = 0;
  uint32_t partition = 0;
  uint32_t partition_count = 0;  // of the result; fixed from the first DeliverResult on
  uint32_t attempt = 0;
  Peer location;
  uint64_t rows = 0;
  uint64_t bytes = 0;
  bool resumable = false;
};

// All rows were consumed, or the client closed the result. Each query ends with exactly one of this
// and FailQuery.
struct QueryFinished {
  QueryId query = 0;
  QuerySnapshot snapshot;
};

struct FailQuery {
  QueryId query = 0;
  Status status;
  QuerySnapshot snapshot;
};

using Action = std::variant<LaunchAttempt, CancelAttempt, FenceWorker, DeleteShuffleData,
                            DeliverResult, QueryFinished, FailQuery>;

}  // namespace trivet
