#include "formats/parquet/parquet_table.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

#include "base/string_concat.h"
#include "formats/parquet/column_statistics.h"
#include "formats/parquet/row_group_reader.h"
#include "formats/parquet/table_files.h"

namespace trivet {

namespace parquet {

namespace {

class ParquetScan final : public TableScan {
 public:
  ParquetScan(std::shared_ptr<const TableFiles> table, const ScanRequest& request,
              const ExecutionContext& context)
      : plan_(MakeScanPlan(std::move(table), request)),
        context_(context),
        metrics_(request.metrics),
        pool_(std::make_shared<PagePool>(context.memory())) {
    ListMorsels(context.thread_count());
  }

  Result<std::unique_ptr<MorselReader>> NextMorsel() override {
    const size_t next = next_.fetch_add(1, std::memory_order_relaxed);
    if (next >= morsels_.size()) return std::unique_ptr<MorselReader>();
    return std::unique_ptr<MorselReader>(
        std::make_unique<RowGroupReader>(plan_, morsels_[next], next, pool_, context_, metrics_));
  }

  uint64_t total_rows() const override { return plan_->table->row_count; }

 private:
  // Row groups are cut where there are too few of them for the threads, never below this many rows:
  // each piece reads the dictionary again, and the pages at its ends are read by both neighbours.
  static constexpr uint64_t kMinPieceRows = 122'880;
  static constexpr size_t kMorselsPerThread = 4;

  void ListMorsels(size_t threads) {
    const std::vector<TableFile>& files = plan_->table->files;
    size_t groups = 0;
    for (const TableFile& file : files) groups += file.metadata->row_groups.size();
    const size_t wanted = threads * kMorselsPerThread;
    const size_t pieces = threads > 1 && groups > 0 ? (wanted + groups - 1) / groups : 1;
    for (size_t file = 0; file < files.size(); ++file) {
      const std::vector<RowGroup>& row_groups = files[file].metadata->row_groups;
      for (size_t group = 0; group < row_groups.size(); ++group) {
        const auto rows = static_cast<uint64_t>(row_groups[group].row_count);
        const uint64_t count = std::clamp<uint64_t>(rows / kMinPieceRows, 1, pieces);
        for (uint64_t i = 0; i < count; ++i) {
          morsels_.push_back({file, group, {rows * i / count, rows * (i + 1) / count}});
        }
      }
    }
  }

  std::shared_ptr<const ScanPlan> plan_;
  const ExecutionContext& context_;
  OperatorMetrics* metrics_;
  std::shared_ptr<PagePool> pool_;
  std::vector<RowGroupPiece> morsels_;  // in the table's order
  std::atomic<size_t> next_{0};
};

class ParquetTable final : public Table {
 public:
  // The file system outlives the table.
  ParquetTable(std::shared_ptr<const TableFiles> files, FileSystem& file_system)
      : files_(std::move(files)), file_system_(file_system) {}

  const std::vector<ColumnDefinition>& columns() const override { return files_->columns; }
  TableStatistics statistics() const override {
    std::call_once(estimated_, [&] { statistics_ = EstimateStatistics(*files_, file_system_); });
    return statistics_;
  }
  ScanCapabilities capabilities() const override { return {true, true}; }
  Result<std::unique_ptr<TableScan>> Scan(const ScanRequest& request,
                                          const ExecutionContext& context) const override {
    return std::unique_ptr<TableScan>(std::make_unique<ParquetScan>(files_, request, context));
  }
  std::string kind() const override { return "PARQUET_SCAN"; }
  std::string description() const override {
    const std::vector<TableFile>& files = files_->files;
    if (files.size() == 1) return files.front().info.path;
    return StrCat(files.front().info.path, ", ", files.size(), " files");
  }

 private:
  std::shared_ptr<const TableFiles> files_;
  FileSystem& file_system_;
  mutable std::once_flag estimated_;
  mutable TableStatistics statistics_;
};

}  // namespace

}  // namespace parquet

Result<TablePtr> OpenParquet(const std::vector<std::string>& patterns,
                             const ParquetOptions& options, FileSystem& files) {
  TRIVET_ASSIGN_OR_RETURN(std::shared_ptr<const parquet::TableFiles> opened,
                          parquet::OpenTableFiles(patterns, options, files));
  return TablePtr(std::make_shared<parquet::ParquetTable>(std::move(opened), files));
}

}  // namespace trivet
