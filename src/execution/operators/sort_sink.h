#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "context/metrics.h"
#include "execution/operators/sort_run.h"
#include "execution/operators/sort_spill.h"
#include "execution/pipeline.h"

namespace trivet {

// Gathers runs, one a thread, and brings their sorted pieces into one order of rows: cut at sampled
// keys into ranges of some ten thousand rows, which are merged independently, so that merging is
// parallel and no step takes long. Where the rows do not fit into its share of the memory, all of
// them go to disk in sorted runs.
class SortSink final : public Sink {
 public:
  // `expected_bytes`: what it is thought to need, 0 where that is not known.
  SortSink(SortShape shape, uint64_t limit, uint64_t offset, size_t expected_bytes,
           const ExecutionContext& context, OperatorMetrics& metrics)
      : shape_(std::move(shape)),
        limit_(limit),
        offset_(offset),
        context_(context),
        metrics_(metrics),
        share_(context.JoinMemoryShares(expected_bytes)),
        spilled_(shape_, context, *share_, metrics) {}

  Result<std::unique_ptr<LocalSink>> MakeLocal(const ExecutionContext& context) override;
  size_t FinishTaskCount() override;
  Status RunFinishTask(size_t task, const CallContext& call) override;
  Status Finish(const CallContext& call) override;

  // Writes a run's rows to disk, where there is one.
  Status Spill(SortRun& run);
  // The same for the run that holds most. False where none holds anything.
  Result<bool> SpillLargest();
  const SortShape& shape() const { return shape_; }
  uint64_t limit() const { return limit_; }
  uint64_t offset() const { return offset_; }
  MemoryShare& share() { return *share_; }
  SpilledSort& spilled() { return spilled_; }

  // ---- after Finish ----
  bool is_on_disk() const { return on_disk_; }
  // In memory: the rows in their order.
  std::span<uint8_t* const> rows() const { return {rows_.get() + first_, row_count_}; }
  void OwnAll(Vector& vector) const;
  // Threads that can give rows: where places in the order matter, ranges on disk come one by one,
  // and so do all rows where a rank depends on all of those before it.
  size_t source_threads() const;

 private:
  using Part = std::span<const SortEntry>;

  bool gives_all_rows() const { return limit_ == kNoSortLimit && offset_ == 0; }
  // Whether places in the order count, so that ranges on disk are given one after the other.
  bool counts_places() const { return !gives_all_rows() || !shape_.functions.empty(); }
  Status Prepare();
  void ChooseBounds(size_t range_count);
  // Where range number `range` begins in a piece, no earlier than `from`.
  size_t BeginOf(const SortPiece& piece, size_t range, size_t from) const;
  bool FollowEachOther(std::vector<Part>& parts) const;
  Status MergeRange(std::vector<Part> parts, size_t count, size_t wanted, uint8_t** rows);
  Status LimitGroups();

  SortShape shape_;
  const uint64_t limit_;
  const uint64_t offset_;
  const ExecutionContext& context_;
  OperatorMetrics& metrics_;
  std::unique_ptr<MemoryShare> share_;
  SpilledSort spilled_;
  bool on_disk_ = false;
  std::mutex mutex_;  // guards the list until all input has come
  std::vector<std::unique_ptr<SortRun>> runs_;
  Status prepared_;
  std::vector<SortPiece> pieces_;
  bool in_order_ = false;          // no piece has rows from before the one in front of it
  std::vector<SortEntry> bounds_;  // range i ends before bounds_[i]; the last has no bound
  Reservation reservation_;
  std::unique_ptr<uint8_t*[]> rows_;
  size_t first_ = 0;
  size_t row_count_ = 0;
};

}  // namespace trivet
