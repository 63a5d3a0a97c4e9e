#pragma once

#include <cstdint>
#include <vector>

#include "coordinator/event.h"
#include "coordinator/simulation/random.h"
#include "coordinator/stage_graph.h"

namespace trivet {

// A random query whose answer is known: every scan task makes a number of tokens, exchanges carry
// them on, and all must reach the client, each once.
struct SimulatedPlan {
  StageGraph graph;
  // Whether tokens of stage s's input i count; those of inputs that every task may read do not.
  std::vector<std::vector<bool>> counted;
  uint64_t expected_tokens = 0;
  bool limited = false;          // a row limit drops tokens
  uint64_t bytes_per_token = 1;  // sizes that make adaptation act, or not
};

SimulatedPlan RandomPlan(SimulationRandom& random);

// What a scan task makes in all.
uint64_t ScanTokens(const SimulatedPlan& plan, StageId stage, uint32_t task);

// How a task's tokens lie over its output partitions. Where the stage is indeterminate, every
// attempt lays them differently.
std::vector<uint64_t> LayTokens(const SimulatedPlan& plan, const AttemptId& attempt,
                                uint64_t tokens, uint32_t partitions);

}  // namespace trivet
