#include "execution/fair_shares.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <optional>
#include <vector>

namespace trivet {
namespace {

using Time = FairShares::Time;
using std::chrono::milliseconds;

constexpr Time kSlice = milliseconds(3);
constexpr Time kEndless = std::chrono::hours(1);

// Threads and queries by a clock of their own: every thread that is free asks the shares for a
// query with work left, and runs it for a slice, or until it has no more.
class Simulation {
 public:
  explicit Simulation(size_t threads) : threads_(threads) {}

  // Work that any number of threads can do at the same time.
  size_t Add(Time arrives, Time work) {
    queries_.push_back({arrives, work, {}, {}, false, std::nullopt});
    return queries_.size() - 1;
  }
  void RunUntil(Time end) {
    while (true) {
      Thread& thread = *std::ranges::min_element(threads_, {}, &Thread::free_at);
      if (thread.free_at >= end) return;
      EndSlice(thread);
      const Time now = thread.free_at;
      Query* next = nullptr;
      Time next_arrival = kEndless;
      for (Query& query : queries_) {
        if (query.arrives > now) {
          next_arrival = std::min(next_arrival, query.arrives);
        } else if (query.left > Time(0)) {
          if (!query.is_waiting) shares_.Wait(query.account);
          query.is_waiting = true;
          if (next == nullptr || shares_.ComesBefore(query.account, next->account)) next = &query;
        }
      }
      if (next == nullptr) {
        thread.free_at = std::min(next_arrival, now + milliseconds(1));
        continue;
      }
      thread.runs = static_cast<size_t>(next - queries_.data());
      thread.slice = std::min(kSlice, next->left);
      next->left -= thread.slice;
      thread.free_at = now + thread.slice;
      shares_.Begin(next->account, kSlice);
    }
  }
  Time done(size_t query) const { return queries_[query].done; }
  Time latency(size_t query) const {
    const auto& ended = queries_[query].ended_at;
    return ended ? *ended - queries_[query].arrives : kEndless;
  }

 private:
  struct Query {
    Time arrives;
    Time left;
    Time done;
    FairShares::Account account;
    bool is_waiting;
    std::optional<Time> ended_at;
  };
  struct Thread {
    Time free_at{0};
    std::optional<size_t> runs;
    Time slice{0};
  };

  void EndSlice(Thread& thread) {
    if (!thread.runs) return;
    Query& query = queries_[*thread.runs];
    shares_.End(query.account, kSlice, thread.slice);
    query.done += thread.slice;
    if (query.left == Time(0)) query.ended_at = thread.free_at;
    thread.runs.reset();
  }

  FairShares shares_;
  std::vector<Thread> threads_;
  std::vector<Query> queries_;
};

TEST(FairSharesTest, ASmallQueryWaitsForOneSliceHoweverManyLargeOnesThereAre) {
  for (const size_t threads : {1, 2, 4}) {
    Simulation simulation(threads);
    for (int i = 0; i < 12; ++i) simulation.Add(Time(0), kEndless);
    std::vector<size_t> small;
    for (int i = 1; i < 40; ++i) {
      small.push_back(simulation.Add(milliseconds(50 * i) + Time(i * 77'777), milliseconds(1)));
    }
    simulation.RunUntil(milliseconds(2500));
    for (const size_t query : small) {
      EXPECT_LE(simulation.latency(query), kSlice + milliseconds(1)) << threads;
    }
  }
}

TEST(FairSharesTest, AQueryThatComesLaterGetsAsMuchAndSoonNoMore) {
  for (const size_t threads : {1, 2, 3}) {
    Simulation simulation(threads);
    const size_t first = simulation.Add(Time(0), kEndless);
    const size_t second = simulation.Add(std::chrono::seconds(10), kEndless);
    simulation.RunUntil(std::chrono::seconds(10));
    // What was used in ten seconds does not hold the first one up for ten.
    const Time before = simulation.done(first);
    simulation.RunUntil(std::chrono::seconds(11));
    const Time given = (simulation.done(first) - before);
    EXPECT_GT(given, std::chrono::seconds(threads) * 3 / 10) << threads;
    EXPECT_GT(simulation.done(second), given);
    const Time first_before = simulation.done(first);
    const Time second_before = simulation.done(second);
    simulation.RunUntil(std::chrono::seconds(21));
    const double ratio = static_cast<double>((simulation.done(first) - first_before).count()) /
                         static_cast<double>((simulation.done(second) - second_before).count());
    EXPECT_NEAR(ratio, 1.0, 0.1) << threads;
  }
}

TEST(FairSharesTest, NoStreamOfSmallQueriesHoldsUpALargeOne) {
  Simulation simulation(1);
  const size_t large = simulation.Add(Time(0), kEndless);
  // They alone would keep the thread busy.
  for (int i = 0; i < 2000; ++i) simulation.Add(milliseconds(i), milliseconds(1));
  Time before{0};
  for (int i = 1; i < 8; ++i) {
    simulation.RunUntil(milliseconds(250 * i));
    EXPECT_GE(simulation.done(large) - before, 2 * kSlice);
    before = simulation.done(large);
  }
}

TEST(FairSharesTest, WhereAllAreLateTheyTakeTurns) {
  Simulation simulation(1);
  std::vector<size_t> queries;
  for (int i = 0; i < 200; ++i) queries.push_back(simulation.Add(milliseconds(i), kEndless));
  simulation.RunUntil(std::chrono::seconds(20));
  Time least = kEndless;
  Time most{0};
  for (const size_t query : queries) {
    least = std::min(least, simulation.done(query));
    most = std::max(most, simulation.done(query));
  }
  EXPECT_GE(least, Time(std::chrono::seconds(20)) / 200 - 4 * kSlice);
  EXPECT_LE(most, Time(std::chrono::seconds(20)) / 200 + 12 * kSlice);
}

TEST(FairSharesTest, UseIsForgottenWithTheUseOfOthers) {
  FairShares shares;
  FairShares::Account one;
  FairShares::Account other;
  shares.Begin(one, kSlice);
  EXPECT_EQ(shares.Used(one), kSlice);
  shares.End(one, kSlice, milliseconds(80));
  EXPECT_NEAR(static_cast<double>(shares.Used(one).count()), 80e6, 2e6);
  shares.Begin(other, kSlice);
  shares.End(other, kSlice, FairShares::kHalfLife);
  EXPECT_NEAR(static_cast<double>(shares.Used(one).count()), 40e6, 1e6);
  EXPECT_TRUE(shares.ComesBefore(one, other));
  EXPECT_FALSE(shares.ComesBefore(other, one));
  EXPECT_EQ(shares.now(), milliseconds(280));
}

}  // namespace
}  // namespace trivet
