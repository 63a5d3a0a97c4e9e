#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "coordinator/identifiers.h"
#include "coordinator/time_point.h"

// What can be seen of a coordinator: the rows of system.workers, system.queries and system.tasks,
// and the numbers of EXPLAIN ANALYZE. Plain values, cut loose from the state.

namespace trivet {

enum class WorkerCondition : uint8_t { kLive = 0, kSuspect = 1, kBlacklisted = 2, kLost = 3 };
std::string_view WorkerConditionName(WorkerCondition condition);

struct WorkerSnapshot {
  WorkerIncarnation worker;
  std::string address;
  WorkerCondition condition = WorkerCondition::kLive;
  uint32_t slots = 0;
  uint32_t running_tasks = 0;
  uint32_t consecutive_failures = 0;
  TimePoint joined_at;
  TimePoint heard_at;
  std::optional<TimePoint> blacklisted_until;
  std::string build_id;
  std::vector<std::string> labels;
  std::string last_failure;
};

enum class QueryCondition : uint8_t {
  kQueued = 0,
  kRunning = 1,
  kFinished = 2,
  kFailed = 3,
};
std::string_view QueryConditionName(QueryCondition condition);

struct StageSnapshot {
  StageId stage = 0;
  std::string description;
  uint32_t tasks = 0;  // as adapted; before that, as planned
  uint32_t planned_tasks = 0;
  uint32_t finished_tasks = 0;
  uint32_t running_tasks = 0;
  uint32_t attempts = 0;  // launched in all
  uint32_t retries = 0;   // launched beyond the first of each task
  Duration elapsed{0};    // first launch to last finish, or to now
  Duration task_time{0};  // sum over finished attempts that count
  uint64_t rows = 0;      // written by finished tasks that count
  uint64_t bytes = 0;
  uint64_t progress_rows = 0;  // written so far by running tasks
  uint64_t rows_read = 0;
  uint64_t bytes_read = 0;
  uint64_t spilled_bytes = 0;
  uint64_t peak_memory_bytes = 0;    // the largest task's
  double skew_bytes = 1;             // largest over median task, by bytes written
  double skew_time = 1;              // likewise, by time
  std::vector<std::string> metrics;  // one of each finished task, in task order; may be empty
  std::vector<std::string> adapted;  // what was changed at run time, in words
};

struct QuerySnapshot {
  QueryId query = 0;
  QueryCondition condition = QueryCondition::kQueued;
  TimePoint submitted_at;
  std::optional<TimePoint> ended_at;
  std::optional<TimePoint> deadline;
  Status status;
  uint32_t running_tasks = 0;
  std::vector<StageSnapshot> stages;
};

enum class TaskCondition : uint8_t { kWaiting = 0, kBackoff = 1, kRunning = 2, kFinished = 3 };
std::string_view TaskConditionName(TaskCondition condition);

struct TaskSnapshot {
  TaskId task;
  TaskCondition condition = TaskCondition::kWaiting;
  uint32_t attempt = 0;   // the latest; 0 where none was launched
  uint32_t failures = 0;  // attempts that count towards the limit
  std::string worker;     // where it runs or its output is
  uint64_t rows = 0;
  uint64_t bytes = 0;
  std::optional<TimePoint> started_at;
  Duration elapsed{0};
  std::string last_failure;
};

}  // namespace trivet
