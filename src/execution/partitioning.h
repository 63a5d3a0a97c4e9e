#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "expression/expression.h"

namespace trivet {

enum class PartitioningKind : uint8_t {
  kAny,         // as a requirement: no wish; as a delivery: nothing is known
  kSingle,      // all rows in one partition
  kHash,        // by hash of the keys
  kRange,       // by ranges of the keys
  kRoundRobin,  // balanced, no meaning
  kBroadcast,   // every partition has all rows
};

// How rows are, or must be, spread over partitions. The hash is HashVector's (base/hash.h): fixed,
// stable across processes, machines and releases; NULLs go together.
struct Partitioning {
  PartitioningKind kind = PartitioningKind::kAny;
  uint32_t partition_count = 1;
  std::vector<ExpressionPtr> keys;  // hash and range; kInput nodes over the operator's columns

  static Partitioning Any() { return {}; }
  static Partitioning Single() { return {PartitioningKind::kSingle, 1, {}}; }
  static Partitioning Hash(std::vector<ExpressionPtr> keys, uint32_t count) {
    return {PartitioningKind::kHash, count, std::move(keys)};
  }
  std::string ToString() const;
};

// True where rows delivered so need no exchange to meet the requirement. A hash delivery on a
// subset of the required keys satisfies a hash requirement; one partition satisfies everything but
// broadcast to several.
bool Satisfies(const Partitioning& delivered, const Partitioning& required);

}  // namespace trivet
