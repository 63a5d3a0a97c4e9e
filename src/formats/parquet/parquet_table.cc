#include "formats/parquet/parquet_table.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

#include "base/string_concat.h"
#include "formats/file_list.h"
#include "formats/parquet/column_statistics.h"
#include "formats/parquet/row_group_reader.h"
#include "formats/parquet/table_files.h"
#include "storage/sample_runs.h"

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
    if (request.sample_rows > 0) {
      ListSample(SampleRuns(request.sample_rows, plan_->table->row_count));
    } else {
      ListMorsels(request.part, context.thread_count());
    }
  }

  Result<std::unique_ptr<MorselReader>> NextMorsel() override {
    const size_t next = next_.fetch_add(1, std::memory_order_relaxed);
    if (next >= morsels_.size()) return std::unique_ptr<MorselReader>();
    ReadAheadOf(next);
    return std::unique_ptr<MorselReader>(
        std::make_unique<RowGroupReader>(plan_, morsels_[next], next, pool_, context_, metrics_));
  }

  uint64_t total_rows() const override { return total_rows_; }

 private:
  // Row groups are cut where there are too few of them for the threads, never below this many rows:
  // each piece reads the dictionary again, and the pages at its ends are read by both neighbours.
  static constexpr uint64_t kMinPieceRows = 122'880;
  static constexpr size_t kMorselsPerThread = 4;

  // Asks for the row groups that come after this one, so many that each thread finds its next one
  // read.
  void ReadAheadOf(size_t current) {
    size_t first = ahead_.load(std::memory_order_relaxed);
    const size_t end = std::min(current + 1 + context_.thread_count(), morsels_.size());
    while (first < end && !ahead_.compare_exchange_weak(first, end, std::memory_order_relaxed)) {
    }
    for (size_t i = std::max(first, current + 1); i < end; ++i) {
      const RowGroupPiece& piece = morsels_[i];
      // Whoever reads the row group's first piece reads it for the others.
      if (piece.rows.begin != 0) continue;
      RowGroupReader reader(plan_, piece, i, pool_, context_, nullptr);
      std::vector<ByteRange> expected = reader.Expected();
      if (expected.empty()) continue;
      uint64_t bytes = 0;
      for (const ByteRange& range : expected) bytes += range.size;
      Result<std::unique_ptr<RandomAccessFile>> file =
          context_.files().Lasting().OpenForRead(plan_->table->files[piece.file].info.path);
      // It is for the scan itself to find out that a file is gone.
      if (!file.ok() || !ReadAhead::Instance().Request(*std::move(file), std::move(expected))) {
        continue;
      }
      if (metrics_ != nullptr) metrics_->bytes_ahead.fetch_add(bytes, std::memory_order_relaxed);
    }
  }

  void ListMorsels(ScanPart part, size_t threads) {
    const std::vector<TableFile>& files = plan_->table->files;
    const size_t begin = part.begin(plan_->table->row_group_count());
    const size_t end = part.end(plan_->table->row_group_count());
    const size_t groups = end - begin;
    const size_t wanted = threads * kMorselsPerThread;
    const size_t pieces = threads > 1 && groups > 0 ? (wanted + groups - 1) / groups : 1;
    size_t ordinal = 0;  // of the row group in the table
    for (size_t file = 0; file < files.size(); ++file) {
      const std::vector<RowGroup>& row_groups = files[file].metadata->row_groups;
      for (size_t group = 0; group < row_groups.size(); ++group, ++ordinal) {
        if (ordinal < begin || ordinal >= end) continue;
        const auto rows = static_cast<uint64_t>(row_groups[group].row_count);
        total_rows_ += rows;
        const auto count =
            static_cast<uint32_t>(std::clamp<uint64_t>(rows / kMinPieceRows, 1, pieces));
        for (uint32_t i = 0; i < count; ++i) {
          const ScanPart piece{i, count};
          morsels_.push_back({file, group, {piece.begin(rows), piece.end(rows)}});
        }
      }
    }
  }

  // A run is moved to where its row group begins: pages ahead of it need not be passed over, and it
  // does not cross into the next. Runs that meet in one group keep their places.
  void ListSample(const std::vector<SampleRun>& runs) {
    const std::vector<TableFile>& files = plan_->table->files;
    uint64_t first = 0;  // of the row group's rows in the table
    size_t run = 0;
    for (size_t file = 0; file < files.size(); ++file) {
      const std::vector<RowGroup>& row_groups = files[file].metadata->row_groups;
      for (size_t group = 0; group < row_groups.size(); ++group) {
        const auto rows = static_cast<uint64_t>(row_groups[group].row_count);
        const auto is_here = [&](size_t i) {
          return i < runs.size() && runs[i].begin < first + rows;
        };
        const bool is_alone = !is_here(run + 1);
        for (; is_here(run); ++run) {
          const uint64_t begin = is_alone ? 0 : runs[run].begin - first;
          const uint64_t end = std::min(rows, begin + (runs[run].end - runs[run].begin));
          morsels_.push_back({file, group, {begin, end}});
          total_rows_ += end - begin;
        }
        first += rows;
      }
    }
  }

  std::shared_ptr<const ScanPlan> plan_;
  const ExecutionContext& context_;
  OperatorMetrics* metrics_;
  std::shared_ptr<PagePool> pool_;
  std::vector<RowGroupPiece> morsels_;  // in the table's order
  uint64_t total_rows_ = 0;
  std::atomic<size_t> next_{0};
  std::atomic<size_t> ahead_{0};  // morsels before it were asked for, or begun
};

class ParquetTable final : public Table {
 public:
  // The file system outlives the table.
  ParquetTable(std::shared_ptr<const TableFiles> files, ParquetOptions options,
               FileSystem& file_system)
      : files_(std::move(files)),
        options_(std::move(options)),
        file_system_(file_system.Lasting()) {}

  const std::vector<ColumnDefinition>& columns() const override { return files_->columns; }
  TableStatistics statistics() const override {
    std::call_once(estimated_, [&] { statistics_ = EstimateStatistics(*files_, file_system_); });
    return statistics_;
  }
  ScanCapabilities capabilities() const override {
    return {.filters = true,
            .dynamic_filters = true,
            .samples = true,
            .dynamic_filters_by_row = true,
            .dynamic_filters_spare_decoding = true};
  }
  size_t split_count() const override { return std::max<size_t>(1, files_->row_group_count()); }
  Result<std::unique_ptr<TableScan>> Scan(const ScanRequest& request,
                                          const ExecutionContext& context) const override {
    return std::unique_ptr<TableScan>(std::make_unique<ParquetScan>(files_, request, context));
  }
  Result<TableReference> Reference() const override {
    TableReference reference{"parquet", {}, NameParquetOptions(options_)};
    for (const TableFile& file : files_->files) reference.files.push_back(file.info);
    return reference;
  }
  std::string kind() const override { return "PARQUET_SCAN"; }
  std::string description() const override {
    const std::vector<TableFile>& files = files_->files;
    if (files.size() == 1) return files.front().info.path;
    return StrCat(files.front().info.path, ", ", files.size(), " files");
  }

 private:
  std::shared_ptr<const TableFiles> files_;
  ParquetOptions options_;
  FileSystem& file_system_;
  mutable std::once_flag estimated_;
  mutable TableStatistics statistics_;
};

}  // namespace

}  // namespace parquet

Result<TablePtr> OpenParquet(const std::vector<std::string>& patterns,
                             const ParquetOptions& options, FileSystem& files) {
  TRIVET_ASSIGN_OR_RETURN(std::vector<FileInfo> infos, ListFiles(patterns, ".parquet", files));
  return OpenParquetFiles(std::move(infos), options, files);
}

Result<TablePtr> OpenParquetFiles(std::vector<FileInfo> infos, const ParquetOptions& options,
                                  FileSystem& files) {
  TRIVET_ASSIGN_OR_RETURN(std::shared_ptr<const parquet::TableFiles> opened,
                          parquet::OpenTableFiles(std::move(infos), options, files));
  return TablePtr(std::make_shared<parquet::ParquetTable>(std::move(opened), options, files));
}

}  // namespace trivet
