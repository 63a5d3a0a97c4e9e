#pragma once

#include <memory>
#include <vector>

#include "execution/operators/aggregate_local.h"
#include "execution/spill/spilled_rows.h"

namespace trivet {

// What an aggregation has put on disk: rows of groups with their states, and rows kept for DISTINCT
// or ordered input, all by partition of the group's hash. Any number of threads write; afterwards
// any number read, each its own partitions. The context and metrics outlive it.
class AggregateSpill {
 public:
  AggregateSpill(AggregatePlanPtr plan, const ExecutionContext& context, OperatorMetrics* metrics);

  // Writes what the local aggregation has completely added; it may be dropped then. Thread-safe.
  Status Write(LocalAggregation& local);

  // ---- once all is written ----
  size_t partition_count() const { return plain_.partition_count(); }
  bool IsEmpty(size_t partition) const;
  // What bringing the partition's groups together takes, and what rows kept for one input take.
  size_t GroupBytes(size_t partition) const;
  size_t BufferedBytes(size_t index, size_t partition) const;
  SpilledRows& buffered(size_t index) { return *buffered_[index]; }
  // Appends the rows of groups, equal ones among them, to `groups`.
  Status ReadGroups(size_t partition, RowStore& groups, AggregateArena& arena,
                    LaneErrors& errors) const;
  void Discard(size_t partition);

  // Whether Split can tell groups further apart.
  bool can_split() const { return plan_->is_grouped() && shift_ >= kSplitBits + kLeastShift; }
  // The partition's rows by further bits of the hash; they are gone here.
  Result<std::unique_ptr<AggregateSpill>> Split(size_t partition);

 private:
  // Rows of groups share their hash's upper bits with the rows kept for them only so far down.
  static constexpr int kSplitBits = 4;
  static constexpr int kLeastShift = 64 - GroupFinder::kPartitionBits;

  AggregateSpill(AggregatePlanPtr plan, const ExecutionContext& context, OperatorMetrics* metrics,
                 int radix_bits, int shift);
  Status WriteSerialized(size_t partition, const RowStore& rows, size_t row_count,
                         LocalAggregation& local);
  Status ReadSerialized(const RowStore& rows, RowStore& groups, AggregateArena& arena,
                        LaneErrors& errors) const;

  AggregatePlanPtr plan_;
  const ExecutionContext& context_;
  OperatorMetrics* metrics_;
  const int shift_;                          // of the lowest bit that tells the partition
  RowLayoutPtr serialized_layout_;           // keys, then every state as bytes
  SpilledRows plain_;                        // rows whose states are all in their fixed size
  std::unique_ptr<SpilledRows> serialized_;  // all others
  std::vector<std::unique_ptr<SpilledRows>> buffered_;
};

}  // namespace trivet
