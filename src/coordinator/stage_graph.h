#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "coordinator/identifiers.h"

namespace trivet {

// How rows of a producing stage come to the tasks of a consuming one.
enum class ExchangeKind : uint8_t {
  kHash = 0,        // partition by hash of the keys
  kRange = 1,       // partition by ranges of the keys, whose bounds come from samples
  kRoundRobin = 2,  // balanced, no meaning
  kBroadcast = 3,   // every task reads all rows
  kGather = 4,      // the one task reads all rows, in the order of the producing tasks
  kForward = 5,     // task `offset + i` reads what producing task i wrote
};
std::string_view ExchangeKindName(ExchangeKind kind);

// Tasks of a stage and partitions of a task's output.
inline constexpr uint32_t kMaximumTasks = 1U << 20;

// What a stage's exchange source number `i` (its place in Stage::inputs) reads.
struct StageInput {
  StageId producer = 0;
  ExchangeKind kind = ExchangeKind::kGather;
  uint32_t task_offset = 0;  // kForward only
  // One partition may be dealt out to several tasks, each reading some of the producing tasks (a
  // join's probe side, a partial aggregate); the task's other inputs are then read whole by each.
  bool splittable = false;
  // The stage's rows are right, too, if every task reads all of this input while the stage's other
  // partitioned input is cut in any way (a join's build side that may be broadcast at run time).
  bool may_broadcast = false;
};

// What a worker must have to run a stage's tasks.
struct Requirements {
  std::vector<std::string> operators;  // custom ones, by name
  std::vector<std::string> functions;  // custom ones, by name
  std::vector<std::string> labels;     // data mounts and such
  std::vector<std::string> formats;    // file formats, by name

  bool empty() const {
    return operators.empty() && functions.empty() && labels.empty() && formats.empty();
  }
};

// A maximal sub-plan without an exchange inside, and how its output is cut. Immutable once planned,
// but for what run-time adaptation decides before its first task starts.
struct Stage {
  StageId id = 0;
  std::vector<StageInput> inputs;
  uint32_t task_count = 1;
  // The output of each task is cut into so many partitions (1 where all consumers take it whole).
  uint32_t output_partitions = 1;
  // Rows depend on the order in which inputs arrive or on a volatile function: a lost output means
  // running the whole stage, and all that read it, again.
  bool indeterminate = false;
  // Tasks report a sample of the sort keys of their output (a range exchange's bounds).
  bool samples_keys = false;
  Requirements requirements;
  std::string fragment;     // the encoded sub-plan; opaque to the coordinator
  std::string description;  // operators, for EXPLAIN and system tables
  // Stages that must be complete before this one starts, though it reads nothing of them: so that
  // what they measured can still change how this one writes (see StageInput::may_broadcast).
  std::vector<StageId> start_after;
  // The output is cut at keys sampled by that stage (which has `samples_keys`); it must come
  // before.
  std::optional<StageId> bounds_from;
  // Where not 0: only the first so many rows, task after task, are wanted, by readers that gather.
  // The tasks behind those that have them are cancelled or never started.
  uint64_t row_limit = 0;
  // Every run of a task gives the same rows in the same order, so that a client may go on with
  // another attempt's output where one broke off. Matters for the result stage.
  bool repeatable_rows = false;
  // The output of all tasks, as the planner sees it; 0: it does not know.
  uint64_t estimated_bytes = 0;
};

// The stages of one query. Producers come before their consumers; the last stage's outputs, task by
// task, are the result.
struct StageGraph {
  std::vector<Stage> stages;

  const Stage& result_stage() const { return stages.back(); }
  // Ids in place, producers before consumers, task counts that fit the exchanges: Internal if not.
  Status Validate() const;
};

// What one task reads of one input: partitions [partition_begin, partition_end) of the outputs of
// producing tasks [map_begin, map_end), in the order of these tasks. May be empty.
struct InputSlice {
  uint32_t partition_begin = 0;
  uint32_t partition_end = 0;
  uint32_t map_begin = 0;
  uint32_t map_end = 0;

  auto operator<=>(const InputSlice&) const = default;
  bool empty() const { return partition_begin >= partition_end || map_begin >= map_end; }
};

// The inputs of each task of a stage: layout[task][input].
using StageLayout = std::vector<std::vector<InputSlice>>;

}  // namespace trivet
