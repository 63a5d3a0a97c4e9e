#include "execution/morsel_tracker.h"

#include <gtest/gtest.h>

#include <random>

#include "execution/pipeline_builder.h"
#include "execution/testing/run_plan.h"

namespace trivet {
namespace {

class CountingWaker final : public Waker {
 public:
  void Wake() override { ++count; }
  int count = 0;
};

Result<std::optional<uint64_t>> Nothing() { return std::optional<uint64_t>(); }

// A source whose next morsel is `next`.
class MorselTrackerTest : public ::testing::Test {
 protected:
  // The morsel taken, or nothing when the window is full.
  std::optional<uint64_t> Take(MorselTracker& tracker, size_t branch, uint64_t morsel) {
    const auto taken = tracker.Take(branch, waker_, [&]() -> Result<std::optional<uint64_t>> {
      return std::optional<uint64_t>(morsel);
    });
    EXPECT_TRUE(taken.ok());
    return *taken ? std::optional<uint64_t>(morsel) : std::nullopt;
  }
  static uint64_t InBranch(uint64_t branch, uint64_t morsel) {
    return (branch << kUnionBranchBits) + morsel;
  }

  std::shared_ptr<CountingWaker> waker_ = std::make_shared<CountingWaker>();
};

TEST_F(MorselTrackerTest, AMorselStartsOnlyWithinAWindowOfTheOldest) {
  MorselTracker tracker(4);
  const size_t branch = tracker.OpenBranch();
  for (uint64_t morsel = 0; morsel < 4; ++morsel) ASSERT_TRUE(Take(tracker, branch, morsel));
  EXPECT_FALSE(Take(tracker, branch, 4));
  EXPECT_EQ(waker_->count, 0);

  // Others than the oldest may end: the window stays where it is.
  tracker.FinishMorsel(branch, 2);
  EXPECT_EQ(waker_->count, 1);
  EXPECT_FALSE(Take(tracker, branch, 4));
  tracker.FinishMorsel(branch, 0);
  EXPECT_EQ(waker_->count, 2);
  EXPECT_TRUE(Take(tracker, branch, 4));
  EXPECT_FALSE(Take(tracker, branch, 5));  // 1 is the oldest
  tracker.FinishMorsel(branch, 1);
  EXPECT_TRUE(Take(tracker, branch, 5));  // 3 is
  EXPECT_TRUE(Take(tracker, branch, 6));
  EXPECT_FALSE(Take(tracker, branch, 7));
}

TEST_F(MorselTrackerTest, TheTakeFunctionIsNotCalledWhenTheWindowIsFull) {
  MorselTracker tracker(1);
  const size_t branch = tracker.OpenBranch();
  ASSERT_TRUE(Take(tracker, branch, 0));
  bool called = false;
  const auto taken = tracker.Take(branch, waker_, [&] {
    called = true;
    return Nothing();
  });
  EXPECT_FALSE(*taken);
  EXPECT_FALSE(called);
}

TEST_F(MorselTrackerTest, AnErrorOfTheSourceIsTheCallers) {
  MorselTracker tracker;
  const size_t branch = tracker.OpenBranch();
  const auto taken = tracker.Take(
      branch, waker_, []() -> Result<std::optional<uint64_t>> { return Status::IO("disk"); });
  EXPECT_EQ(taken.status().code(), StatusCode::kIO);
}

TEST_F(MorselTrackerTest, OnlyTheOldestUnfinishedMorselIsOldest) {
  MorselTracker tracker;
  const size_t branch = tracker.OpenBranch();
  for (uint64_t morsel : {0, 5, 9}) ASSERT_TRUE(Take(tracker, branch, morsel));
  EXPECT_TRUE(tracker.IsOldest(0));
  EXPECT_FALSE(tracker.IsOldest(5));
  tracker.FinishMorsel(branch, 5);
  EXPECT_FALSE(tracker.IsOldest(5));  // 0 may still give batches
  EXPECT_FALSE(tracker.IsOldest(9));
  tracker.FinishMorsel(branch, 0);
  EXPECT_TRUE(tracker.IsOldest(5));
  EXPECT_TRUE(tracker.IsOldest(9));
  EXPECT_FALSE(tracker.IsOldest(10));
  tracker.FinishMorsel(branch, 9);
  // The source may still have 10, and nothing before it.
  EXPECT_TRUE(tracker.IsOldest(10));
  EXPECT_FALSE(tracker.IsOldest(11));
}

TEST_F(MorselTrackerTest, AnExhaustedSourceHasNothingToWaitFor) {
  MorselTracker tracker;
  const size_t branch = tracker.OpenBranch();
  ASSERT_TRUE(Take(tracker, branch, 3));
  EXPECT_TRUE(*tracker.Take(branch, waker_, Nothing));
  EXPECT_FALSE(tracker.IsOldest(4));
  tracker.FinishMorsel(branch, 3);
  EXPECT_TRUE(tracker.IsOldest(4));
  EXPECT_TRUE(tracker.IsOldest(1000000));
}

TEST_F(MorselTrackerTest, BranchesFollowOneAnother) {
  MorselTracker tracker;
  const size_t first = tracker.OpenBranch();
  const size_t second = tracker.OpenBranch();
  ASSERT_TRUE(Take(tracker, second, 0));
  ASSERT_TRUE(Take(tracker, first, 0));
  EXPECT_TRUE(tracker.IsOldest(InBranch(first, 0)));
  EXPECT_FALSE(tracker.IsOldest(InBranch(second, 0)));
  tracker.FinishMorsel(first, 0);
  EXPECT_TRUE(*tracker.Take(first, waker_, Nothing));
  // Exhausted, but its last batches may still be on their way to the sink.
  EXPECT_FALSE(tracker.IsOldest(InBranch(second, 0)));
  tracker.FinishBranch(first);
  EXPECT_TRUE(tracker.IsOldest(InBranch(second, 0)));
}

TEST_F(MorselTrackerTest, ABranchThatTakesNoMorselsHereHasNoOrderWithin) {
  MorselTracker tracker;
  const size_t untracked = tracker.OpenBranch();
  const size_t next = tracker.OpenBranch();
  EXPECT_TRUE(tracker.IsOldest(InBranch(untracked, 7)));
  EXPECT_TRUE(tracker.IsOldest(InBranch(untracked, 1)));
  EXPECT_FALSE(tracker.IsOldest(InBranch(next, 0)));
}

TEST_F(MorselTrackerTest, TheListenerHearsEveryAdvanceAndMayAsk) {
  MorselTracker tracker;
  const size_t branch = tracker.OpenBranch();
  std::vector<bool> heard;
  tracker.SetListener([&] { heard.push_back(tracker.IsOldest(1)); });
  ASSERT_TRUE(Take(tracker, branch, 0));
  ASSERT_TRUE(Take(tracker, branch, 1));
  EXPECT_TRUE(heard.empty());
  tracker.FinishMorsel(branch, 0);
  tracker.FinishMorsel(branch, 1);
  tracker.FinishBranch(branch);
  EXPECT_EQ(heard, (std::vector<bool>{true, true, true}));
}

// Workers take and finish in any order: the window holds, some worker can always go on, and every
// morsel becomes the oldest.
TEST_F(MorselTrackerTest, AnyScheduleEndsWithinTheWindow) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    std::mt19937_64 random(seed);
    const uint64_t window = 1 + random() % 6;
    MorselTracker tracker(window);
    const size_t branch = tracker.OpenBranch();
    const uint64_t morsels = 40;
    std::vector<std::optional<uint64_t>> workers(1 + random() % 8);
    uint64_t next = 0;
    std::set<uint64_t> unfinished;
    size_t steps = 0;
    while (next < morsels || !unfinished.empty()) {
      ASSERT_LT(++steps, 100000u) << "no progress with seed " << seed;
      auto& worker = workers[random() % workers.size()];
      if (worker) {
        EXPECT_EQ(tracker.IsOldest(*worker), *worker == *unfinished.begin());
        tracker.FinishMorsel(branch, *worker);
        unfinished.erase(*worker);
        worker.reset();
      } else if (next < morsels) {
        worker = Take(tracker, branch, next);
        if (!worker) {
          ASSERT_FALSE(unfinished.empty());
          continue;
        }
        unfinished.insert(next++);
        EXPECT_LE(*unfinished.rbegin() - *unfinished.begin(), window);
      }
    }
  }
}

TEST(MorselTakerTest, FinishesTheMorselBeforeWhenTheNextIsTaken) {
  const QueryContext context = TestContext();
  const std::shared_ptr<Waker> waker = std::make_shared<CountingWaker>();
  const CallContext call{context, waker};
  auto tracker = std::make_shared<MorselTracker>(1);
  const size_t branch = tracker->OpenBranch();
  uint64_t next = 0;
  const auto take = [&]() -> Result<std::optional<uint64_t>> {
    return next < 3 ? std::optional<uint64_t>(next++) : std::nullopt;
  };
  MorselTaker one(tracker, branch);
  {
    MorselTaker other(tracker, branch);
    EXPECT_TRUE(*one.Next(call, take));
    EXPECT_FALSE(*other.Next(call, take));  // the window holds one morsel
    EXPECT_TRUE(*one.Next(call, take));     // its own morsel has ended
    one.Finish();
    EXPECT_TRUE(*other.Next(call, take));
    EXPECT_FALSE(*one.Next(call, take));
  }
  // A taker that goes away has finished.
  EXPECT_TRUE(*one.Next(call, take));
  EXPECT_TRUE(one.exhausted());
}

TEST(MorselTakerTest, WithoutATrackerMorselsComeAsTheyAre) {
  const QueryContext context = TestContext();
  const std::shared_ptr<Waker> no_waker;
  const CallContext call{context, no_waker};
  MorselTaker taker(nullptr, 0);
  uint64_t next = 0;
  for (int i = 0; i < 200; ++i) {
    EXPECT_TRUE(*taker.Next(call, [&]() -> Result<std::optional<uint64_t>> {
      return std::optional<uint64_t>(next++);
    }));
    EXPECT_FALSE(taker.exhausted());
  }
  EXPECT_TRUE(*taker.Next(call, Nothing));
  EXPECT_TRUE(taker.exhausted());
}

}  // namespace
}  // namespace trivet
