#include "coordinator/journal.h"

#include <gtest/gtest.h>

#include "coordinator/simulation/random.h"
#include "coordinator/testing/driver.h"

namespace trivet {
namespace {

// A course with a bit of everything: failures, a lost worker, a cancelled and a finished query.
CoordinatorDriver EventfulCourse() {
  CoordinatorDriver driver;
  driver.Join("a", 2);
  driver.Join("b", 2);
  StageGraph graph = ShuffleGraph(3, 2);
  graph.stages[0].fragment = std::string("plan") + '\0' + "bytes";
  graph.stages[0].requirements.operators = {};
  const QueryId query = driver.Submit(graph);
  driver.Fail({{query, 0, 0}, 1});
  driver.Pass(Duration{2'000}, {"a", "b"});
  driver.Finish({{query, 0, 0}, 2});
  const QueryId other = driver.Submit(ScanGraph(2));
  driver.Finish({{query, 0, 1}, 1});
  driver.Tell(WorkerLost{{"a", 1}, "killed"});
  driver.Join("a", 2, 2);
  driver.Tell(QueryCancelled{other, "no"});
  driver.Pass(Duration{3'000}, {"b"});
  driver.Beat("a", 2);
  for (int round = 0; round < 20 && !driver.coordinator.idle(); ++round) {
    for (const auto& [worker, attempts] : std::map(driver.running)) {
      for (const AttemptId& attempt : attempts) driver.Finish(attempt);
    }
    for (uint32_t partition = 0; partition < 2; ++partition) {
      for (uint32_t attempt = 1; attempt < 4; ++attempt) driver.Consume(query, partition, attempt);
    }
    driver.Beat("a", 2);
    driver.Pass(Duration{1'000}, {"b"});
  }
  EXPECT_TRUE(driver.coordinator.idle());
  return driver;
}

TEST(Journal, RestartFromTheJournalAtEveryPrefix) {
  const CoordinatorDriver driver = EventfulCourse();
  ASSERT_GT(driver.states.size(), 30u);
  const std::string fresh = Coordinator(CoordinatorOptions{}).EncodeState();
  size_t records = 0;
  for (size_t length = 0; length <= driver.journal.size(); ++length) {
    while (records + 1 < driver.record_ends.size() && driver.record_ends[records + 1] <= length) {
      ++records;
    }
    const auto replayed = ReplayJournal({}, std::string_view(driver.journal).substr(0, length));
    ASSERT_TRUE(replayed.ok()) << replayed.status().ToString() << " at " << length;
    ASSERT_EQ(replayed->records, records);
    ASSERT_EQ(replayed->valid_bytes,
              length < driver.record_ends[0] ? 0 : driver.record_ends[records]);
    ASSERT_EQ(replayed->coordinator.EncodeState(),
              records == 0 ? fresh : driver.states[records - 1]);
  }
}

TEST(Journal, GoesOnFromAState) {
  const CoordinatorDriver driver = EventfulCourse();
  for (size_t cut = 0; cut + 1 < driver.record_ends.size(); cut += 3) {
    auto first =
        ReplayJournal({}, std::string_view(driver.journal).substr(0, driver.record_ends[cut]));
    ASSERT_TRUE(first.ok());
    const std::string shorter = JournalHeader() + EncodeJournalState(first->coordinator) +
                                driver.journal.substr(driver.record_ends[cut]);
    const auto replayed = ReplayJournal({}, shorter);
    ASSERT_TRUE(replayed.ok()) << replayed.status().ToString();
    EXPECT_EQ(replayed->coordinator.EncodeState(), driver.states.back());
  }
}

TEST(Journal, DamageInTheMiddleIsCorruptionWithItsPlace) {
  const CoordinatorDriver driver = EventfulCourse();
  for (size_t at = driver.record_ends[3]; at < driver.record_ends[6]; ++at) {
    std::string damaged = driver.journal;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    const auto replayed = ReplayJournal({}, damaged);
    ASSERT_FALSE(replayed.ok()) << at;
    EXPECT_EQ(replayed.status().code(), StatusCode::kCorruption);
    EXPECT_NE(replayed.status().message().find("byte"), std::string::npos);
  }
}

TEST(Journal, WhatWasNotWrittenWholeIsCutOff) {
  const CoordinatorDriver driver = EventfulCourse();
  std::string zeros = driver.journal + std::string(100, '\0');
  auto replayed = ReplayJournal({}, zeros);
  ASSERT_TRUE(replayed.ok());
  EXPECT_EQ(replayed->valid_bytes, driver.journal.size());
  std::string half = driver.journal;
  half.back() = static_cast<char>(half.back() ^ 1);
  replayed = ReplayJournal({}, half);
  ASSERT_TRUE(replayed.ok());
  EXPECT_EQ(replayed->valid_bytes, driver.record_ends[driver.record_ends.size() - 2]);
}

TEST(Journal, OfAnotherVersionOrNoneIsATypedError) {
  std::string other = JournalHeader();
  other.back() = 9;
  EXPECT_EQ(ReplayJournal({}, other).status().code(), StatusCode::kProtocolMismatch);
  EXPECT_EQ(ReplayJournal({}, "PK\x03\x04 something else").status().code(),
            StatusCode::kCorruption);
}

TEST(Journal, ARestartedCoordinatorOffersResultsAgainAndGoesOn) {
  CoordinatorDriver driver;
  driver.Join("a", 2);
  const QueryId query = driver.Submit(ScanGraph(2));
  driver.Finish({{query, 0, 0}, 1});
  auto replayed = ReplayJournal({}, driver.journal);
  ASSERT_TRUE(replayed.ok());
  driver.coordinator = std::move(replayed->coordinator);
  driver.now += Duration{20'000};  // it was away for long
  driver.Tell(CoordinatorRestarted{});
  ASSERT_EQ(driver.Get<DeliverResult>().size(), 1u);
  EXPECT_TRUE(driver.Get<FenceWorker>().empty()) << "workers get time to be heard";
  driver.Beat("a");
  driver.Consume(query, 0);
  driver.Finish({{query, 0, 1}, 1});
  driver.Consume(query, 1);
  EXPECT_EQ(driver.Get<QueryFinished>().size(), 1u);
}

TEST(Journal, ARestartedCoordinatorCancelsWhatItDiedOverAndThenHasTheSlotAgain) {
  CoordinatorDriver driver;
  driver.Join("a");
  const QueryId ended = driver.Submit(ScanGraph(1));
  const AttemptId attempt{{ended, 0, 0}, 1};
  driver.Tell(QueryCancelled{ended, "enough"});
  driver.running[{"a", 1}].insert(attempt);  // killed before the order went out
  auto replayed = ReplayJournal({}, driver.journal);
  ASSERT_TRUE(replayed.ok());
  driver.coordinator = std::move(replayed->coordinator);
  driver.now += Duration{3'000};
  driver.Tell(CoordinatorRestarted{});
  const QueryId next = driver.Submit(ScanGraph(1));
  EXPECT_FALSE(driver.IsLaunched({{next, 0, 0}, 1})) << "the worker's one slot is taken";
  driver.Beat("a");
  ASSERT_EQ(driver.Get<CancelAttempt>().size(), 1u);
  EXPECT_EQ(driver.Get<CancelAttempt>()[0].attempt, attempt);
  EXPECT_FALSE(driver.IsLaunched({{next, 0, 0}, 1})) << "it is not known to have stopped";
  driver.Beat("a");
  EXPECT_TRUE(driver.IsLaunched({{next, 0, 0}, 1}));
}

TEST(EventEncoding, SurvivesEveryKindOfEvent) {
  const WorkerIncarnation worker{"w", 3};
  StageGraph graph = ShuffleGraph(2, 3);
  graph.stages[1].start_after = {0};
  graph.stages[0].samples_keys = true;
  graph.stages[1].bounds_from = 0;
  QuerySettings settings;
  settings.deadline = TimePoint{Duration{-5}};
  WorkerJoined joined{worker, "grpc://w", 4, {}};
  joined.capabilities.formats = {"parquet"};
  Status status = Status::InvalidInput("bad").WithPosition(3).WithFile("f.csv", 9).WithHint("try");
  TaskFinished finished{{{1, 2, 3}, 4}, worker, {{1, 2}, {3, 4}}, {"k", ""}};
  finished.metrics = "blob";
  const std::vector<Event> events = {
      joined,
      WorkerHeartbeat{worker, 7, {{{{1, 2, 3}, 4}, 5, 6}}, {8}},
      finished,
      TaskFailed{{{1, 2, 3}, 4}, worker, status},
      FetchFailed{{{1, 2, 3}, 4}, worker, {"p", 1}, 5, {{6, 7}}, status},
      WorkerLost{worker, "x"},
      QuerySubmitted{~0ULL, graph, settings},
      QueryCancelled{1, "y"},
      ResultConsumed{1, 2, 3},
      ResultFetchFailed{1, 2, 3, worker, 4, status},
      ResultClosed{1},
      CoordinatorRestarted{},
      Tick{}};
  ASSERT_EQ(events.size(), std::variant_size_v<Event>);
  for (const Event& event : events) {
    const std::string bytes = EncodeEvent(event);
    const auto decoded = DecodeEvent(bytes);
    ASSERT_TRUE(decoded.ok());
    EXPECT_EQ(decoded->index(), event.index());
    EXPECT_EQ(EncodeEvent(*decoded), bytes);
  }
  const auto decoded = DecodeEvent(EncodeEvent(events[3]));
  const Status& back = std::get<TaskFailed>(*decoded).status;
  EXPECT_EQ(back.ToString(), status.ToString());
  EXPECT_EQ(back.position(), status.position());
}

TEST(EventEncoding, BadBytesAreCorruptionAndNothingWorse) {
  SimulationRandom random(11);
  const CoordinatorDriver driver = EventfulCourse();
  const std::string good = EncodeEvent(QuerySubmitted{4, ShuffleGraph(7, 9), {}});
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string bad = good.substr(0, random.Between(0, good.size()));
    for (uint64_t flips = random.Between(1, 4); flips > 0 && !bad.empty(); --flips) {
      bad[random.Between(0, bad.size() - 1)] = static_cast<char>(random.Next());
    }
    const auto decoded = DecodeEvent(bad);
    if (decoded.ok()) {
      if (const auto* query = std::get_if<QuerySubmitted>(&*decoded)) {
        (void)query->graph.Validate().ok();
      }
      continue;
    }
    ++refused;
    EXPECT_EQ(decoded.status().code(), StatusCode::kCorruption);
  }
  EXPECT_GT(refused, 10'000);
  EXPECT_FALSE(Coordinator::Restore({}, driver.states.back().substr(3)).ok());
}

}  // namespace
}  // namespace trivet
