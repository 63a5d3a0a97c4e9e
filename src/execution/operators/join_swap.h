#pragma once

#include <memory>
#include <vector>

#include "execution/operators/join_build.h"
#include "execution/operators/join_runtime.h"

namespace trivet {

// The same join with its sides swapped, for a build side that turned out far larger than all that
// the other side can have. Then the rows that were gathered are not linked: the other side is built
// instead, by the pipeline that would have probed, and the gathered rows are streamed past it. One
// run's; decided by one thread, once the build side is complete, before any other part asks.
class JoinSwap {
 public:
  // Build sides of fewer rows are kept as they are.
  static constexpr uint64_t kLeastRows = 2048;
  // And those of no more than so many times the other side's rows.
  static constexpr uint64_t kLeastTimes = 4;

  // For a join as planned, whose inputs these are; null where it has no mirrored kind, where it is
  // not known how many rows the probe side can have, or where the build side cannot have more.
  static Result<std::shared_ptr<JoinSwap>> Make(const JoinRuntime& planned,
                                                const PhysicalOperator& build,
                                                const PhysicalOperator& probe,
                                                const ExecutionContext& context);

  // ---- the planned build side ----
  bool IsWorthwhile(uint64_t build_rows) const {
    return build_rows >= kLeastRows && build_rows / kLeastTimes > most_probe_rows_;
  }
  // Swaps: takes the rows over, wherever they are.
  void Start(std::vector<RowStore> stores, std::shared_ptr<SpilledRows> spilled);

  // ---- what comes after ----
  bool is_on() const { return is_on_; }
  // In place of the probe: gathers its input, gives nothing.
  Result<std::unique_ptr<LocalTransform>> MakeLocalBuild(const ExecutionContext& context) const;
  // After that, in this order: the gathered rows past the new table; the table's rows with or
  // without a match, where the kind wants them; what both sides have put on disk. Without threads
  // where the sides were not swapped.
  std::shared_ptr<Source> MakeProbeSource(std::shared_ptr<JoinSwap> self,
                                          std::function<std::unique_ptr<MorselTaker>()> takers);
  bool gives_rows() const { return NotesMatches(*runtime_->fields); }
  std::shared_ptr<Source> MakeRowsSource(std::shared_ptr<JoinSwap> self);
  bool can_spill() const { return runtime_->probe_layout != nullptr; }
  std::shared_ptr<Source> MakeSpillSource(std::shared_ptr<JoinSwap> self,
                                          std::function<std::unique_ptr<MorselTaker>()> takers);

 private:
  friend class LocalSwappedProbe;
  friend class ReorderedSource;
  friend class SwappedProbeSource;

  // Puts the output's columns back into the planned order.
  void Reorder(Batch& batch) const;

  PhysicalJoin::Fields fields_;
  RowLayoutPtr stored_layout_;  // of the gathered rows
  std::shared_ptr<JoinRuntime> runtime_;
  std::shared_ptr<JoinBuildSink> sink_;  // of the new build side
  uint64_t most_probe_rows_ = 0;
  size_t leading_columns_ = 0;  // of the output, that belong behind the others
  bool is_on_ = false;
  std::vector<RowStore> stores_;
  std::shared_ptr<SpilledRows> spilled_;
};

}  // namespace trivet
