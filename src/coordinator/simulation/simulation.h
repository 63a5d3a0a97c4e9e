#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "coordinator/coordinator_options.h"

namespace trivet {

struct SimulationOptions {
  uint64_t seed = 0;
  // Without faults every query must succeed.
  bool faults = true;
  PlantedBug planted_bug = PlantedBug::kNone;
  // Keep a line for every event and action.
  bool trace = false;
};

struct SimulationReport {
  std::string violation;  // the first broken promise; empty where there is none
  uint64_t events = 0;    // handled by the coordinator
  uint32_t succeeded = 0;
  uint32_t failed = 0;
  uint32_t restarts = 0;     // of the coordinator, from its journal
  uint64_t fingerprint = 0;  // of all that happened
  std::vector<std::string> trace;
};

// Runs some queries on a cluster of simulated workers, whose messages are lost, late, doubled and
// out of order, which crash, stop, come back and lose files, under a clock that jumps and a
// coordinator that is restarted from its journal. One seed is one course of events, on every
// machine. After some time the faults end, and everything must come to its end.
SimulationReport Simulate(const SimulationOptions& options);

}  // namespace trivet
