#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/hash.h"
#include "vector/vector.h"

namespace trivet {

// The partition of a key by its hash (vector/hash_vector.h). Fixed for good: tasks of one stage run
// on different machines and builds. The hash is mixed once more, so that it says nothing about the
// bits that hash tables use; its upper part then chooses the partition.
inline constexpr uint32_t HashPartition(uint64_t hash, uint32_t partition_count) {
  const uint64_t mixed = HashInt64(hash ^ 0x5bd1e9955bd1e995ULL);
  return static_cast<uint32_t>((static_cast<uint128_t>(mixed) * partition_count) >> 64);
}

// Which partition each row of a task's output goes to. One thread at a time.
class Partitioner {
 public:
  static Partitioner Single();
  // By hash of the key columns, which the caller has cast to the types common to all inputs of the
  // consumer. NULLs go together; equal values go together whatever their bits (-0.0, NaNs).
  static Partitioner Hash(uint32_t partition_count);
  // By one key column of byte strings whose memcmp order is the rows' order. `bounds` ascend (equal
  // ones allowed); partition i holds the keys k with exactly i bounds <= k, so equal keys go
  // together and there are bounds.size() + 1 partitions. The column has no NULLs.
  static Partitioner Range(std::vector<std::string> bounds);
  // In turn, starting with partition `first`: sizes differ by one at most.
  static Partitioner RoundRobin(uint32_t partition_count, uint32_t first);

  uint32_t partition_count() const { return partition_count_; }
  // Writes the partition of each row; `keys` as the kind wants them.
  void Assign(std::span<const Vector> keys, size_t row_count, uint32_t* partitions);

 private:
  enum class Kind : uint8_t { kSingle, kHash, kRange, kRoundRobin };
  Partitioner(Kind kind, uint32_t partition_count)
      : kind_(kind), partition_count_(partition_count) {}

  Kind kind_;
  uint32_t partition_count_;
  uint32_t next_ = 0;
  std::vector<uint64_t> hashes_;
  std::vector<std::string> bounds_;
};

}  // namespace trivet
