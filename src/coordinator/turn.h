#pragma once

#include <vector>

#include "coordinator/action.h"
#include "coordinator/coordinator_options.h"
#include "coordinator/state.h"

namespace trivet {

// The handling of one event: what is read, what is changed, what is to be done. Lives on the stack
// of Coordinator::Handle.
struct Turn {
  const CoordinatorOptions& options;
  CoordinatorState& state;
  std::vector<Action>& actions;
  // Whether anything changed that may let a task start.
  bool changed = false;

  TimePoint now() const { return state.now; }

  // The worker if this incarnation is the live one, else null.
  WorkerState* FindLive(const WorkerIncarnation& worker) const {
    const auto found = state.workers.find(worker.name);
    if (found == state.workers.end() || !found->second.live) return nullptr;
    return found->second.worker == worker ? &found->second : nullptr;
  }
  // The query if it waits or runs and has no outcome yet, else null.
  QueryState* FindQuery(QueryId query) const {
    const auto found = state.queries.find(query);
    if (found == state.queries.end() || found->second.outcome) return nullptr;
    return &found->second;
  }
  // The task if its query lives and its stage has it, else null.
  TaskState* FindTask(const TaskId& task) const {
    QueryState* query = FindQuery(task.query);
    if (query == nullptr || task.stage >= query->stages.size()) return nullptr;
    if (task.partition >= query->graph.stages[task.stage].task_count) return nullptr;
    return &query->stages[task.stage].tasks[task.partition];
  }
};

}  // namespace trivet
