#pragma once

#include <optional>
#include <vector>

#include "coordinator/state.h"

namespace trivet {

// needed[stage][task]: whether the task's output will still be read, by a task that has no output
// of its own but is needed, or by the client. What runs is what is needed and has no output; so a
// lost output runs again exactly where somebody still wants it, and recursively what that one
// reads.
using Demand = std::vector<std::vector<bool>>;
Demand NeededTasks(const QueryState& query);

// How many tasks, from the first, readers take, if all of these have outputs: all of the stage, or
// fewer that hold `row_limit` rows.
std::optional<uint32_t> CompleteMaps(const Stage& stage, const StageState& state);

// Whether every task of the stage has had an output, so that its sizes and samples are known.
bool IsMeasured(const Stage& stage, const StageState& state);

}  // namespace trivet
