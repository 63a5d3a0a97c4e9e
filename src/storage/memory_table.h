#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/table.h"
#include "storage/text_dictionary.h"

namespace trivet {

// A run of rows of a memory table: one vector a column, flat, or a dictionary of few strings, which
// other runs may share, and each column's bounds. Immutable
// and shared by all snapshots that hold it; the memory stays reserved as long as it lives.
struct MemoryChunk {
  // Queries elsewhere may read the rows for a moment after the database that made them has gone.
  std::shared_ptr<MemoryManager> budget;
  std::vector<Vector> columns;  // `row_count` rows each
  std::vector<ColumnStatistics> statistics;
  size_t row_count = 0;
  Reservation reservation;
};
using MemoryChunks = std::vector<std::shared_ptr<const MemoryChunk>>;

// Gathers rows for a memory table. Rows keep the order in which they come. Every byte is reserved;
// a failed call leaves nothing in the table. Not synchronised.
class MemoryTableBuilder {
 public:
  static constexpr size_t kChunkRows = 122880;

  // `table` names the table in errors. The budget lives as long as what is made.
  MemoryTableBuilder(std::string table, std::vector<ColumnDefinition> columns,
                     std::shared_ptr<MemoryManager> budget);

  // Copies the rows; the batch's columns must be of the table's types. InvalidInput for a NULL in a
  // column declared NOT NULL.
  Status Append(const Batch& batch);
  // The chunks of all rows appended; the builder is empty afterwards.
  Result<MemoryChunks> Finish();

 private:
  Status CheckNulls(const Batch& batch, size_t column) const;
  Status CopyIn(const Batch& batch, size_t begin, size_t count);
  Status Reserve(const Batch& batch, size_t begin, size_t count);
  void StartChunk();
  void CloseChunk();
  bool TryEncode(size_t column);
  void StartDictionaries();

  // Codes of a chunk's column, whose dictionary is still being filled.
  struct Encoded {
    size_t chunk;
    size_t column;
    Indices codes;
  };

  std::string table_;
  std::vector<ColumnDefinition> columns_;
  std::shared_ptr<MemoryManager> budget_;
  std::vector<std::shared_ptr<MemoryChunk>> done_;
  std::vector<Encoded> encoded_;
  std::vector<std::unique_ptr<TextDictionary>> dictionaries_;  // by column; of strings alone
  std::shared_ptr<MemoryChunk> open_;
};

// One snapshot of a table in memory. A later snapshot shares its chunks. Scans give a morsel for
// each part of a chunk, in order, and skip chunks whose bounds refute a filter; run-time filters
// are asked of each row as well.
class MemoryTable final : public Table {
 public:
  MemoryTable(std::vector<ColumnDefinition> columns, MemoryChunks chunks);

  const std::vector<ColumnDefinition>& columns() const override { return columns_; }
  TableStatistics statistics() const override;
  ScanCapabilities capabilities() const override {
    return {
        .filters = true, .dynamic_filters = true, .samples = true, .dynamic_filters_by_row = true};
  }
  Result<std::unique_ptr<TableScan>> Scan(const ScanRequest& request,
                                          const ExecutionContext& context) const override;
  size_t split_count() const override { return std::max<size_t>(chunks_.size(), 1); }
  Result<TableReference> Reference() const override {
    return TableReference{std::string(kUploadedRows), {}, {}};
  }
  std::string kind() const override { return "MEMORY_SCAN"; }
  std::string description() const override;

  const MemoryChunks& chunks() const { return chunks_; }
  uint64_t row_count() const { return row_count_; }

 private:
  void MergeStatistics(size_t column, ColumnStatistics& all) const;

  std::vector<ColumnDefinition> columns_;
  MemoryChunks chunks_;
  uint64_t row_count_ = 0;
};

}  // namespace trivet
