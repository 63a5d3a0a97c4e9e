#include "shuffle/partitioner.h"

#include <algorithm>

#include "vector/hash_vector.h"
#include "vector/string_view.h"

namespace trivet {

Partitioner Partitioner::Single() { return Partitioner(Kind::kSingle, 1); }

Partitioner Partitioner::Hash(uint32_t partition_count) {
  return Partitioner(Kind::kHash, partition_count);
}

Partitioner Partitioner::Range(std::vector<std::string> bounds) {
  TRIVET_ASSERT(std::is_sorted(bounds.begin(), bounds.end()));
  Partitioner partitioner(Kind::kRange, static_cast<uint32_t>(bounds.size() + 1));
  partitioner.bounds_ = std::move(bounds);
  return partitioner;
}

Partitioner Partitioner::RoundRobin(uint32_t partition_count, uint32_t first) {
  Partitioner partitioner(Kind::kRoundRobin, partition_count);
  partitioner.next_ = first % partition_count;
  return partitioner;
}

void Partitioner::Assign(std::span<const Vector> keys, size_t row_count, uint32_t* partitions) {
  switch (kind_) {
    case Kind::kSingle: std::fill_n(partitions, row_count, 0u); break;
    case Kind::kHash: {
      hashes_.resize(row_count);
      HashColumns(keys, row_count, hashes_.data());
      for (size_t i = 0; i < row_count; ++i) {
        partitions[i] = HashPartition(hashes_[i], partition_count_);
      }
      break;
    }
    case Kind::kRange: {
      TRIVET_ASSERT(keys.size() == 1);
      const VectorView view = keys.front().View();
      for (size_t i = 0; i < row_count; ++i) {
        const std::string_view key = view.Get<StringView>(i).view();
        const auto after = std::upper_bound(bounds_.begin(), bounds_.end(), key);
        partitions[i] = static_cast<uint32_t>(after - bounds_.begin());
      }
      break;
    }
    case Kind::kRoundRobin:
      for (size_t i = 0; i < row_count; ++i) {
        partitions[i] = next_;
        if (++next_ == partition_count_) next_ = 0;
      }
      break;
  }
}

}  // namespace trivet
