#include "storage/key_list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "vector/hash_vector.h"

namespace trivet {
namespace {

KeyList ListOf(const std::vector<int64_t>& keys) {
  std::vector<Value> values;
  std::vector<uint64_t> hashes;
  for (const int64_t key : keys) {
    values.push_back(Value::Int64(key));
    hashes.push_back(HashOf(key));
  }
  return KeyList(std::move(values), hashes);
}

TEST(KeyListTest, HoldsItsKeysAndNoOther) {
  std::mt19937_64 random(5);
  EXPECT_TRUE(KeyList().is_none());
  for (size_t count = 1; count <= KeyList::kMost; ++count) {
    std::vector<int64_t> keys;
    for (size_t i = 0; i < count; ++i) keys.push_back(static_cast<int64_t>(random()));
    const KeyList list = ListOf(keys);
    ASSERT_EQ(list.keys().size(), count);
    for (const int64_t key : keys) EXPECT_TRUE(list.MayHold(HashOf(key)));
    for (int i = 0; i < 10'000; ++i)
      ASSERT_FALSE(list.MayHold(HashOf(static_cast<int64_t>(random()))));
    std::ranges::sort(keys);
    for (size_t i = 0; i < count; ++i) EXPECT_EQ(list.keys()[i], Value::Int64(keys[i]));
  }
}

// Hashes that want one place, the last and the first.
TEST(KeyListTest, HashesOfOnePlaceAreAllFound) {
  std::vector<Value> keys;
  std::vector<uint64_t> hashes = {0};
  for (uint64_t i = 1; i < KeyList::kMost; ++i) hashes.push_back((uint64_t{255} << 56) | i);
  for (size_t i = 0; i < hashes.size(); ++i) keys.push_back(Value::Int64(static_cast<int64_t>(i)));
  const KeyList list(keys, hashes);
  for (const uint64_t hash : hashes) EXPECT_TRUE(list.MayHold(hash)) << hash;
  EXPECT_FALSE(list.MayHold((uint64_t{255} << 56) | KeyList::kMost));
  EXPECT_FALSE(list.MayHold(uint64_t{254} << 56));
  EXPECT_FALSE(ListOf({7}).MayHold(HashOf(int64_t{0})));
}

TEST(KeyListTest, RangesMeetIt) {
  const KeyList list = ListOf({30, 10, 20});
  const auto meets = [&](std::optional<int64_t> min, std::optional<int64_t> max) {
    const auto value = [](std::optional<int64_t> bound) {
      return bound ? std::optional(Value::Int64(*bound)) : std::nullopt;
    };
    return list.MeetsRange(value(min), value(max));
  };
  EXPECT_TRUE(meets({}, {}));
  EXPECT_TRUE(meets(20, 20) && meets(10, 10) && meets(30, 30) && meets(5, 35) && meets(19, 29));
  EXPECT_FALSE(meets(11, 19) || meets(21, 29) || meets(31, 40) || meets(0, 9));
  EXPECT_TRUE(meets({}, 10) && meets(30, {}));
  EXPECT_FALSE(meets({}, 9) || meets(31, {}));
}

}  // namespace
}  // namespace trivet
