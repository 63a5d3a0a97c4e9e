#include <gtest/gtest.h>

#include <algorithm>

#include "coordinator/attempts.h"
#include "coordinator/backoff.h"
#include "coordinator/testing/driver.h"

namespace trivet {
namespace {

TEST(Backoff, DoublesFromAQuarterSecondUpToTenSeconds) {
  const CoordinatorOptions options;
  const int64_t expected[] = {0, 250, 500, 1'000, 2'000, 4'000, 8'000, 10'000, 10'000};
  for (uint32_t failures = 0; failures < 9; ++failures) {
    EXPECT_EQ(BackoffLimit(options, failures).count(), expected[failures]) << failures;
  }
  EXPECT_EQ(BackoffLimit(options, 4'000'000'000U).count(), 10'000);
}

TEST(Backoff, IsDrawnUniformlyFromZeroToTheLimit) {
  const CoordinatorOptions options;
  uint64_t random = 7;
  std::vector<int> buckets(5, 0);
  constexpr int kDraws = 20'000;
  for (int i = 0; i < kDraws; ++i) {
    const int64_t drawn = DrawBackoff(options, 2, random).count();
    ASSERT_GE(drawn, 0);
    ASSERT_LE(drawn, 500);
    ++buckets[std::min<int64_t>(drawn / 100, 4)];
  }
  for (const int count : buckets) EXPECT_NEAR(count, kDraws / 5.0, kDraws / 40.0);
}

TEST(Retries, AttemptsAndBackoffDelaysAreExactlyAsDocumented) {
  CoordinatorOptions options;
  options.seed = 42;
  CoordinatorDriver driver(options);
  driver.Join("a");
  const QueryId query = driver.Submit(ScanGraph(1));
  uint64_t random = options.seed;
  for (uint32_t attempt = 1; attempt <= 3; ++attempt) {
    driver.Beat("a");
    driver.Fail({{query, 0, 0}, attempt});
    const Duration delay = DrawBackoff(options, attempt, random);
    EXPECT_LE(delay.count(), 250 << (attempt - 1));
    if (delay > Duration{0}) {
      EXPECT_EQ(driver.coordinator.NextWakeUp(), driver.now + std::min(delay, Duration{1'000}));
      driver.now += delay - Duration{1};
      driver.Beat("a");
      EXPECT_FALSE(driver.IsLaunched({{query, 0, 0}, attempt + 1}));
      driver.now += Duration{1};
      driver.Tell(Tick{});
    }
    EXPECT_TRUE(driver.IsLaunched({{query, 0, 0}, attempt + 1}));
  }
  driver.Fail({{query, 0, 0}, 4});
  ASSERT_EQ(driver.Get<FailQuery>().size(), 1u);
  const Status status = driver.Get<FailQuery>()[0].status;
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_NE(status.message().find("failed 4 times"), std::string::npos) << status.message();
}

TEST(Retries, DeterministicErrorsFailAtOnceAndReachTheUserAsTheyAre) {
  for (const StatusCode code : {StatusCode::kInvalidInput, StatusCode::kNotImplemented,
                                StatusCode::kInternal, StatusCode::kPermissionDenied}) {
    CoordinatorDriver driver;
    driver.Join("a");
    const QueryId query = driver.Submit(ScanGraph(2));
    driver.Fail({{query, 0, 0}, 1}, code);
    ASSERT_EQ(driver.Get<FailQuery>().size(), 1u);
    EXPECT_EQ(driver.Get<FailQuery>()[0].status.code(), code);
    EXPECT_EQ(driver.Get<FailQuery>()[0].status.message(), "it broke");
    EXPECT_TRUE(driver.coordinator.idle());
    driver.Pass(Duration{20'000}, {"a"});
    EXPECT_FALSE(driver.IsLaunched({{query, 0, 0}, 2}));
  }
}

TEST(Retries, APoisonTaskThatKillsItsWorkersEndsAtTheLimit) {
  CoordinatorDriver driver;
  uint64_t life = 0;
  driver.Join("a", 1, ++life);
  const QueryId query = driver.Submit(ScanGraph(1));
  for (uint32_t attempt = 1; attempt <= 4; ++attempt) {
    for (int second = 0; second < 12 && !driver.IsLaunched({{query, 0, 0}, attempt}); ++second) {
      driver.now += Duration{1'000};
      driver.Beat("a", life);
    }
    ASSERT_TRUE(driver.IsLaunched({{query, 0, 0}, attempt}));
    driver.Tell(WorkerLost{{"a", life}, "signal 11"});
    EXPECT_EQ(driver.Get<FailQuery>().size(), attempt == 4 ? 1u : 0u);
    if (attempt < 4) driver.Join("a", 1, ++life);
  }
}

TEST(Retries, AReportWithPartitionsMissingIsAnError) {
  CoordinatorDriver driver;
  driver.Join("a");
  const QueryId query = driver.Submit(ShuffleGraph(1, 3), AsPlanned());
  TaskFinished finished = driver.Finished({{query, 0, 0}, 1});
  finished.partitions.pop_back();
  driver.Tell(finished);
  ASSERT_EQ(driver.Get<FailQuery>().size(), 1u);
  EXPECT_EQ(driver.Get<FailQuery>()[0].status.code(), StatusCode::kInternal);
}

}  // namespace
}  // namespace trivet
