#include "execution/partitioning.h"

#include <algorithm>

#include "base/string_concat.h"

namespace trivet {

std::string Partitioning::ToString() const {
  std::string text;
  switch (kind) {
    case PartitioningKind::kAny: return "Any";
    case PartitioningKind::kSingle: return "Single";
    case PartitioningKind::kHash: text = "Hash("; break;
    case PartitioningKind::kRange: text = "Range("; break;
    case PartitioningKind::kRoundRobin: return StrCat("RoundRobin(", partition_count, ")");
    case PartitioningKind::kBroadcast: return StrCat("Broadcast(", partition_count, ")");
  }
  for (const ExpressionPtr& key : keys) text += key->ToString() + ", ";
  return text + StrCat(partition_count, ")");
}

bool Satisfies(const Partitioning& delivered, const Partitioning& required) {
  const auto contains = [](const std::vector<ExpressionPtr>& keys, const ExpressionPtr& key) {
    return std::any_of(keys.begin(), keys.end(),
                       [&](const ExpressionPtr& other) { return ExpressionsEqual(other, key); });
  };
  const bool one_partition =
      delivered.kind == PartitioningKind::kSingle ||
      (delivered.kind != PartitioningKind::kAny && delivered.partition_count == 1);
  switch (required.kind) {
    case PartitioningKind::kAny: return true;
    case PartitioningKind::kSingle: return one_partition;
    case PartitioningKind::kHash:
      if (one_partition) return true;
      // Equal required keys have equal subsets of keys, hence meet in one partition.
      return delivered.kind == PartitioningKind::kHash && !delivered.keys.empty() &&
             std::all_of(delivered.keys.begin(), delivered.keys.end(),
                         [&](const ExpressionPtr& key) { return contains(required.keys, key); });
    case PartitioningKind::kRange:
      if (one_partition) return true;
      return delivered.kind == PartitioningKind::kRange &&
             delivered.keys.size() <= required.keys.size() &&
             std::equal(delivered.keys.begin(), delivered.keys.end(), required.keys.begin(),
                        ExpressionsEqual);
    case PartitioningKind::kRoundRobin:
      return required.partition_count == 1
                 ? one_partition
                 : delivered.kind == PartitioningKind::kRoundRobin &&
                       delivered.partition_count == required.partition_count;
    case PartitioningKind::kBroadcast:
      if (required.partition_count == 1) return one_partition;
      return delivered.kind == PartitioningKind::kBroadcast &&
             delivered.partition_count == required.partition_count;
  }
  return false;
}

}  // namespace trivet
