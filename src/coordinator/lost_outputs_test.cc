#include "coordinator/lost_outputs.h"

#include <gtest/gtest.h>

#include "coordinator/testing/driver.h"

namespace trivet {
namespace {

// Three workers of two slots; every attempt that is running finishes until only `stage` runs.
class LostOutputs : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"a", "b", "c"}) driver_.Join(name, 2);
  }
  // Finishes the first attempts of a stage.
  void FinishStage(QueryId query, StageId stage, uint32_t tasks) {
    for (uint32_t task = 0; task < tasks; ++task) driver_.Finish({{query, stage, task}, 1});
  }
  // Which tasks of the stage have their outputs on the worker.
  std::set<uint32_t> TasksOn(QueryId query, StageId stage, const std::string& worker) {
    std::set<uint32_t> tasks;
    for (const TaskSnapshot& task : driver_.coordinator.Tasks(query)) {
      if (task.task.stage == stage && task.worker == worker) tasks.insert(task.task.partition);
    }
    return tasks;
  }
  std::set<uint32_t> Relaunched(QueryId query, StageId stage) {
    std::set<uint32_t> tasks;
    for (const auto& [attempt, launch] : driver_.launched) {
      if (attempt.task.query == query && attempt.task.stage == stage && attempt.attempt > 1) {
        tasks.insert(attempt.task.partition);
      }
    }
    return tasks;
  }

  CoordinatorDriver driver_;
};

TEST_F(LostOutputs, ReRunsOnlyTheLostMaps) {
  const QueryId query = driver_.Submit(ShuffleGraph(6, 3), AsPlanned());
  FinishStage(query, 0, 6);
  const std::set<uint32_t> lost = TasksOn(query, 0, "a");
  ASSERT_EQ(lost.size(), 2u);
  driver_.Tell(WorkerLost{{"a", 1}, "killed"});
  driver_.Pass(Duration{1'000}, {"b", "c"});
  EXPECT_EQ(Relaunched(query, 0), lost);
  for (const uint32_t map : lost) driver_.Finish({{query, 0, map}, 2});
  driver_.Pass(Duration{1'000}, {"b", "c"});
  // Whoever ran on the lost worker runs again, and reads the new attempts.
  const LaunchAttempt* again = nullptr;
  for (const auto& [attempt, launch] : driver_.launched) {
    if (attempt.task.stage == 1 && attempt.attempt == 2) again = &launch;
  }
  ASSERT_NE(again, nullptr);
  for (const InputSource& source : again->inputs[0].sources) {
    EXPECT_EQ(source.attempt, lost.contains(source.map) ? 2u : 1u);
    EXPECT_NE(again->peers[source.peer].worker.name, "a");
  }
}

TEST_F(LostOutputs, NobodyReRunsWhatNobodyReads) {
  const QueryId query = driver_.Submit(ShuffleGraph(6, 3), AsPlanned());
  FinishStage(query, 0, 6);
  FinishStage(query, 1, 3);
  for (uint32_t task = 0; task < 3; ++task) {
    if (driver_.WorkerOf({{query, 1, task}, 1}) == "a") driver_.Consume(query, task);
  }
  driver_.Tell(WorkerLost{{"a", 1}, "killed"});
  driver_.Pass(Duration{20'000}, {"b", "c"});
  EXPECT_TRUE(Relaunched(query, 0).empty());
  EXPECT_TRUE(Relaunched(query, 1).empty());
}

TEST_F(LostOutputs, WhatALostTaskReadsRunsAgainRecursively) {
  // scan -> hash -> hash -> result; the middle's outputs on the lost worker need scans again.
  StageGraph graph = ShuffleGraph(6, 6);
  graph.stages[1].output_partitions = 2;
  Stage& last = graph.stages.emplace_back();
  last.id = 2;
  last.task_count = 2;
  last.inputs = {{1, ExchangeKind::kHash}};
  const QueryId query = driver_.Submit(graph, AsPlanned());
  FinishStage(query, 0, 6);
  FinishStage(query, 1, 6);
  const std::set<uint32_t> scans = TasksOn(query, 0, "a");
  const std::set<uint32_t> middle = TasksOn(query, 1, "a");
  ASSERT_FALSE(scans.empty());
  ASSERT_FALSE(middle.empty());
  driver_.Tell(WorkerLost{{"a", 1}, "killed"});
  driver_.Pass(Duration{2'000}, {"b", "c"});
  EXPECT_EQ(Relaunched(query, 0), scans);
  EXPECT_TRUE(Relaunched(query, 1).empty()) << "their inputs are not there yet";
  for (const uint32_t map : scans) driver_.Finish({{query, 0, map}, 2});
  driver_.Pass(Duration{2'000}, {"b", "c"});
  EXPECT_EQ(Relaunched(query, 1), middle);
}

TEST_F(LostOutputs, AFailedFetchReRunsTheNamedMapsElsewhere) {
  const QueryId query = driver_.Submit(ShuffleGraph(6, 2), AsPlanned());
  FinishStage(query, 0, 6);
  const AttemptId reader{{query, 1, 0}, 1};
  const WorkerIncarnation peer = driver_.launched.at({{query, 0, 3}, 1}).worker;
  driver_.FailFetch(reader, peer, 0, {{3, 1}});
  driver_.Pass(Duration{1'000}, {"a", "b", "c"});
  EXPECT_EQ(Relaunched(query, 0), (std::set<uint32_t>{3}));
  EXPECT_NE(driver_.WorkerOf({{query, 0, 3}, 2}), peer.name);
  EXPECT_FALSE(driver_.IsLaunched({{query, 1, 0}, 2}));
  driver_.Finish({{query, 0, 3}, 2});
  driver_.Pass(Duration{1'000}, {"a", "b", "c"});
  ASSERT_TRUE(driver_.IsLaunched({{query, 1, 0}, 2}));
  EXPECT_NE(driver_.WorkerOf({{query, 1, 0}, 2}), driver_.WorkerOf(reader));
  // A second reader that failed on the same loss costs no further run.
  driver_.FailFetch({{query, 1, 1}, 1}, peer, 0, {{3, 1}});
  driver_.Pass(Duration{1'000}, {"a", "b", "c"});
  EXPECT_FALSE(driver_.IsLaunched({{query, 0, 3}, 3}));
  EXPECT_TRUE(driver_.IsLaunched({{query, 1, 1}, 2}));
}

TEST_F(LostOutputs, ASecondIdenticalLossEndsWithANamedDiagnosis) {
  const QueryId query = driver_.Submit(ShuffleGraph(2, 2), AsPlanned());
  FinishStage(query, 0, 2);
  driver_.FailFetch({{query, 1, 0}, 1}, driver_.launched.at({{query, 0, 1}, 1}).worker, 0,
                    {{1, 1}});
  driver_.Pass(Duration{1'000}, {"a", "b", "c"});
  driver_.Finish({{query, 0, 1}, 2});
  driver_.Pass(Duration{1'000}, {"a", "b", "c"});
  ASSERT_TRUE(driver_.IsLaunched({{query, 1, 0}, 2}));
  const WorkerIncarnation second = driver_.launched.at({{query, 0, 1}, 2}).worker;
  driver_.FailFetch({{query, 1, 0}, 2}, second, 0, {{1, 2}});
  ASSERT_EQ(driver_.Get<FailQuery>().size(), 1u);
  const Status status = driver_.Get<FailQuery>()[0].status;
  EXPECT_EQ(status.code(), StatusCode::kFetchFailed);
  for (const std::string& part : {ToString(TaskId{query, 0, 1}), ToString(second),
                                  std::string("connection refused"), std::string("twice")}) {
    EXPECT_NE(status.message().find(part), std::string::npos) << status.message();
  }
}

TEST_F(LostOutputs, ALossThatAWorkersDeathExplainsIsNoDiagnosis) {
  const QueryId query = driver_.Submit(ShuffleGraph(2, 2), AsPlanned());
  FinishStage(query, 0, 2);
  const WorkerIncarnation first = driver_.launched.at({{query, 0, 1}, 1}).worker;
  driver_.FailFetch({{query, 1, 0}, 1}, first, 0, {{1, 1}});
  driver_.Tell(WorkerLost{first, "killed"});
  std::vector<std::string> others;
  for (const char* name : {"a", "b", "c"}) {
    if (name != first.name) others.emplace_back(name);
  }
  uint32_t attempt = 0;
  for (int round = 0; round < 4 && attempt == 0; ++round) {
    driver_.Pass(Duration{1'000}, others);
    for (uint32_t map = 0; map < 2; ++map) {
      const AttemptId again{{query, 0, map}, 2};
      if (driver_.IsLaunched(again) &&
          driver_.running[driver_.launched[again].worker].contains(again))
        driver_.Finish(again);
    }
    if (driver_.IsLaunched({{query, 1, 0}, 2})) attempt = 2;
  }
  ASSERT_EQ(attempt, 2u);
  const WorkerIncarnation second = driver_.launched.at({{query, 0, 1}, 2}).worker;
  driver_.FailFetch({{query, 1, 0}, 2}, second, 0, {{1, 2}});
  EXPECT_TRUE(driver_.Get<FailQuery>().empty());
}

TEST_F(LostOutputs, FailedFetchesOfAStageAreCapped) {
  CoordinatorOptions options;
  options.max_stage_reruns = 2;
  CoordinatorDriver capped(options);
  for (const char* name : {"a", "b", "c"}) capped.Join(name, 8);
  const QueryId query = capped.Submit(ShuffleGraph(3, 3), AsPlanned());
  for (uint32_t map = 0; map < 3; ++map) capped.Finish({{query, 0, map}, 1});
  for (uint32_t map = 0; map < 3; ++map) {
    EXPECT_TRUE(capped.Get<FailQuery>().empty());
    capped.FailFetch({{query, 1, map}, 1}, capped.launched.at({{query, 0, map}, 1}).worker, 0,
                     {{map, 1}});
  }
  ASSERT_EQ(capped.Get<FailQuery>().size(), 1u);
  EXPECT_EQ(capped.Get<FailQuery>()[0].status.code(), StatusCode::kFetchFailed);
}

TEST_F(LostOutputs, AnIndeterminateStageRunsAgainWholeWithItsReaders) {
  StageGraph graph = ShuffleGraph(3, 3);
  graph.stages[0].indeterminate = true;
  graph.stages[1].output_partitions = 1;
  Stage& last = graph.stages.emplace_back();
  last.id = 2;
  last.inputs = {{1, ExchangeKind::kGather}};
  const QueryId query = driver_.Submit(graph, AsPlanned());
  FinishStage(query, 0, 3);
  driver_.Finish({{query, 1, 0}, 1});
  const std::string other = driver_.WorkerOf({{query, 0, 1}, 1});
  driver_.FailFetch({{query, 1, 1}, 1}, {other, 1}, 0, {{1, 1}});
  driver_.Pass(Duration{1'000}, {"a", "b", "c"});
  EXPECT_EQ(Relaunched(query, 0), (std::set<uint32_t>{0, 1, 2}));
  for (uint32_t map = 0; map < 3; ++map) driver_.Finish({{query, 0, map}, 2});
  driver_.Pass(Duration{1'000}, {"a", "b", "c"});
  EXPECT_EQ(Relaunched(query, 1), (std::set<uint32_t>{0, 1, 2})) << "the finished one as well";
}

TEST_F(LostOutputs, AStageThatRanAgainIsMeasuredAgain) {
  StageGraph graph = ShuffleGraph(3, 6);
  graph.stages[0].indeterminate = true;
  const QueryId query = driver_.Submit(graph);
  const PartitionSize large{1'000, 40ULL << 20};
  for (uint32_t map = 0; map < 3; ++map) driver_.Finish({{query, 0, map}, 1}, large);
  EXPECT_EQ(driver_.coordinator.FindQuery(query)->stages[1].tasks, 6u) << "120 MiB each";
  const WorkerIncarnation peer = driver_.launched.at({{query, 0, 1}, 1}).worker;
  driver_.FailFetch({{query, 1, 1}, 1}, peer, 0, {{1, 1}});
  driver_.Pass(Duration{1'000}, {"a", "b", "c"});
  for (uint32_t map = 0; map < 3; ++map) driver_.Finish({{query, 0, map}, 2}, large);
  EXPECT_EQ(driver_.coordinator.FindQuery(query)->stages[1].tasks, 6u);
}

TEST_F(LostOutputs, AnIndeterminateStageCannotRunAgainOnceResultsAreHandedOut) {
  StageGraph graph = ShuffleGraph(3, 3);
  graph.stages[0].indeterminate = true;
  const QueryId query = driver_.Submit(graph, AsPlanned());
  FinishStage(query, 0, 3);
  driver_.Finish({{query, 1, 0}, 1});
  ASSERT_EQ(driver_.Get<DeliverResult>().size(), 1u);
  const WorkerIncarnation peer = driver_.launched.at({{query, 0, 1}, 1}).worker;
  driver_.FailFetch({{query, 1, 1}, 1}, peer, 0, {{1, 1}});
  ASSERT_EQ(driver_.Get<FailQuery>().size(), 1u);
  EXPECT_EQ(driver_.Get<FailQuery>()[0].status.code(), StatusCode::kUnavailable);
}

TEST_F(LostOutputs, ATaskThatIsNeededForeverEndsAtTheCeilingOfLaunches) {
  CoordinatorOptions options;
  options.max_task_launches = 3;
  CoordinatorDriver capped(options);
  capped.Join("a");
  uint64_t life = 1;
  const QueryId query = capped.Submit(ShuffleGraph(1, 1), AsPlanned());
  for (int round = 0; round < 5 && capped.Get<FailQuery>().empty(); ++round) {
    const uint32_t attempt = static_cast<uint32_t>(round) + 1;
    ASSERT_TRUE(capped.IsLaunched({{query, 0, 0}, attempt}));
    TaskFinished finished = capped.Finished({{query, 0, 0}, attempt});
    capped.Tell(finished);
    const std::set<AttemptId> readers = capped.running[{"a", life}];
    capped.running.clear();
    capped.Tell(TaskFailed{*readers.rbegin(), {"a", life}, Status(StatusCode::kIO, "x")});
    capped.Join("a", 1, ++life);
  }
  ASSERT_EQ(capped.Get<FailQuery>().size(), 1u);
  EXPECT_NE(capped.Get<FailQuery>()[0].status.message().find("started 3 times"), std::string::npos);
}

}  // namespace
}  // namespace trivet
