#include "base/interruptible_sort.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <thread>

namespace trivet {
namespace {

struct Item {
  uint32_t key;
  uint32_t place;
};
bool Less(const Item& a, const Item& b) { return a.key < b.key; }

std::vector<Item> RandomItems(size_t count, uint32_t keys, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Item> items(count);
  for (size_t i = 0; i < count; ++i) {
    items[i] = {static_cast<uint32_t>(random() % keys), static_cast<uint32_t>(i)};
  }
  return items;
}

TEST(InterruptibleSortTest, SortsStably) {
  for (const size_t count : {size_t{0}, size_t{1}, size_t{2}, kSortPiece - 1, kSortPiece,
                             kSortPiece + 1, 3 * kSortPiece, 5 * kSortPiece + 7}) {
    for (const uint32_t keys : {1u, 10u, 1u << 30}) {
      std::vector<Item> items = RandomItems(count, keys, count + keys);
      std::vector<Item> expected = items;
      std::stable_sort(expected.begin(), expected.end(), Less);
      std::vector<Item> scratch(count);
      ASSERT_TRUE(SortInterruptibly<Item>(items, scratch, Less, CancellationToken()).ok());
      for (size_t i = 0; i < count; ++i) {
        ASSERT_EQ(items[i].key, expected[i].key) << count << " at " << i;
        ASSERT_EQ(items[i].place, expected[i].place) << count << " at " << i;
      }
    }
  }
}

TEST(InterruptibleSortTest, MergesRunsOfAnyLengthEmptyOnesIncluded) {
  std::mt19937_64 random(5);
  for (const size_t run_count : {1u, 2u, 3u, 7u, 8u}) {
    std::vector<Item> items;
    std::vector<size_t> bounds = {0};
    for (size_t run = 0; run < run_count; ++run) {
      const size_t count = run % 3 == 1 ? 0 : random() % (3 * kSortPiece);
      std::vector<Item> own = RandomItems(count, 1000, random());
      std::stable_sort(own.begin(), own.end(), Less);
      for (Item& item : own)
        item.place = static_cast<uint32_t>(items.size() + (&item - own.data()));
      items.insert(items.end(), own.begin(), own.end());
      bounds.push_back(items.size());
    }
    std::vector<Item> expected = items;
    std::stable_sort(expected.begin(), expected.end(), Less);
    std::vector<Item> scratch(items.size());
    ASSERT_TRUE(MergeRuns<Item>(items, scratch, bounds, Less, CancellationToken()).ok());
    for (size_t i = 0; i < items.size(); ++i) ASSERT_EQ(items[i].place, expected[i].place);
  }
}

TEST(InterruptibleSortTest, SelectsEveryRank) {
  for (const size_t count : {size_t{1}, size_t{100}, 2 * kSortPiece + 1, 9 * kSortPiece}) {
    for (const uint32_t keys : {1u, 3u, 1000u, 1u << 30}) {
      const std::vector<Item> items = RandomItems(count, keys, count * 7 + keys);
      std::vector<Item> sorted = items;
      std::sort(sorted.begin(), sorted.end(), Less);
      for (const size_t place : {size_t{0}, count / 3, count / 2, count - 1}) {
        std::vector<Item> partly = items;
        ASSERT_TRUE(SelectInterruptibly<Item>(partly, place, Less, CancellationToken()).ok());
        ASSERT_EQ(partly[place].key, sorted[place].key) << count << " keys " << keys;
        for (size_t i = 0; i < count; ++i) {
          if (i < place) {
            ASSERT_LE(partly[i].key, partly[place].key);
          } else {
            ASSERT_GE(partly[i].key, partly[place].key);
          }
        }
      }
    }
  }
}

// Runs `work` in a thread of its own, cancels it after some milliseconds, and gives the time it
// took to end from then on.
template <typename Work>
std::chrono::milliseconds TimeToEnd(const Work& work) {
  CancellationToken token;
  Status status;
  std::thread thread([&] { status = work(token); });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  token.Cancel();
  const auto start = std::chrono::steady_clock::now();
  thread.join();
  EXPECT_EQ(status.code(), StatusCode::kCancelled);
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               start);
}

TEST(InterruptibleSortTest, EndsSoonAfterCancellation) {
  constexpr size_t kMany = size_t{1} << 23;
  std::vector<Item> items = RandomItems(kMany, 1u << 31, 1);
  std::vector<Item> scratch(kMany);
  EXPECT_LT(TimeToEnd([&](const CancellationToken& token) {
              return SortInterruptibly<Item>(items, scratch, Less, token);
            }).count(),
            1000);
}

TEST(InterruptibleSortTest, MergingAndSelectingLookAfterCancellation) {
  std::vector<Item> items = RandomItems(4 * kSortPiece, 1u << 31, 2);
  std::vector<Item> scratch(items.size());
  CancellationToken cancelled;
  cancelled.Cancel();
  EXPECT_EQ(MergeRuns<Item>(items, scratch, {0, kSortPiece, items.size()}, Less, cancelled).code(),
            StatusCode::kCancelled);
  EXPECT_EQ(SelectInterruptibly<Item>(items, 5, Less, cancelled).code(), StatusCode::kCancelled);
}

}  // namespace
}  // namespace trivet
