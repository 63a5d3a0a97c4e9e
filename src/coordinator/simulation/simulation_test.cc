#include "coordinator/simulation/simulation.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "base/string_concat.h"

namespace trivet {
namespace {

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

uint64_t SimulationCount() {
#ifdef TRIVET_ASSERTIONS
  return FromEnvironment("TRIVET_SIMULATIONS", 1'000);
#else
  return FromEnvironment("TRIVET_SIMULATIONS", 10'000);
#endif
}

// The last lines of the course that a seed takes, heartbeats and ticks left out.
std::string Replay(SimulationOptions options) {
  options.trace = true;
  std::vector<std::string> lines = Simulate(options).trace;
  std::erase_if(lines, [](const std::string& line) {
    return line.ends_with(" tick") || line.find(" heartbeat ") != std::string::npos;
  });
  std::string text;
  const size_t begin = lines.size() > 100 ? lines.size() - 100 : 0;
  for (size_t i = begin; i < lines.size(); ++i) text += lines[i] + "\n";
  return text;
}

// Every promise is kept on every course of events. TRIVET_SIMULATIONS says how many,
// TRIVET_FIRST_SIMULATION from which seed on, and TRIVET_SIMULATION_SEED replays one that failed.
TEST(Simulation, KeepsEveryPromiseOnEveryCourseOfEvents) {
  const bool one = std::getenv("TRIVET_SIMULATION_SEED") != nullptr;
  const uint64_t first = one ? FromEnvironment("TRIVET_SIMULATION_SEED", 1)
                             : FromEnvironment("TRIVET_FIRST_SIMULATION", 1);
  const uint64_t last = one ? first : first + SimulationCount() - 1;
  uint64_t events = 0;
  uint64_t succeeded = 0;
  uint64_t failed = 0;
  uint64_t restarts = 0;
  for (uint64_t seed = first; seed <= last; ++seed) {
    SimulationOptions options;
    options.seed = seed;
    const SimulationReport report = Simulate(options);
    ASSERT_EQ(report.violation, "") << "replay with TRIVET_SIMULATION_SEED=" << seed << "\n"
                                    << Replay(options);
    events += report.events;
    succeeded += report.succeeded;
    failed += report.failed;
    restarts += report.restarts;
  }
  std::printf("%s\n", StrCat(last - first + 1, " simulations: ", events, " events, ", succeeded,
                             " queries succeeded, ", failed, " failed, ", restarts,
                             " restarts of the coordinator")
                          .c_str());
}

// Courses that broke a promise once, beyond those that every run takes.
TEST(Simulation, KeepsEveryPromiseOnCoursesThatBrokeOne) {
  const uint64_t seeds[] = {
      192636,  // the coordinator is killed while it ends the last query, and a worker is slow
  };
  for (const uint64_t seed : seeds) {
    SimulationOptions options;
    options.seed = seed;
    EXPECT_EQ(Simulate(options).violation, "") << seed << "\n" << Replay(options);
  }
}

TEST(Simulation, EveryQuerySucceedsWhereNothingGoesWrong) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SimulationOptions options;
    options.seed = seed;
    options.faults = false;
    const SimulationReport report = Simulate(options);
    ASSERT_EQ(report.violation, "") << seed << "\n" << Replay(options);
    ASSERT_EQ(report.failed, 0u) << seed << "\n" << Replay(options);
    ASSERT_GT(report.succeeded, 0u);
  }
}

TEST(Simulation, ASeedReplaysExactly) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    SimulationOptions options;
    options.seed = seed;
    const SimulationReport once = Simulate(options);
    options.trace = true;
    const SimulationReport again = Simulate(options);
    EXPECT_EQ(once.fingerprint, again.fingerprint);
    EXPECT_EQ(once.events, again.events);
  }
}

// The number of the first seed that finds the bug; 0 if a thousand do not.
uint64_t FindBug(PlantedBug bug) {
  for (uint64_t seed = 1; seed <= 1'000; ++seed) {
    SimulationOptions options;
    options.seed = seed;
    options.planted_bug = bug;
    if (!Simulate(options).violation.empty()) return seed;
  }
  return 0;
}

TEST(Simulation, FindsThatFencingIsDropped) { EXPECT_NE(FindBug(PlantedBug::kDropFencing), 0u); }
TEST(Simulation, FindsThatInvalidationIsForgotten) {
  EXPECT_NE(FindBug(PlantedBug::kForgetInvalidation), 0u);
}
TEST(Simulation, FindsThatOneRequeueIsLost) { EXPECT_NE(FindBug(PlantedBug::kLoseRequeue), 0u); }

}  // namespace
}  // namespace trivet
