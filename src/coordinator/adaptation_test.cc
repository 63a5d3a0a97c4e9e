#include "coordinator/adaptation.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "coordinator/testing/driver.h"

namespace trivet {
namespace {

constexpr uint64_t kMiB = 1ULL << 20;

ProducerStatistics Statistics(std::vector<uint64_t> partitions, uint32_t maps) {
  ProducerStatistics statistics;
  statistics.partition_bytes = std::move(partitions);
  uint64_t total = 0;
  for (const uint64_t bytes : statistics.partition_bytes) total += bytes;
  statistics.map_bytes.assign(maps, total / maps);
  statistics.maps = maps;
  return statistics;
}

Stage Reader(uint32_t tasks, std::vector<StageInput> inputs) {
  Stage stage;
  stage.id = 9;
  stage.task_count = tasks;
  stage.inputs = std::move(inputs);
  return stage;
}

// Every (partition, map) of the input is read exactly once, in order of partitions.
void ExpectCovered(const StageLayout& layout, size_t input, uint32_t partitions, uint32_t maps) {
  std::vector<int> reads(size_t{partitions} * maps, 0);
  uint32_t last = 0;
  for (const auto& task : layout) {
    const InputSlice& slice = task[input];
    EXPECT_GE(slice.partition_begin, last);
    last = slice.partition_begin;
    for (uint32_t p = slice.partition_begin; p < slice.partition_end; ++p) {
      for (uint32_t m = slice.map_begin; m < slice.map_end; ++m) ++reads[size_t{p} * maps + m];
    }
  }
  EXPECT_TRUE(std::all_of(reads.begin(), reads.end(), [](int count) { return count == 1; }));
}

// What a stage of so many tasks reads where nothing is adapted, of producers of so many partitions
// and tasks.
StageLayout PlainLayout(std::vector<StageInput> inputs, uint32_t tasks,
                        const std::vector<std::pair<uint32_t, uint32_t>>& producers) {
  Stage stage;
  stage.inputs = std::move(inputs);
  stage.task_count = tasks;
  std::vector<ProducerStatistics> statistics;
  for (const auto& [partitions, maps] : producers) {
    statistics.push_back(
        {std::vector<uint64_t>(partitions, 1), std::vector<uint64_t>(maps, 1), maps});
  }
  return AdaptLayout(stage, statistics, 1, true, {.coalesce = false, .split = false});
}

TEST(Adaptation, EveryTaskOfAShuffleReadsItsPartitionOfEveryMap) {
  const StageLayout layout = PlainLayout({{0, ExchangeKind::kHash}}, 4, {{4, 3}});
  ASSERT_EQ(layout.size(), 4u);
  for (uint32_t task = 0; task < 4; ++task) {
    EXPECT_EQ(layout[task], (std::vector<InputSlice>{{task, task + 1, 0, 3}}));
  }
}

TEST(Adaptation, WhatIsBroadcastIsReadWholeAlsoWhereItIsCutForOthers) {
  const StageLayout layout =
      PlainLayout({{0, ExchangeKind::kHash}, {1, ExchangeKind::kBroadcast}}, 2, {{2, 3}, {4, 5}});
  ASSERT_EQ(layout.size(), 2u);
  for (uint32_t task = 0; task < 2; ++task) {
    EXPECT_EQ(layout[task][1], (InputSlice{0, 4, 0, 5}));
  }
}

TEST(Adaptation, ForwardedInputsAreReadOneAfterTheOther) {
  const StageLayout layout = PlainLayout(
      {{0, ExchangeKind::kForward, 0}, {1, ExchangeKind::kForward, 2}}, 5, {{1, 2}, {1, 3}});
  for (uint32_t task = 0; task < 5; ++task) {
    EXPECT_EQ(layout[task][0].empty(), task >= 2);
    EXPECT_EQ(layout[task][1].empty(), task < 2);
  }
  EXPECT_EQ(layout[1][0], (InputSlice{0, 1, 1, 2}));
  EXPECT_EQ(layout[4][1], (InputSlice{0, 1, 2, 3}));
}

TEST(Adaptation, CoalescesSmallPartitionsButNotBelowTheSlots) {
  const Stage stage = Reader(64, {{0, ExchangeKind::kHash}});
  const auto tiny = Statistics(std::vector<uint64_t>(64, 1000), 5);
  for (const uint32_t slots : {1U, 3U, 8U, 64U, 100U}) {
    const StageLayout layout = AdaptLayout(stage, {tiny}, slots, false, {});
    EXPECT_EQ(layout.size(), std::min(slots, 64U));
    ExpectCovered(layout, 0, 64, 5);
  }
}

TEST(Adaptation, CoalescesUpToTheTargetSize) {
  const Stage stage = Reader(64, {{0, ExchangeKind::kHash}});
  const auto middling = Statistics(std::vector<uint64_t>(64, 16 * kMiB), 5);
  const StageLayout layout = AdaptLayout(stage, {middling}, 2, false, {});
  EXPECT_EQ(layout.size(), 16u) << "four of 16 MiB make the target of 64 MiB";
  ExpectCovered(layout, 0, 64, 5);
}

TEST(Adaptation, LeavesLargePartitionsAndFixedStagesAlone) {
  const Stage stage = Reader(8, {{0, ExchangeKind::kHash}});
  const auto large = Statistics(std::vector<uint64_t>(8, 100 * kMiB), 5);
  EXPECT_EQ(AdaptLayout(stage, {large}, 2, false, {}).size(), 8u);
  const auto tiny = Statistics(std::vector<uint64_t>(8, 1), 5);
  EXPECT_EQ(AdaptLayout(stage, {tiny}, 2, true, {}).size(), 8u);
  AdaptationOptions off;
  off.coalesce = false;
  EXPECT_EQ(AdaptLayout(stage, {tiny}, 2, false, off).size(), 8u);
}

TEST(Adaptation, CoPartitionedInputsAreCoalescedAlike) {
  const Stage stage = Reader(
      6, {{0, ExchangeKind::kHash}, {1, ExchangeKind::kHash}, {2, ExchangeKind::kBroadcast}});
  const StageLayout layout =
      AdaptLayout(stage,
                  {Statistics({1, 1, 70 * kMiB, 1, 1, 1}, 3),
                   Statistics({1, 1, 1, 1, 1, 70 * kMiB}, 2), Statistics({5}, 4)},
                  2, false, {});
  ASSERT_EQ(layout.size(), 4u);
  for (const auto& task : layout) {
    EXPECT_EQ(task[0].partition_begin, task[1].partition_begin);
    EXPECT_EQ(task[0].partition_end, task[1].partition_end);
    EXPECT_EQ(task[2], (InputSlice{0, 1, 0, 4})) << "read whole by each";
  }
  ExpectCovered(layout, 0, 6, 3);
  ExpectCovered(layout, 1, 6, 2);
}

TEST(Adaptation, SplitsASkewedPartitionWhereThePlanAllowsIt) {
  std::vector<uint64_t> sizes(8, 100 * kMiB);
  sizes[3] = 1000 * kMiB;
  StageInput probe{0, ExchangeKind::kHash};
  probe.splittable = true;
  const Stage stage = Reader(8, {probe, {1, ExchangeKind::kHash}});
  const auto build = Statistics(std::vector<uint64_t>(8, kMiB), 2);
  const StageLayout layout = AdaptLayout(stage, {Statistics(sizes, 20), build}, 4, false, {});
  EXPECT_EQ(layout.size(), 17u) << "1000 MiB in pieces of the median, 100 MiB";
  ExpectCovered(layout, 0, 8, 20);
  for (const auto& task : layout) EXPECT_EQ(task[1].map_end - task[1].map_begin, 2u);

  const Stage whole = Reader(8, {{0, ExchangeKind::kHash}, {1, ExchangeKind::kHash}});
  EXPECT_EQ(AdaptLayout(whole, {Statistics(sizes, 20), build}, 4, false, {}).size(), 8u);
}

TEST(Adaptation, SplitsOnlyAboveBothLimits) {
  StageInput probe{0, ExchangeKind::kHash};
  probe.splittable = true;
  const Stage stage = Reader(4, {probe});
  // 100 times the median, but small; large, but not four times the median.
  EXPECT_EQ(
      AdaptLayout(stage, {Statistics({kMiB, kMiB, 120 * kMiB, kMiB}, 9)}, 4, false, {}).size(), 4u);
  const uint64_t large = 200 * kMiB;
  EXPECT_EQ(
      AdaptLayout(stage, {Statistics({large, large, 3 * large, large}, 9)}, 4, false, {}).size(),
      4u);
}

TEST(Adaptation, RangeBoundsCutSampledRowsEvenly) {
  std::vector<KeySample> samples(2);
  for (int i = 0; i < 100; ++i) {
    samples[i % 2].keys.push_back(std::string(1, static_cast<char>(i)));
  }
  samples[0].rows = samples[1].rows = 1'000;
  const std::vector<std::string> bounds = RangeBounds(samples, 4);
  EXPECT_EQ(bounds,
            (std::vector<std::string>{std::string(1, 25), std::string(1, 50), std::string(1, 75)}));
  std::reverse(samples.begin(), samples.end());
  EXPECT_EQ(RangeBounds(samples, 4), bounds);
}

TEST(Adaptation, RangeBoundsUnderSkewAndDuplicatesAscendAndDoNotRepeat) {
  KeySample heavy;
  heavy.keys.assign(900, "m");
  for (char key = 'a'; key <= 'z'; ++key) heavy.keys.emplace_back(1, key);
  heavy.rows = 926;
  const std::vector<std::string> bounds = RangeBounds({heavy}, 8);
  EXPECT_LE(bounds.size(), 7u);
  EXPECT_GE(bounds.size(), 2u);
  EXPECT_TRUE(std::is_sorted(bounds.begin(), bounds.end()));
  EXPECT_EQ(std::adjacent_find(bounds.begin(), bounds.end()), bounds.end());
  EXPECT_NE(std::find(bounds.begin(), bounds.end(), "n"), bounds.end())
      << "what follows the heavy key goes elsewhere";
  EXPECT_TRUE(RangeBounds({}, 8).empty());
  EXPECT_TRUE(RangeBounds({{{"x", "x", "x"}, 3}}, 8).empty()) << "one key cannot be cut";
  EXPECT_TRUE(RangeBounds({{{"x", "y"}, 2}}, 1).empty());
}

TEST(Adaptation, RangeBoundsWeighTasksByTheirRows) {
  KeySample large{{"a", "b"}, 1'000'000};
  KeySample small{{"c", "d", "e", "f", "g", "h"}, 6};
  EXPECT_EQ(RangeBounds({large, small}, 2), (std::vector<std::string>{"b"}));
}

// Two scans, joined by hash; the second is the build side.
StageGraph JoinGraph(bool may_broadcast) {
  StageGraph graph;
  for (StageId id = 0; id < 2; ++id) {
    Stage& scan = graph.stages.emplace_back();
    scan.id = id;
    scan.task_count = id == 0 ? 1 : 3;
    scan.output_partitions = 4;
  }
  graph.stages[1].start_after = {0};
  Stage& join = graph.stages.emplace_back();
  join.id = 2;
  join.task_count = 4;
  join.inputs = {{0, ExchangeKind::kHash}, {1, ExchangeKind::kHash}};
  join.inputs[0].may_broadcast = may_broadcast;
  return graph;
}

TEST(Adaptation, ASmallBuildSideIsBroadcastAndTheProbeSideStaysPut) {
  CoordinatorDriver driver;
  driver.Join("a", 8);
  const QueryId query = driver.Submit(JoinGraph(true));
  EXPECT_EQ(driver.launched.size(), 1u) << "the probe side waits to be told how to write";
  driver.Finish({{query, 0, 0}, 1}, {10, 1'000});
  for (uint32_t task = 0; task < 3; ++task) {
    const AttemptId probe{{query, 1, task}, 1};
    ASSERT_TRUE(driver.IsLaunched(probe));
    EXPECT_EQ(driver.launched[probe].output_partitions, 1u);
    driver.Finish(probe, {10, 1'000});
  }
  EXPECT_EQ(driver.Get<LaunchAttempt>().size(), 3u);
  for (const LaunchAttempt& join : driver.Get<LaunchAttempt>()) {
    EXPECT_EQ(join.inputs[0].partition_end, 4u);
    ASSERT_EQ(join.inputs[1].sources.size(), 1u);
    EXPECT_EQ(join.inputs[1].sources[0].map, join.attempt.task.partition);
  }
  EXPECT_EQ(driver.coordinator.FindQuery(query)->stages[2].adapted.size(), 1u);
}

TEST(Adaptation, ALargeOrUnwillingBuildSideIsShuffledAsPlanned) {
  for (const bool may_broadcast : {true, false}) {
    CoordinatorDriver driver;
    driver.Join("a", 8);
    const QueryId query = driver.Submit(JoinGraph(may_broadcast));
    driver.Finish({{query, 0, 0}, 1}, {10, may_broadcast ? 9 * kMiB : 1});
    EXPECT_EQ(driver.launched.at({{query, 1, 0}, 1}).output_partitions, 4u);
  }
}

TEST(Adaptation, ABuildSideIsNotReadByMoreTasksThanItsShuffleCosts) {
  // Three tasks would read 1.5 MiB in all, where to cut both sides moves 0.5 MiB and the probe
  // side's estimate, twice each.
  for (const auto& [estimate, partitions] :
       {std::pair<uint64_t, uint32_t>{kMiB / 2, 1U}, {kMiB / 8, 4U}, {0, 1U}}) {
    StageGraph graph = JoinGraph(true);
    graph.stages[1].estimated_bytes = estimate;
    CoordinatorDriver driver;
    driver.Join("a", 8);
    const QueryId query = driver.Submit(graph);
    driver.Finish({{query, 0, 0}, 1}, {10, kMiB / 8});
    EXPECT_EQ(driver.launched.at({{query, 1, 0}, 1}).output_partitions, partitions) << estimate;
  }
}

TEST(Adaptation, ARangeExchangeGetsTheBoundsOfItsSampledStage) {
  StageGraph graph = ScanGraph(2);
  graph.stages[0].samples_keys = true;
  Stage& cut = graph.stages.emplace_back();
  cut.id = 1;
  cut.task_count = 2;
  cut.inputs = {{0, ExchangeKind::kForward}};
  cut.output_partitions = 3;
  cut.bounds_from = 0;
  Stage& sort = graph.stages.emplace_back();
  sort.id = 2;
  sort.task_count = 3;
  sort.inputs = {{1, ExchangeKind::kRange}};
  CoordinatorDriver driver;
  driver.Join("a", 8);
  const QueryId query = driver.Submit(graph);
  for (uint32_t task = 0; task < 2; ++task) {
    TaskFinished finished = driver.Finished({{query, 0, task}, 1});
    EXPECT_TRUE(driver.launched[finished.attempt].samples_keys);
    finished.key_samples = task == 0 ? std::vector<std::string>{"a", "b", "c"}
                                     : std::vector<std::string>{"d", "e", "f"};
    driver.Tell(finished);
  }
  EXPECT_EQ(driver.launched.at({{query, 1, 0}, 1}).range_bounds,
            (std::vector<std::string>{"c", "e"}));
}

TEST(Adaptation, WhatIsForwardedKeepsItsNumberOfTasks) {
  StageGraph graph = ShuffleGraph(2, 6);
  Stage& last = graph.stages.emplace_back();
  last.id = 2;
  last.task_count = 6;
  last.inputs = {{1, ExchangeKind::kForward}};
  CoordinatorDriver driver;
  driver.Join("a", 2);
  const QueryId query = driver.Submit(graph);
  driver.Finish({{query, 0, 0}, 1}, {1, 1});
  driver.Finish({{query, 0, 1}, 1}, {1, 1});
  EXPECT_EQ(driver.coordinator.FindQuery(query)->stages[1].tasks, 6u);
}

}  // namespace
}  // namespace trivet
