#include "base/branchless_select.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <vector>

namespace trivet {
namespace {

// NaN is the greatest, as in the engine's order.
bool FloatLess(double a, double b) { return (a < b) | ((a == a) & (b != b)); }
bool FloatEqual(double a, double b) { return a == b || (a != a && b != b); }

template <typename T, typename Less, typename Equal>
void ExpectEveryRank(const std::vector<T>& entries, const Less& less, const Equal& equal) {
  std::vector<T> sorted = entries;
  std::sort(sorted.begin(), sorted.end(), less);
  const size_t count = entries.size();
  for (const size_t place : {size_t{0}, size_t{1}, count / 3, count / 2, count - 2, count - 1}) {
    if (place >= count) continue;
    SCOPED_TRACE(testing::Message() << "place " << place << " of " << count);
    std::vector<T> partly = entries;
    ASSERT_TRUE(SelectBranchless<T>(partly, place, less, CancellationToken()).ok());
    ASSERT_TRUE(equal(partly[place], sorted[place]));
    for (size_t i = 0; i < count; ++i) {
      ASSERT_FALSE(i < place ? less(partly[place], partly[i]) : less(partly[i], partly[place]));
    }
    // They are the same entries as before.
    std::sort(partly.begin(), partly.end(), less);
    for (size_t i = 0; i < count; ++i) ASSERT_TRUE(equal(partly[i], sorted[i]));
  }
}

TEST(BranchlessSelectTest, FindsEveryRankAmongFewAndManyAndRepeatedNumbers) {
  std::mt19937_64 random(11);
  for (const size_t count : {1u, 2u, 3u, 24u, 25u, 26u, 100u, 1000u, 40'000u, 100'001u}) {
    for (const uint64_t values : {uint64_t{1}, uint64_t{2}, uint64_t{7}, uint64_t{1} << 40}) {
      SCOPED_TRACE(testing::Message() << values << " values");
      std::vector<int64_t> entries(count);
      for (int64_t& entry : entries) {
        entry = static_cast<int64_t>(random() % values) - static_cast<int64_t>(values / 2);
      }
      ExpectEveryRank(entries, std::less<>(), std::equal_to<>());
    }
  }
}

TEST(BranchlessSelectTest, TakesNumbersInAnyOrder) {
  constexpr int64_t kCount = 20'000;
  std::vector<int64_t> ascending;
  std::vector<int64_t> descending;
  std::vector<int64_t> organ_pipe;
  // Every value that a sample with a fixed stride sees is one of the smallest.
  std::vector<int64_t> deceiving;
  for (int64_t i = 0; i < kCount; ++i) {
    ascending.push_back(i);
    descending.push_back(-i);
    organ_pipe.push_back(std::min(i, kCount - i));
    deceiving.push_back(i % 32 == 0 ? -1 : i);
  }
  for (const auto* entries : {&ascending, &descending, &organ_pipe, &deceiving}) {
    ExpectEveryRank(*entries, std::less<>(), std::equal_to<>());
  }
}

TEST(BranchlessSelectTest, KnowsNanZeroesAndInfinities) {
  const double special[] = {std::nan(""),
                            -std::nan(""),
                            0.0,
                            -0.0,
                            1.5,
                            -1.5,
                            std::numeric_limits<double>::infinity(),
                            -std::numeric_limits<double>::infinity()};
  std::mt19937_64 random(12);
  for (const size_t count : {8u, 60u, 5000u}) {
    std::vector<double> entries(count);
    for (double& entry : entries) entry = special[random() % std::size(special)];
    ExpectEveryRank(entries, FloatLess, FloatEqual);
  }
}

TEST(BranchlessSelectTest, LooksAfterCancellation) {
  std::vector<int64_t> entries(100'000, 3);
  CancellationToken cancelled;
  cancelled.Cancel();
  EXPECT_EQ(SelectBranchless<int64_t>(entries, 5, std::less<>(), cancelled).code(),
            StatusCode::kCancelled);
}

}  // namespace
}  // namespace trivet
