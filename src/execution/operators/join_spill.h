#pragma once

#include <memory>
#include <vector>

#include "execution/operators/join_runtime.h"
#include "execution/spill/spilled_rows.h"

namespace trivet {

// What a join has put on disk once its build side did not fit: both sides' rows by the same
// partition of their keys' hash (Grace hash join; Kitsuregawa et al., New Generation Computing
// 1983). Some partitions' build rows are brought back for the probe, which joins with these at once
// and spills only its other rows (DeWitt et al., SIGMOD 1984). Written by any number of threads.
class JoinSpill {
 public:
  // Bits of the hash that choose neither a place in a directory nor a bit of its filters.
  static constexpr int kShift = 4;
  static constexpr int kRadixBits = 6;

  JoinSpill(const JoinRuntime& runtime, const ExecutionContext& context);

  const std::shared_ptr<SpilledRows>& build() const { return build_; }
  const std::shared_ptr<SpilledRows>& probe() const { return probe_; }
  size_t PartitionOf(uint64_t hash) const { return (hash >> kShift) & (resident_.size() - 1); }
  bool is_resident(size_t partition) const { return resident_[partition] != 0; }

  // Once all build rows are written: brings back as many partitions as fit in `most_bytes`.
  Status LoadResident(size_t most_bytes, RowStore& rows);
  // Then either they stay, or there was no room for them after all.
  void KeepResident();
  void ForgetResident();

 private:
  std::shared_ptr<SpilledRows> build_;
  std::shared_ptr<SpilledRows> probe_;
  std::vector<uint8_t> resident_;
};

// After the probe: joins what both sides have spilled, partition by partition.
std::shared_ptr<Source> MakeJoinSpillSource(std::shared_ptr<JoinRuntime> runtime,
                                            std::function<std::unique_ptr<MorselTaker>()> takers);

}  // namespace trivet
