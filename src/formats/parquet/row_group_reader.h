#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/read_ahead.h"
#include "formats/parquet/batch_compactor.h"
#include "formats/parquet/morsel_columns.h"
#include "formats/parquet/page_index.h"
#include "formats/parquet/scan_plan.h"
#include "formats/parquet/window_filter.h"
#include "storage/table.h"

namespace trivet::parquet {

// Rows of one row group of one file.
struct RowGroupPiece {
  size_t file = 0;  // among the plan's files
  size_t group = 0;
  RowRange rows;
};

// Reads a row group, or a piece of one, as a morsel: prunes what statistics, Bloom filters, page
// indexes and dictionaries exclude, filters the rest window by window, and reads the output columns
// of windows with survivors only.
class RowGroupReader final : public MorselReader {
 public:
  // `pool` is that of the scan.
  RowGroupReader(std::shared_ptr<const ScanPlan> plan, const RowGroupPiece& piece, uint64_t morsel,
                 std::shared_ptr<PagePool> pool, const ExecutionContext& context,
                 OperatorMetrics* metrics);

  uint64_t morsel() const override { return morsel_; }
  Result<bool> Next(Batch& batch) override;
  // What of the file Next is going to read, as far as the scan's other row groups tell: columns
  // that they wanted, and that no cache has; nothing where statistics exclude all rows.
  std::vector<ByteRange> Expected();

 private:
  // Windows without survivors after which Next returns, so that its caller can yield.
  static constexpr size_t kMaxEmptyWindows = 64;

  Status Start();
  // Whether rows may be left; where not, `by` is the dynamic filter, if any, that none passes.
  bool MayPassStatistics(const PlannedDynamic*& by);
  Result<bool> MayPassBloomFilters(const RandomAccessFile& file, const PlannedDynamic*& by);
  Result<bool> BloomAllows(const RandomAccessFile& file, size_t column,
                           const std::vector<Value>& values);
  Status PrunePages(const RandomAccessFile& file);
  Status PrunePagesOf(const RandomAccessFile& file, size_t column);
  const ColumnBounds* Bounds(size_t column);
  const Leaf* LeafOf(size_t column) const;
  void SkipAll(const PlannedDynamic* by);
  void NoteRemoved(const PlannedDynamic* by, uint64_t rows) const;
  uint64_t FileNumber() const;

  bool NextWindow(size_t& count);
  Status ReadOutput(const RowSelection& selection, size_t window, Batch& batch, bool& emitted);
  void Emit(Batch made, Batch& batch);

  std::shared_ptr<const ScanPlan> plan_;
  const TableFile& file_;
  size_t group_;
  RowRange rows_;
  uint64_t morsel_;
  const RowGroup& row_group_;
  std::shared_ptr<PagePool> pool_;
  const ExecutionContext& context_;
  OperatorMetrics* metrics_;

  bool started_ = false;
  RowRanges ranges_;  // still to read
  size_t range_ = 0;
  uint64_t position_ = 0;
  uint64_t window_first_ = 0;
  uint64_t sequence_ = 0;
  std::vector<std::optional<ColumnBounds>> bounds_;  // by table column, once asked for
  std::vector<std::shared_ptr<const DynamicFilter::Content>> dynamic_;
  std::optional<MorselColumns> columns_;
  std::optional<WindowFilter> filter_;
  BatchCompactor compactor_;
  std::optional<Batch> waiting_;  // follows the batch that was just given out
};

}  // namespace trivet::parquet
