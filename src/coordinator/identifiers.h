#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace trivet {

// A query, unique for the life of a coordinator's journal.
using QueryId = uint64_t;
// A stage within its query; also its place in the stage graph.
using StageId = uint32_t;

// One task of a stage: the stage's fragment over one part of its input.
struct TaskId {
  QueryId query = 0;
  StageId stage = 0;
  uint32_t partition = 0;

  auto operator<=>(const TaskId&) const = default;
};

// One try at a task. Attempts count from 1 and are never reused, so that what a try left behind, or
// says too late, can be told from what counts.
struct AttemptId {
  TaskId task;
  uint32_t attempt = 0;

  auto operator<=>(const AttemptId&) const = default;
};

// One life of a worker process. A worker that comes back under its name has another incarnation;
// whatever an earlier one says is void (fencing).
struct WorkerIncarnation {
  std::string name;
  uint64_t incarnation = 0;

  auto operator<=>(const WorkerIncarnation&) const = default;
};

// "q7.s2.p13.a1", as logs, file names and errors show it.
std::string ToString(const TaskId& task);
std::string ToString(const AttemptId& attempt);
std::string ToString(const WorkerIncarnation& worker);

}  // namespace trivet
