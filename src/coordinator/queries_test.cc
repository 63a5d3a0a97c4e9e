#include "coordinator/queries.h"

#include <gtest/gtest.h>

#include "coordinator/testing/driver.h"

namespace trivet {
namespace {

TEST(Queries, FailsWhenAllWorkersAreGoneAlthoughNoMessageArrives) {
  CoordinatorDriver driver;
  driver.Join("a");
  QuerySettings settings;
  settings.deadline = driver.now + Duration{15'000};
  const QueryId query = driver.Submit(ScanGraph(3), settings);
  // Nobody says anything any more; only the clock goes on, at the moments the coordinator asks for.
  int wake_ups = 0;
  while (!driver.coordinator.idle() && ++wake_ups < 100) {
    ASSERT_TRUE(driver.coordinator.NextWakeUp().has_value());
    driver.now = *driver.coordinator.NextWakeUp();
    driver.Tell(Tick{});
  }
  EXPECT_EQ(driver.now, *settings.deadline);
  ASSERT_EQ(driver.Get<FailQuery>().size(), 1u);
  EXPECT_EQ(driver.Get<FailQuery>()[0].query, query);
  EXPECT_EQ(driver.Get<FailQuery>()[0].status.code(), StatusCode::kTimeout);
}

TEST(Queries, WithoutADeadlineFailSomeTimeAfterTheLastWorkerIsGone) {
  CoordinatorDriver driver;
  driver.Join("a");
  driver.Submit(ScanGraph(3));
  const TimePoint start = driver.now;
  while (!driver.coordinator.idle()) {
    ASSERT_LT(driver.now - start, Duration{60'000});
    driver.now = *driver.coordinator.NextWakeUp();
    driver.Tell(Tick{});
  }
  EXPECT_EQ(driver.now - start, Duration{40'000}) << "10 s of silence, then 30 s without a worker";
  EXPECT_EQ(driver.Get<FailQuery>()[0].status.code(), StatusCode::kUnavailable);
}

TEST(Queries, AClusterWithoutWorkersIsAnErrorAndNoHang) {
  CoordinatorDriver driver;
  driver.Submit(ScanGraph(1));
  driver.Pass(Duration{29'000});
  EXPECT_FALSE(driver.coordinator.idle());
  driver.Pass(Duration{1'000});
  EXPECT_TRUE(driver.coordinator.idle());
  EXPECT_FALSE(driver.coordinator.NextWakeUp().has_value())
      << "nothing is due when nothing is there";
}

TEST(Queries, AFullAdmissionQueueIsATypedRetriableError) {
  CoordinatorOptions options;
  options.max_active_queries = 1;
  options.max_queued_queries = 2;
  CoordinatorDriver driver(options);
  driver.Join("a", 4);
  const QueryId first = driver.Submit(ScanGraph(1));
  const QueryId second = driver.Submit(ScanGraph(1));
  const QueryId third = driver.Submit(ScanGraph(1));
  const QueryId refused = driver.Submit(ScanGraph(1));
  ASSERT_EQ(driver.Get<FailQuery>().size(), 1u);
  EXPECT_EQ(driver.Get<FailQuery>()[0].query, refused);
  EXPECT_EQ(driver.Get<FailQuery>()[0].status.code(), StatusCode::kResourceExhausted);
  EXPECT_TRUE(IsRetriable(driver.Get<FailQuery>()[0].status.code()));
  EXPECT_EQ(driver.coordinator.FindQuery(second)->condition, QueryCondition::kQueued);

  driver.Tell(QueryCancelled{second, ""});
  ASSERT_EQ(driver.Get<FailQuery>().size(), 1u);
  EXPECT_EQ(driver.Get<FailQuery>()[0].status.code(), StatusCode::kCancelled);
  driver.Finish({{first, 0, 0}, 1});
  driver.Consume(first, 0);
  EXPECT_TRUE(driver.IsLaunched({{third, 0, 0}, 1}));
}

TEST(Queries, AWaitingQueryEndsAtItsDeadlineToo) {
  CoordinatorOptions options;
  options.max_active_queries = 1;
  CoordinatorDriver driver(options);
  driver.Join("a");
  driver.Submit(ScanGraph(1));
  QuerySettings settings;
  settings.deadline = driver.now + Duration{5'000};
  driver.Submit(ScanGraph(1), settings);
  driver.Pass(Duration{5'000}, {"a"});
  ASSERT_EQ(driver.Get<FailQuery>().size(), 1u);
  EXPECT_EQ(driver.Get<FailQuery>()[0].status.code(), StatusCode::kTimeout);
}

TEST(Queries, CancellingStopsTasksDeletesDataAndFreesSlotsOnceWorkersHaveStopped) {
  CoordinatorDriver driver;
  driver.Join("a", 2);
  driver.Join("b", 2);
  const QueryId query = driver.Submit(ShuffleGraph(4, 2));
  driver.Finish({{query, 0, 0}, 1});
  driver.Tell(QueryCancelled{query, "the user pressed Ctrl-C"});
  EXPECT_EQ(driver.Get<CancelAttempt>().size(), 3u);
  EXPECT_EQ(driver.Get<DeleteShuffleData>().size(), 2u);
  ASSERT_EQ(driver.Get<FailQuery>().size(), 1u);
  EXPECT_EQ(driver.Get<FailQuery>()[0].status.code(), StatusCode::kCancelled);
  EXPECT_EQ(driver.Get<FailQuery>()[0].status.message(), "the user pressed Ctrl-C");
  driver.Submit(ScanGraph(8));
  EXPECT_EQ(driver.Get<LaunchAttempt>().size(), 1u) << "three slots are still being vacated";
  driver.Beat("a");
  driver.Beat("b");
  size_t running = 0;
  for (const auto& [worker, attempts] : driver.running) running += attempts.size();
  EXPECT_EQ(running, 4u);
}

TEST(Queries, EveryResultTaskIsDeliveredOnceAndTheQueryEndsWhenAllAreConsumed) {
  CoordinatorDriver driver;
  driver.Join("a", 4);
  const QueryId query = driver.Submit(ScanGraph(3));
  for (const uint32_t task : {2U, 0U, 1U}) {
    driver.Finish({{query, 0, task}, 1}, {7, 70});
    ASSERT_EQ(driver.Get<DeliverResult>().size(), 1u);
    const DeliverResult deliver = driver.Get<DeliverResult>()[0];
    EXPECT_EQ(deliver.partition, task);
    EXPECT_EQ(deliver.partition_count, 3u);
    EXPECT_EQ(deliver.rows, 7u);
    EXPECT_EQ(deliver.location.address, "grpc://a");
    EXPECT_TRUE(deliver.resumable);
  }
  driver.Consume(query, 1);
  driver.Consume(query, 0);
  EXPECT_TRUE(driver.Get<QueryFinished>().empty());
  driver.Consume(query, 2);
  ASSERT_EQ(driver.Get<QueryFinished>().size(), 1u);
  EXPECT_EQ(driver.Get<DeleteShuffleData>().size(), 1u);
  EXPECT_EQ(driver.Get<QueryFinished>()[0].snapshot.stages[0].rows, 21u);
}

TEST(Queries, AResultThatIsLostBeforeItIsReadComesAgain) {
  CoordinatorDriver driver;
  driver.Join("a");
  driver.Join("b");
  const QueryId query = driver.Submit(ScanGraph(1));
  const AttemptId first{{query, 0, 0}, 1};
  driver.Finish(first);
  driver.Tell(WorkerLost{{driver.WorkerOf(first), 1}, "killed"});
  driver.Pass(Duration{1'000}, {"a", "b"});
  driver.Finish({{query, 0, 0}, 2});
  ASSERT_EQ(driver.Get<DeliverResult>().size(), 1u);
  EXPECT_EQ(driver.Get<DeliverResult>()[0].attempt, 2u);
  driver.Consume(query, 0, 2);
  EXPECT_EQ(driver.Get<QueryFinished>().size(), 1u);
}

TEST(Queries, AResultThatBrokeOffResumesOnlyWhereItsRowsRepeat) {
  for (const bool repeatable : {true, false}) {
    CoordinatorDriver driver;
    driver.Join("a");
    driver.Join("b");
    StageGraph graph = ScanGraph(1);
    graph.stages[0].repeatable_rows = repeatable;
    const QueryId query = driver.Submit(graph);
    const AttemptId first{{query, 0, 0}, 1};
    driver.Finish(first);
    driver.Tell(ResultFetchFailed{query, 0, 1, driver.launched[first].worker, 5,
                                  Status(StatusCode::kFetchFailed, "reset by peer")});
    EXPECT_EQ(driver.Get<FailQuery>().size(), repeatable ? 0u : 1u);
    driver.Pass(Duration{1'000}, {"a", "b"});
    EXPECT_EQ(driver.IsLaunched({{query, 0, 0}, 2}), repeatable);
  }
}

TEST(Queries, AClosedResultEndsTheQueryWell) {
  CoordinatorDriver driver;
  driver.Join("a");
  const QueryId query = driver.Submit(ScanGraph(5));
  driver.Tell(ResultClosed{query});
  EXPECT_EQ(driver.Get<CancelAttempt>().size(), 1u);
  ASSERT_EQ(driver.Get<QueryFinished>().size(), 1u);
  EXPECT_TRUE(driver.coordinator.FindQuery(query)->status.ok());
}

TEST(Queries, ARowLimitStopsTheTasksBehindIt) {
  StageGraph graph = ScanGraph(10);
  graph.stages[0].row_limit = 15;
  Stage& last = graph.stages.emplace_back();
  last.id = 1;
  last.inputs = {{0, ExchangeKind::kGather}};
  CoordinatorDriver driver;
  driver.Join("a", 4);
  const QueryId query = driver.Submit(graph);
  driver.Finish({{query, 0, 1}, 1}, {10, 100});
  driver.Finish({{query, 0, 2}, 1}, {10, 100});
  EXPECT_TRUE(driver.Get<CancelAttempt>().empty()) << "task 0 comes first";
  driver.Finish({{query, 0, 0}, 1}, {10, 100});
  EXPECT_EQ(driver.Get<CancelAttempt>().size(), 3u);
  driver.Beat("a");
  const AttemptId gather{{query, 1, 0}, 1};
  ASSERT_TRUE(driver.IsLaunched(gather));
  EXPECT_EQ(driver.launched[gather].inputs[0].sources.size(), 2u) << "tasks 0 and 1 have 20 rows";
}

TEST(Queries, AnInvalidGraphFailsTheQuery) {
  CoordinatorDriver driver;
  StageGraph graph = ShuffleGraph(2, 2);
  graph.stages[1].task_count = 3;
  driver.Submit(graph);
  ASSERT_EQ(driver.Get<FailQuery>().size(), 1u);
  EXPECT_EQ(driver.Get<FailQuery>()[0].status.code(), StatusCode::kInternal);
}

TEST(Queries, ShowTimeRowsSkewAndAttemptsOfEveryStage) {
  CoordinatorDriver driver;
  driver.Join("a", 3);
  driver.Join("b", 3);
  const QueryId query = driver.Submit(ShuffleGraph(3, 2), AsPlanned());
  driver.Fail({{query, 0, 0}, 1});
  driver.now += Duration{500};
  driver.Finish({{query, 0, 1}, 1}, {1, 10});
  driver.Finish({{query, 0, 2}, 1}, {1, 10});
  driver.Pass(Duration{500}, {"a", "b"});
  driver.now += Duration{200};
  driver.Finish({{query, 0, 0}, 2}, {5, 50});
  const QuerySnapshot snapshot = *driver.coordinator.FindQuery(query);
  const StageSnapshot& scan = snapshot.stages[0];
  EXPECT_EQ(scan.finished_tasks, 3u);
  EXPECT_EQ(scan.attempts, 4u);
  EXPECT_EQ(scan.retries, 1u);
  EXPECT_EQ(scan.rows, 14u);
  EXPECT_EQ(scan.bytes, 140u);
  EXPECT_EQ(scan.elapsed, Duration{1'200});
  EXPECT_DOUBLE_EQ(scan.skew_bytes, 5.0);
  EXPECT_EQ(snapshot.stages[1].running_tasks, 2u);
  EXPECT_EQ(driver.coordinator.Tasks(query).size(), 5u);
}

TEST(Queries, CostTheCoordinatorMemoryInProportionToMapsPlusPartitions) {
  const auto state_bytes = [](uint32_t maps, uint32_t partitions) {
    CoordinatorDriver driver;
    driver.Join("a", 32);
    const QueryId query = driver.Submit(ShuffleGraph(maps, partitions), AsPlanned());
    driver.states.clear();
    for (uint32_t map = 0; map < maps; ++map) driver.Finish({{query, 0, map}, 1}, {1000, 100000});
    return driver.coordinator.EncodeState().size();
  };
  const size_t small = state_bytes(64, 64);
  const size_t large = state_bytes(256, 256);
  EXPECT_LT(large, small * 5) << "four times the tasks, not sixteen times the state";
}

}  // namespace
}  // namespace trivet
