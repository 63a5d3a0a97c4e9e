#include "coordinator/workers.h"

#include <gtest/gtest.h>

#include "coordinator/testing/driver.h"

namespace trivet {
namespace {

TEST(Workers, RequeuesTasksFromAStaleWorkerWithTheNextAttempt) {
  CoordinatorDriver driver;
  driver.Join("a");
  driver.Join("b");
  const QueryId query = driver.Submit(ScanGraph(2));
  const AttemptId on_a{{query, 0, 0}, 1};
  const AttemptId on_b{{query, 0, 1}, 1};
  const std::string silent = driver.WorkerOf(on_a);
  const std::string heard = driver.WorkerOf(on_b);
  ASSERT_NE(silent, heard);

  driver.Pass(Duration{9'000}, {heard});
  EXPECT_TRUE(driver.Get<FenceWorker>().empty());
  driver.Pass(Duration{1'000}, {heard});
  ASSERT_EQ(driver.Get<FenceWorker>().size(), 1u);
  EXPECT_EQ(driver.Get<FenceWorker>()[0].worker.name, silent);
  EXPECT_FALSE(driver.IsLaunched({{query, 0, 0}, 2})) << "the survivor has one slot";

  driver.Finish(on_b);
  driver.Pass(Duration{1'000}, {heard});
  EXPECT_EQ(driver.WorkerOf({{query, 0, 0}, 2}), heard);

  // The zombie speaks up: it is fenced, and its output does not count.
  const std::string before = driver.coordinator.EncodeState();
  driver.Tell(driver.Finished(on_a));
  ASSERT_EQ(driver.Get<FenceWorker>().size(), 1u);
  EXPECT_EQ(driver.coordinator.EncodeState(), before);
}

TEST(Workers, AreSuspectAfterThreeMissesAndGetNoTasks) {
  CoordinatorDriver driver;
  driver.Join("a");
  driver.Pass(Duration{3'000});
  EXPECT_EQ(driver.coordinator.Workers()[0].condition, WorkerCondition::kSuspect);
  const QueryId query = driver.Submit(ScanGraph(1));
  EXPECT_FALSE(driver.IsLaunched({{query, 0, 0}, 1}));
  driver.Beat("a");
  EXPECT_TRUE(driver.IsLaunched({{query, 0, 0}, 1}));
  EXPECT_EQ(driver.coordinator.Workers()[0].condition, WorkerCondition::kLive);
}

TEST(Workers, IgnoresStaleRepliesByteForByte) {
  CoordinatorDriver driver;
  driver.Join("a", 4);
  driver.Join("b", 4);
  driver.Tell(WorkerLost{{"b", 1}, "exited"});
  driver.Join("b", 4, 2);
  const QueryId query = driver.Submit(ShuffleGraph(2, 2), AsPlanned());
  const AttemptId first{{query, 0, 0}, 1};
  driver.Fail(first);
  driver.Pass(Duration{1'000}, {"a"});
  driver.Beat("b", 2);
  const AttemptId second{{query, 0, 0}, 2};
  ASSERT_TRUE(driver.IsLaunched(second));
  driver.Finish(second);
  driver.Finish({{query, 0, 1}, 1});
  const AttemptId result{{query, 1, 0}, 1};
  ASSERT_TRUE(driver.IsLaunched(result));
  driver.Finish(result);
  driver.Consume(query, 0);

  const WorkerIncarnation a{"a", 1};
  const WorkerIncarnation dead{"b", 1};
  const Status broken(StatusCode::kUnavailable, "x");
  const std::vector<Event> stale = {
      driver.Finished(first),                                      // an earlier attempt
      driver.Finished(second),                                     // said twice
      TaskFailed{second, driver.launched[second].worker, broken},  // after its end
      TaskFailed{{{query, 1, 1}, 9}, a, broken},                   // an attempt of the future
      TaskFailed{{{query, 7, 1}, 1}, a, broken},                   // a stage that is not there
      TaskFailed{{{query, 1, 77}, 1}, a, broken},
      TaskFailed{{{99, 0, 0}, 1}, a, broken},
      TaskFailed{{{query, 1, 1}, 1}, dead, broken},  // an earlier life
      FetchFailed{first, a, dead, 0, {{0, 1}}, broken},
      WorkerHeartbeat{dead, 100, {}, {}},
      WorkerHeartbeat{a, 1, {}, {}},  // overtaken
      WorkerHeartbeat{{"nobody", 1}, 1, {}, {}},
      WorkerLost{dead, "again"},
      driver.Worker("b", 4, 1),
      driver.Worker("a", 4, 1),
      QuerySubmitted{query, ScanGraph(1), {}},
      QueryCancelled{99, ""},
      ResultConsumed{query, 0, 1},
      ResultConsumed{query, 1, 1},  // never delivered
      ResultFetchFailed{query, 0, 1, a, 0, broken},
      ResultClosed{99},
  };
  const std::string before = driver.coordinator.EncodeState();
  for (size_t i = 0; i < stale.size(); ++i) {
    driver.now += Duration{7};
    driver.Tell(stale[i]);
    EXPECT_EQ(driver.coordinator.EncodeState(), before) << "event " << i;
    EXPECT_TRUE(driver.Get<LaunchAttempt>().empty() && driver.Get<FailQuery>().empty());
  }
}

TEST(Workers, TellsWhoeverHoldsAStaleOutputToDeleteItButNotTheOneThatCounts) {
  CoordinatorDriver driver;
  driver.Join("a");
  driver.Join("b");
  const QueryId query = driver.Submit(ShuffleGraph(1, 1), AsPlanned());
  const AttemptId first{{query, 0, 0}, 1};
  driver.Fail(first);
  driver.Pass(Duration{1'000}, {"a", "b"});
  driver.Tell(driver.Finished(first));
  ASSERT_EQ(driver.Get<CancelAttempt>().size(), 1u);
  EXPECT_EQ(driver.Get<CancelAttempt>()[0].attempt, first);
  const AttemptId second{{query, 0, 0}, 2};
  driver.Finish(second);
  driver.Tell(driver.Finished(second));
  EXPECT_TRUE(driver.actions.empty());
  // A heartbeat that was sent before the report and came after it.
  WorkerHeartbeat late{driver.launched[second].worker, ++driver.beats, {{second, 1, 1}}, {}};
  driver.Tell(late);
  EXPECT_TRUE(driver.actions.empty());
}

TEST(Workers, ANewIncarnationReplacesTheOldAndALostOneCannotComeBack) {
  CoordinatorDriver driver;
  driver.Join("a");
  const QueryId query = driver.Submit(ScanGraph(1));
  driver.Join("a", 1, 2);
  ASSERT_EQ(driver.Get<FenceWorker>().size(), 1u);
  EXPECT_EQ(driver.Get<FenceWorker>()[0].worker, (WorkerIncarnation{"a", 1}));
  driver.now += Duration{500};
  driver.Beat("a", 2);
  EXPECT_EQ(driver.launched.at({{query, 0, 0}, 2}).worker, (WorkerIncarnation{"a", 2}));
  driver.Tell(WorkerLost{{"a", 2}, "killed"});
  driver.Join("a", 1, 2);
  EXPECT_EQ(driver.Get<FenceWorker>().size(), 1u);
  EXPECT_EQ(driver.coordinator.Workers()[0].condition, WorkerCondition::kLost);
}

TEST(Workers, OfAnotherBuildOrProtocolAreRefusedByName) {
  CoordinatorOptions options;
  options.build_id = "1.2.3";
  CoordinatorDriver driver(options);
  WorkerJoined other = driver.Worker("a");
  other.capabilities.build_id = "1.2.4";
  driver.Tell(other);
  ASSERT_EQ(driver.Get<FenceWorker>().size(), 1u);
  EXPECT_EQ(driver.Get<FenceWorker>()[0].reason.code(), StatusCode::kProtocolMismatch);
  EXPECT_NE(driver.Get<FenceWorker>()[0].reason.message().find("1.2.4"), std::string::npos);
  other.capabilities.build_id = "1.2.3";
  other.capabilities.protocol_version = 2;
  driver.Tell(other);
  EXPECT_EQ(driver.Get<FenceWorker>()[0].reason.code(), StatusCode::kProtocolMismatch);
  EXPECT_TRUE(driver.coordinator.Workers().empty());
}

TEST(Workers, AnAttemptThatItsWorkerDoesNotKnowGoesBackAfterTheLaunchTimeout) {
  CoordinatorDriver driver;
  driver.Join("a");
  const QueryId query = driver.Submit(ScanGraph(1));
  driver.running.clear();  // the launch got lost
  driver.Pass(Duration{4'000}, {"a"});
  EXPECT_TRUE(driver.Get<CancelAttempt>().empty());
  driver.Pass(Duration{1'000}, {"a"});
  EXPECT_EQ(driver.Get<CancelAttempt>().size(), 1u);
  driver.Pass(Duration{1'000}, {"a"});
  EXPECT_TRUE(driver.IsLaunched({{query, 0, 0}, 2}));
}

TEST(Workers, OneThatIsHeardButHearsNothingLosesItsTasksToOthersAndIsBlacklisted) {
  CoordinatorDriver driver;
  driver.Join("deaf");
  driver.Join("well");
  const QueryId query = driver.Submit(ScanGraph(12));
  const WorkerIncarnation deaf{"deaf", 1};
  bool blacklisted = false;
  for (int round = 0; round < 40 && !driver.coordinator.idle(); ++round) {
    driver.running[deaf].clear();  // no launch gets there
    driver.Pass(Duration{2'000}, {"deaf", "well"});
    const auto running = driver.running[{"well", 1}];
    for (const AttemptId& attempt : running) driver.Finish(attempt);
    for (const WorkerSnapshot& worker : driver.coordinator.Workers()) {
      if (worker.condition != WorkerCondition::kBlacklisted) continue;
      EXPECT_EQ(worker.worker, deaf);
      blacklisted = true;
    }
  }
  for (uint32_t task = 0; task < 12; ++task) {
    for (uint32_t attempt = 2; driver.IsLaunched({{query, 0, task}, attempt}); ++attempt) {
      EXPECT_EQ(driver.WorkerOf({{query, 0, task}, attempt}), "well");
    }
    for (uint32_t attempt = 1; attempt < 4; ++attempt) driver.Consume(query, task, attempt);
  }
  EXPECT_TRUE(blacklisted);
  EXPECT_TRUE(driver.coordinator.FindQuery(query)->status.ok());
  EXPECT_EQ(driver.coordinator.FindQuery(query)->condition, QueryCondition::kFinished);
}

TEST(Workers, WhatTheyShouldNotRunOrHoldIsCancelledAndDeletedAtEveryHeartbeat) {
  CoordinatorDriver driver;
  driver.Join("a");
  WorkerHeartbeat beat{{"a", 1}, ++driver.beats, {{{{77, 0, 0}, 1}, 0, 0}}, {77, 78}};
  driver.Tell(beat);
  EXPECT_EQ(driver.Get<CancelAttempt>().size(), 1u);
  EXPECT_EQ(driver.Get<DeleteShuffleData>().size(), 2u);
}

TEST(Workers, OneThatDoesNotStopACancelledTaskIsFencedAfterTheGrace) {
  CoordinatorDriver driver;
  driver.Join("a");
  const QueryId query = driver.Submit(ScanGraph(1));
  const AttemptId attempt{{query, 0, 0}, 1};
  driver.Tell(QueryCancelled{query, "enough"});
  ASSERT_EQ(driver.Get<CancelAttempt>().size(), 1u);
  for (int second = 0; second < 10; ++second) {
    driver.now += Duration{1'000};
    driver.Tell(WorkerHeartbeat{{"a", 1}, ++driver.beats, {{attempt, 1, 1}}, {}});
    EXPECT_EQ(driver.Get<FenceWorker>().size(), second == 9 ? 1u : 0u) << second;
  }
}

TEST(Workers, NeitherAJumpingClockNorAStoppedCoordinatorKillsThem) {
  CoordinatorDriver driver;
  driver.Join("a");
  driver.now += Duration{3'600'000};
  driver.Tell(Tick{});
  EXPECT_TRUE(driver.Get<FenceWorker>().empty());
  driver.now -= Duration{7'200'000};
  driver.Tell(Tick{});
  const QueryId query = driver.Submit(ScanGraph(1));
  driver.Fail({{query, 0, 0}, 1});
  driver.Pass(Duration{1'000}, {"a"});
  EXPECT_TRUE(driver.IsLaunched({{query, 0, 0}, 2})) << "backoff goes by what has passed";
  driver.Pass(Duration{10'000});
  EXPECT_EQ(driver.Get<FenceWorker>().size(), 1u);
}

}  // namespace
}  // namespace trivet
