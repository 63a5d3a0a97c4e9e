#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "context/metrics.h"
#include "execution/operators/sort_run.h"
#include "execution/pipeline.h"

namespace trivet {

// Gathers runs, one a thread, and brings their sorted pieces into one order of rows: cut at sampled
// keys into ranges of some ten thousand rows, which are merged independently, so that merging is
// parallel and no step takes long.
class SortSink final : public Sink {
 public:
  SortSink(SortShape shape, uint64_t limit, uint64_t offset, const ExecutionContext& context,
           OperatorMetrics& metrics)
      : shape_(std::move(shape)),
        limit_(limit),
        offset_(offset),
        context_(context),
        metrics_(metrics) {}

  Result<std::unique_ptr<LocalSink>> MakeLocal(const ExecutionContext& context) override;
  size_t FinishTaskCount() override;
  Status RunFinishTask(size_t task, const CallContext& call) override;
  Status Finish(const CallContext& call) override;

  void Add(std::unique_ptr<SortRun> run);
  const SortShape& shape() const { return shape_; }
  // The rows in their order, after Finish.
  std::span<uint8_t* const> rows() const { return {rows_.get() + first_, row_count_}; }
  void OwnAll(Vector& vector) const;

 private:
  using Piece = std::span<const SortEntry>;

  Status Prepare();
  void ChooseBounds(size_t range_count);
  // Where range number `range` begins in a piece.
  size_t BeginOf(const Piece& piece, size_t range) const;
  Status LimitGroups();

  SortShape shape_;
  const uint64_t limit_;
  const uint64_t offset_;
  const ExecutionContext& context_;
  OperatorMetrics& metrics_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<SortRun>> runs_;
  Status prepared_;
  std::vector<Piece> pieces_;
  std::vector<SortEntry> bounds_;  // range i ends before bounds_[i]; the last has no bound
  Reservation reservation_;
  std::unique_ptr<uint8_t*[]> rows_;
  size_t first_ = 0;
  size_t row_count_ = 0;
};

}  // namespace trivet
