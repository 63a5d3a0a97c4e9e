#include "coordinator/placement.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "coordinator/testing/driver.h"

namespace trivet {
namespace {

std::map<std::string, int> CountByWorker(const std::vector<LaunchAttempt>& launches) {
  std::map<std::string, int> counts;
  for (const LaunchAttempt& launch : launches) ++counts[launch.worker.name];
  return counts;
}

TEST(Placement, EnforcesWorkerAndQueryConcurrencyLimits) {
  CoordinatorOptions options;
  options.max_concurrent_tasks_per_worker = 3;
  options.max_concurrent_tasks_per_query = 5;
  CoordinatorDriver driver(options);
  driver.Join("a", 8);
  driver.Join("b", 2);  // its slots are fewer than the limit
  driver.Join("c", 8);
  const QueryId first = driver.Submit(ScanGraph(20));
  EXPECT_EQ(driver.Get<LaunchAttempt>().size(), 5u) << "the query's limit";
  QuerySettings settings;
  settings.max_concurrent_tasks = 4;
  driver.Submit(ScanGraph(20), settings);
  EXPECT_EQ(driver.Get<LaunchAttempt>().size(), 3u) << "what the workers' limits leave";
  std::map<std::string, size_t> counts;
  for (const auto& [worker, attempts] : driver.running) counts[worker.name] = attempts.size();
  EXPECT_EQ(counts, (std::map<std::string, size_t>{{"a", 3}, {"b", 2}, {"c", 3}}));
  driver.Finish({{first, 0, 0}, 1});
  EXPECT_EQ(driver.Get<LaunchAttempt>().size(), 1u);
}

TEST(Placement, AssignsCustomOperatorTasksOnlyToCapableWorkers) {
  CoordinatorDriver driver;
  driver.Join("plain", 8);
  WorkerJoined capable = driver.Worker("capable", 2);
  capable.capabilities.operators = {"embed", "other"};
  capable.capabilities.labels = {"nvme"};
  driver.Tell(capable);
  StageGraph graph = ScanGraph(6);
  graph.stages[0].requirements.operators = {"embed"};
  graph.stages[0].requirements.labels = {"nvme"};
  const QueryId query = driver.Submit(graph);
  EXPECT_EQ(CountByWorker(driver.Get<LaunchAttempt>()),
            (std::map<std::string, int>{{"capable", 2}}));
  for (uint32_t task = 0; task < 6; ++task) {
    EXPECT_EQ(driver.WorkerOf({{query, 0, task}, 1}), "capable");
    driver.Finish({{query, 0, task}, 1});
  }
}

TEST(Placement, FailsNamingWhatNoLiveWorkerHas) {
  CoordinatorDriver driver;
  driver.Join("a");
  StageGraph graph = ScanGraph(1);
  graph.stages[0].requirements.operators = {"embed"};
  graph.stages[0].requirements.functions = {"tokenize"};
  const QueryId query = driver.Submit(graph);
  driver.Pass(Duration{2'000}, {"a"});
  EXPECT_TRUE(driver.Get<FailQuery>().empty()) << "a worker may be about to join";
  driver.Pass(Duration{1'000}, {"a"});
  ASSERT_EQ(driver.Get<FailQuery>().size(), 1u);
  EXPECT_EQ(driver.Get<FailQuery>()[0].query, query);
  EXPECT_EQ(driver.Get<FailQuery>()[0].status.code(), StatusCode::kNotFound);
  const std::string message = driver.Get<FailQuery>()[0].status.message();
  EXPECT_NE(message.find("operator 'embed', function 'tokenize'"), std::string::npos) << message;
}

TEST(Placement, TasksOfALostWorkerSpreadOverTheSurvivors) {
  CoordinatorDriver driver;
  for (const char* name : {"a", "b", "c", "d"}) driver.Join(name, 6);
  const QueryId query = driver.Submit(ScanGraph(12));
  driver.Tell(WorkerLost{{"a", 1}, "killed"});
  driver.Pass(Duration{1'000}, {"b", "c", "d"});
  EXPECT_EQ(CountByWorker(driver.Get<LaunchAttempt>()),
            (std::map<std::string, int>{{"b", 1}, {"c", 1}, {"d", 1}}));
  for (const LaunchAttempt& launch : driver.Get<LaunchAttempt>()) {
    EXPECT_EQ(launch.attempt.attempt, 2u);
    EXPECT_EQ(launch.attempt.task.query, query);
  }
}

TEST(Placement, ATaskComesBackToTheWorkerWhereItFailedOnlyIfThereIsNoOther) {
  CoordinatorDriver driver;
  driver.Join("a");
  driver.Join("b");
  const QueryId query = driver.Submit(ScanGraph(1));
  const std::string first = driver.WorkerOf({{query, 0, 0}, 1});
  driver.Fail({{query, 0, 0}, 1});
  driver.Pass(Duration{1'000}, {"a", "b"});
  const std::string second = driver.WorkerOf({{query, 0, 0}, 2});
  EXPECT_NE(second, first);
  driver.Tell(WorkerLost{{first, 1}, "gone"});
  driver.Fail({{query, 0, 0}, 2});
  driver.Pass(Duration{1'000}, {second});
  EXPECT_EQ(driver.WorkerOf({{query, 0, 0}, 3}), second);
}

TEST(Placement, ForwardedOutputIsReadWhereItLies) {
  StageGraph graph = ScanGraph(4);
  Stage& reader = graph.stages.emplace_back();
  reader.id = 1;
  reader.task_count = 4;
  reader.inputs = {{0, ExchangeKind::kForward}};
  CoordinatorDriver driver;
  for (const char* name : {"a", "b", "c", "d"}) driver.Join(name, 2);
  const QueryId query = driver.Submit(graph);
  for (uint32_t task = 0; task < 4; ++task) driver.Finish({{query, 0, task}, 1});
  for (uint32_t task = 0; task < 4; ++task) {
    EXPECT_EQ(driver.WorkerOf({{query, 1, task}, 1}), driver.WorkerOf({{query, 0, task}, 1}));
  }
}

TEST(Placement, QueriesShareTheSlotsFairly) {
  CoordinatorDriver driver;
  driver.Join("a", 4);
  const QueryId large = driver.Submit(ScanGraph(100));
  EXPECT_EQ(driver.Get<LaunchAttempt>().size(), 4u);
  const QueryId small = driver.Submit(ScanGraph(100));
  for (uint32_t task = 0; task < 4; ++task) driver.Finish({{large, 0, task}, 1});
  std::map<QueryId, int> running;
  for (const auto& [worker, attempts] : driver.running) {
    for (const AttemptId& attempt : attempts) ++running[attempt.task.query];
  }
  EXPECT_EQ(running, (std::map<QueryId, int>{{large, 2}, {small, 2}}));
}

TEST(Health, BlacklistsAFailingWorkerAndReadmitsIt) {
  CoordinatorDriver driver;
  driver.Join("bad", 4);
  driver.Join("good", 4);
  const QueryId query = driver.Submit(ScanGraph(8));
  std::vector<AttemptId> on_bad(driver.running[{"bad", 1}].begin(),
                                driver.running[{"bad", 1}].end());
  ASSERT_EQ(on_bad.size(), 4u);
  driver.Fail(on_bad[0]);
  driver.Fail(on_bad[1]);
  EXPECT_EQ(driver.coordinator.Workers()[0].condition, WorkerCondition::kLive);
  driver.Fail(on_bad[2]);
  EXPECT_EQ(driver.coordinator.Workers()[0].condition, WorkerCondition::kBlacklisted);
  ASSERT_EQ(driver.Get<CancelAttempt>().size(), 1u) << "its running task is taken back";
  EXPECT_EQ(driver.Get<CancelAttempt>()[0].attempt, on_bad[3]);

  const TimePoint readmission = driver.now + Duration{60'000};
  while (driver.now + Duration{1'000} < readmission) {
    driver.Pass(Duration{1'000}, {"bad", "good"});
    for (const LaunchAttempt& launch : driver.Get<LaunchAttempt>()) {
      EXPECT_EQ(launch.worker.name, "good");
    }
    driver.actions.clear();
    const auto running = driver.running[{"good", 1}];
    if (running.size() > 1) driver.Finish(*running.begin());
    for (const LaunchAttempt& launch : driver.Get<LaunchAttempt>()) {
      EXPECT_EQ(launch.worker.name, "good");
    }
  }
  driver.Pass(Duration{1'000}, {"bad", "good"});
  EXPECT_EQ(driver.coordinator.Workers()[0].condition, WorkerCondition::kLive);
  EXPECT_EQ(driver.coordinator.Tasks(query).size(), 8u);
  driver.Submit(ScanGraph(8));
  EXPECT_GE(CountByWorker(driver.Get<LaunchAttempt>())["bad"], 1);
}

TEST(Health, ASuccessEndsTheRowOfFailures) {
  CoordinatorDriver driver;
  driver.Join("a", 8);
  driver.Join("b", 8);
  driver.Submit(ScanGraph(16));
  const std::set<AttemptId> copy = driver.running[{"a", 1}];
  std::vector<AttemptId> on_a(copy.begin(), copy.end());
  ASSERT_GE(on_a.size(), 6u);
  driver.Fail(on_a[0]);
  driver.Fail(on_a[1]);
  driver.Finish(on_a[2]);
  driver.Fail(on_a[3]);
  driver.Fail(on_a[4]);
  EXPECT_EQ(driver.coordinator.Workers()[0].condition, WorkerCondition::kLive);
  EXPECT_EQ(driver.coordinator.Workers()[0].consecutive_failures, 2u);
}

TEST(Health, TheLastHealthyWorkersAreNeverBlacklisted) {
  CoordinatorOptions options;
  options.max_task_attempts = 100;
  CoordinatorDriver driver(options);
  driver.Join("a", 4);
  const QueryId query = driver.Submit(ScanGraph(1));
  for (uint32_t attempt = 1; attempt <= 6; ++attempt) {
    ASSERT_TRUE(driver.IsLaunched({{query, 0, 0}, attempt})) << attempt;
    driver.Fail({{query, 0, 0}, attempt});
    EXPECT_EQ(driver.coordinator.Workers()[0].condition, WorkerCondition::kLive);
    driver.Pass(Duration{10'000}, {"a"});
  }
}

TEST(Health, ABlacklistedWorkerIsReadmittedWhenItIsTheLast) {
  CoordinatorDriver driver;
  driver.Join("a", 4);
  driver.Join("b", 4);
  const QueryId query = driver.Submit(ScanGraph(8));
  const std::set<AttemptId> on_a = driver.running[{"a", 1}];
  for (const AttemptId& attempt : on_a) {
    if (driver.running[{"a", 1}].size() > 1) driver.Fail(attempt);
  }
  ASSERT_EQ(driver.coordinator.Workers()[0].condition, WorkerCondition::kBlacklisted);
  driver.Tell(WorkerLost{{"b", 1}, "killed"});
  driver.Pass(Duration{10'000}, {"a"});
  EXPECT_EQ(driver.coordinator.Workers()[0].condition, WorkerCondition::kLive);
  const WorkerIncarnation last{"a", 1};
  EXPECT_EQ(driver.running[last].size(), 4u) << query;
}

TEST(Health, AFlappingWorkerIsBlacklistedAcrossItsLives) {
  CoordinatorDriver driver;
  driver.Join("good");
  for (uint64_t life = 1; life <= 3; ++life) {
    driver.Join("flapping", 4, life);
    driver.Tell(WorkerLost{{"flapping", life}, "killed"});
  }
  driver.Join("flapping", 4, 4);
  driver.Submit(ScanGraph(4));
  const std::map<std::string, int> expected = {{"good", 1}};
  EXPECT_EQ(CountByWorker(driver.Get<LaunchAttempt>()), expected);
}

}  // namespace
}  // namespace trivet
