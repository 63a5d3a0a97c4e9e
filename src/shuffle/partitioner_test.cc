#include "shuffle/partitioner.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "types/value.h"
#include "vector/hash_vector.h"

namespace trivet {
namespace {

Vector Numbers(const std::vector<int64_t>& values) {
  Vector vector = Vector::MakeFlat(TypeId::kInt64, values.size());
  std::copy(values.begin(), values.end(), vector.mutable_data<int64_t>());
  return vector;
}

Vector Texts(const std::vector<std::string>& values) {
  Vector vector = Vector::MakeFlat(TypeId::kBlob, values.size());
  for (size_t i = 0; i < values.size(); ++i) vector.SetString(i, values[i]);
  return vector;
}

std::vector<uint32_t> Assign(Partitioner partitioner, const std::vector<Vector>& keys,
                             size_t count) {
  std::vector<uint32_t> partitions(count);
  partitioner.Assign(keys, count, partitions.data());
  return partitions;
}

TEST(Partitioner, HashIsTheSameInEveryProcessForGood) {
  // Numbers written down once: a change would send rows of one key to two places.
  EXPECT_EQ(Assign(Partitioner::Hash(7), {Numbers({0, 1, 2, -1, 1'000'000'007})}, 5),
            (std::vector<uint32_t>{0, 6, 5, 4, 3}));
  EXPECT_EQ(Assign(Partitioner::Hash(1024), {Texts({"", "a", "a longer key than inline"})}, 3),
            (std::vector<uint32_t>{256, 843, 593}));
}

TEST(Partitioner, EqualKeysGoTogetherWhateverTheirWidthEncodingOrBits) {
  Vector narrow = Vector::MakeFlat(TypeId::kInt16, 3);
  for (int16_t i = 0; i < 3; ++i) narrow.mutable_data<int16_t>()[i] = static_cast<int16_t>(i - 1);
  EXPECT_EQ(Assign(Partitioner::Hash(64), {narrow}, 3),
            Assign(Partitioner::Hash(64), {Numbers({-1, 0, 1})}, 3));

  Vector floats = Vector::MakeFlat(TypeId::kDouble, 4);
  const double values[] = {0.0, -0.0, std::nan("1"), -std::nan("2")};
  std::copy(values, values + 4, floats.mutable_data<double>());
  const std::vector<uint32_t> partitions = Assign(Partitioner::Hash(1000), {floats}, 4);
  EXPECT_EQ(partitions[0], partitions[1]);
  EXPECT_EQ(partitions[2], partitions[3]);

  Vector nulls = Vector::MakeNull(TypeId::kVarchar);
  EXPECT_EQ(Assign(Partitioner::Hash(1000), {nulls}, 1),
            Assign(Partitioner::Hash(1000), {Vector::MakeNull(TypeId::kInt64)}, 1));
}

TEST(Partitioner, HashSpreadsEvenlyAndSaysNothingAboutTheHashsBits) {
  constexpr uint32_t kPartitions = 16;
  constexpr int kRows = 64'000;
  std::vector<int> counts(kPartitions, 0);
  // Of one partition's keys, the upper and the lower bits of the hash must still be spread.
  std::vector<int> upper(16, 0);
  std::vector<int> lower(16, 0);
  for (int64_t i = 0; i < kRows; ++i) {
    const uint64_t hash = HashOf(i);
    const uint32_t partition = HashPartition(hash, kPartitions);
    ++counts[partition];
    if (partition != 3) continue;
    ++upper[hash >> 60];
    ++lower[hash & 15];
  }
  for (const int count : counts) EXPECT_NEAR(count, kRows / 16.0, 300);
  for (int i = 0; i < 16; ++i) {
    EXPECT_NEAR(upper[i], kRows / 256.0, 80);
    EXPECT_NEAR(lower[i], kRows / 256.0, 80);
  }
}

TEST(Partitioner, RangesKeepEqualKeysTogetherUnderSkewAndDuplicateBounds) {
  const std::vector<std::string> bounds = {"b", "d", "d", "f"};
  const Vector keys = Texts({"", "a", "b", "bz", "c", "d", "dx", "e", "f", "zzz"});
  EXPECT_EQ(Assign(Partitioner::Range(bounds), {keys}, 10),
            (std::vector<uint32_t>{0, 0, 1, 1, 1, 3, 3, 3, 4, 4}));
  EXPECT_EQ(Partitioner::Range(bounds).partition_count(), 5u);
  // Bytes above 127 order as bytes do.
  EXPECT_EQ(Assign(Partitioner::Range({"\x80"}), {Texts({"\x7f", "\x80", "\xff"})}, 3),
            (std::vector<uint32_t>{0, 1, 1}));
}

TEST(Partitioner, RoundRobinIsBalancedToOneAcrossBatches) {
  for (const uint32_t partitions : {1u, 3u, 7u}) {
    Partitioner partitioner = Partitioner::RoundRobin(partitions, 5);
    std::vector<int> counts(partitions, 0);
    uint32_t first = 0;
    for (const size_t rows : {1, 5, 2048, 3}) {
      std::vector<uint32_t> assigned(rows);
      partitioner.Assign({}, rows, assigned.data());
      if (rows == 1) first = assigned[0];
      for (const uint32_t partition : assigned) ++counts[partition];
    }
    EXPECT_EQ(first, 5 % partitions);
    const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
    EXPECT_LE(*most - *least, 1);
  }
}

TEST(Partitioner, SingleHasOnePartition) {
  EXPECT_EQ(Assign(Partitioner::Single(), {}, 3), (std::vector<uint32_t>{0, 0, 0}));
}

}  // namespace
}  // namespace trivet
