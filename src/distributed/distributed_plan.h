#pragma once

#include <string>
#include <vector>

#include "coordinator/snapshot.h"
#include "coordinator/stage_graph.h"
#include "execution/physical_operator.h"

namespace trivet {

// What the planner decides by; the session's settings fill it.
struct DistributedPlannerOptions {
  // Partitions of a hash exchange. 0: twice the slots of the workers.
  uint32_t partitions = 0;
  // Tasks that can run at once; ForSlots sets it.
  uint32_t slots = 1;
  // A scan is cut into at most about so many tasks. 0: twice the slots of the workers. Each makes
  // its own tables of what is broadcast to it.
  uint32_t scan_tasks = 0;
  // So many tasks for every scan, however its table can be cut, and no exchange saved because rows
  // are few: tests force exchanges so. 0: as it can be cut.
  uint32_t forced_scan_tasks = 0;
  // A scan's task has about this many rows at least, where the table tells its rows.
  uint64_t scan_task_rows = uint64_t{1} << 18;
  // Up to so many bytes (estimated) a join's side may be sent to every task.
  uint64_t broadcast_bytes = uint64_t{32} << 20;
  // A join's side that reads tables of fewer bytes (estimated) is computed by every task that wants
  // all of it, instead of once and sent to all.
  uint64_t replicate_bytes = uint64_t{2} << 20;
  // Rows of fewer bytes (estimated) that must meet by keys meet in one task.
  uint64_t gather_bytes = uint64_t{1} << 20;
  // Before the many rows on the right of a semi or anti join move to meet fewer on the left, those
  // without a partner stay behind: where there are so many times as many, by estimate. 0: never,
  // and neither before both sides of another join move (see LeaveBehind).
  uint64_t reduction_factor = 4;
  // Rows of fewer bytes (estimated) are sorted by one task, others in ranges by several.
  uint64_t range_sort_bytes = uint64_t{32} << 20;
  // A query whose scans read fewer bytes (estimated) runs as one stage of one task. 0: none does.
  uint64_t single_task_bytes = uint64_t{32} << 20;

  // With the numbers that depend on how many tasks can run at once.
  DistributedPlannerOptions ForSlots(uint32_t slots) const;
};

// A stage with its plan; `stage.fragment` is filled in when it is encoded.
struct PlannedStage {
  Stage stage;
  PhysicalPlan plan;              // its root is a PhysicalExchange
  std::vector<std::string> code;  // that the tasks bring along, by id
};

// A query as stages, producers first; the last one gives the result, task by task.
struct DistributedPlan {
  std::vector<PlannedStage> stages;
  // The whole query is one task, because it is small.
  bool small = false;

  // The graph alone, as the coordinator takes it.
  StageGraph Graph() const;
  // As EXPLAIN shows it: per stage its tasks, inputs, operators and output partitioning; with what
  // the coordinator measured, also time, rows, bytes, skew and retries (EXPLAIN ANALYZE).
  std::string ToString(const QuerySnapshot* measured = nullptr) const;
  // The same as a JSON document.
  std::string ToJson(const QuerySnapshot* measured = nullptr) const;
};

}  // namespace trivet
