#include "formats/parquet/parquet_table.h"

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
    const std::vector<TableFile>& files = plan_->table->files;
    for (size_t file = 0; file < files.size(); ++file) {
      const size_t groups = files[file].metadata->row_groups.size();
      for (size_t group = 0; group < groups; ++group) morsels_.emplace_back(file, group);
    }
  }

  Result<std::unique_ptr<MorselReader>> NextMorsel() override {
    const size_t next = next_.fetch_add(1, std::memory_order_relaxed);
    if (next >= morsels_.size()) return std::unique_ptr<MorselReader>();
    const auto [file, group] = morsels_[next];
    return std::unique_ptr<MorselReader>(
        std::make_unique<RowGroupReader>(plan_, file, group, pool_, context_, metrics_));
  }

  uint64_t total_rows() const override { return plan_->table->row_count; }

 private:
  std::shared_ptr<const ScanPlan> plan_;
  const ExecutionContext& context_;
  OperatorMetrics* metrics_;
  std::shared_ptr<PagePool> pool_;
  std::vector<std::pair<size_t, size_t>> morsels_;  // file and row group
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
