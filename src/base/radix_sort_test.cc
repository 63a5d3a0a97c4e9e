#include "base/radix_sort.h"

#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>
#include <vector>

namespace trivet {
namespace {

struct Item {
  uint64_t key;
  size_t place;
};
uint64_t KeyOf(const Item& item) { return item.key; }

enum class Arrangement { kRandom, kAscending, kDescending, kAllEqual, kFewKeys, kOneByte };

std::vector<Item> MakeItems(size_t count, int bits, Arrangement arrangement) {
  std::mt19937_64 random(count + static_cast<size_t>(bits));
  const uint64_t most = ~uint64_t{0} >> (64 - bits);
  std::vector<Item> items(count);
  for (Item& item : items) {
    item.key = random() & most;
    if (arrangement == Arrangement::kAllEqual) item.key = most;
    if (arrangement == Arrangement::kFewKeys) item.key %= 3;
    // All passes but one have nothing to do.
    if (arrangement == Arrangement::kOneByte) item.key = (item.key & (0xFFu << 8) & most) | 1;
  }
  const auto less = [](const Item& a, const Item& b) { return a.key < b.key; };
  if (arrangement == Arrangement::kAscending) std::stable_sort(items.begin(), items.end(), less);
  if (arrangement == Arrangement::kDescending) {
    std::stable_sort(items.rbegin(), items.rend(), less);
  }
  for (size_t i = 0; i < count; ++i) items[i].place = i;
  return items;
}

TEST(RadixSortTest, SortsStably) {
  for (const size_t count : {0u, 1u, 2u, 3u, 100u, 5000u}) {
    for (const int bits : {1, 7, 8, 9, 16, 17, 31, 63, 64}) {
      for (const Arrangement arrangement :
           {Arrangement::kRandom, Arrangement::kAscending, Arrangement::kDescending,
            Arrangement::kAllEqual, Arrangement::kFewKeys, Arrangement::kOneByte}) {
        std::vector<Item> items = MakeItems(count, bits, arrangement);
        std::vector<Item> expected = items;
        std::stable_sort(expected.begin(), expected.end(),
                         [](const Item& a, const Item& b) { return a.key < b.key; });
        std::vector<Item> scratch(count);
        ASSERT_TRUE(RadixSort<Item>(items, scratch, bits, KeyOf, CancellationToken()).ok());
        for (size_t i = 0; i < count; ++i) {
          ASSERT_EQ(items[i].key, expected[i].key) << count << " of " << bits << " bits";
          ASSERT_EQ(items[i].place, expected[i].place) << count << " of " << bits << " bits";
        }
      }
    }
  }
}

// The descending order of equal runs, one entry out of place at either end.
TEST(RadixSortTest, NearlySortedIsNotTakenForSorted) {
  for (const Arrangement arrangement : {Arrangement::kAscending, Arrangement::kDescending}) {
    for (const size_t at : {size_t{0}, size_t{998}}) {
      std::vector<Item> items = MakeItems(1000, 20, arrangement);
      std::swap(items[at], items[at + 1]);
      std::vector<Item> scratch(items.size());
      ASSERT_TRUE(RadixSort<Item>(items, scratch, 20, KeyOf, CancellationToken()).ok());
      EXPECT_TRUE(std::ranges::is_sorted(items, {}, &Item::key));
    }
  }
}

TEST(RadixSortTest, LooksAfterCancellationBetweenPasses) {
  std::vector<Item> items = MakeItems(100, 20, Arrangement::kRandom);
  std::vector<Item> scratch(items.size());
  CancellationToken cancelled;
  cancelled.Cancel();
  EXPECT_EQ(RadixSort<Item>(items, scratch, 20, KeyOf, cancelled).code(), StatusCode::kCancelled);

  // Eight passes over so many take far longer than the first look.
  items = MakeItems(size_t{1} << 22, 64, Arrangement::kRandom);
  scratch.resize(items.size());
  CancellationToken token;
  std::atomic<bool> has_begun = false;
  std::thread thread([&] {
    while (!has_begun) std::this_thread::yield();
    token.Cancel();
  });
  const auto key_of = [&](const Item& item) {
    // Not before the first look is over.
    if (!has_begun.load(std::memory_order_relaxed)) has_begun = true;
    return item.key;
  };
  EXPECT_EQ(RadixSort<Item>(items, scratch, 64, key_of, token).code(), StatusCode::kCancelled);
  thread.join();
  // All of them are still there.
  std::vector<bool> seen(items.size());
  for (const Item& item : items) seen[item.place] = true;
  EXPECT_TRUE(std::ranges::all_of(seen, [](bool one) { return one; }));
}

}  // namespace
}  // namespace trivet
