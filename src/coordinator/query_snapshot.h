#pragma once

#include <vector>

#include "coordinator/snapshot.h"
#include "coordinator/state.h"

namespace trivet {

QuerySnapshot SnapshotQuery(const CoordinatorState& state, const QueryState& query);
// Appends the query's tasks, by stage and partition.
void SnapshotTasks(const CoordinatorState& state, const QueryState& query,
                   std::vector<TaskSnapshot>& tasks);

}  // namespace trivet
