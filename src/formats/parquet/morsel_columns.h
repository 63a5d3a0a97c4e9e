#pragma once

#include <memory>
#include <vector>

#include "formats/parquet/column_reader.h"
#include "formats/parquet/scan_plan.h"
#include "storage/table.h"

namespace trivet::parquet {

// The columns of one row group that a scan needs, read window by window: a window is a run of rows,
// and a column that nobody loads in it is skipped without being read. One thread at a time.
class MorselColumns {
 public:
  MorselColumns(const ScanPlan& plan, const TableFile& file, size_t group,
                const ReaderResources& resources, const ExecutionContext& context);

  // Makes the readers. NotImplemented for a column that cannot be read.
  Status Start();
  // Rows [first, first + count) are the window; first never goes back.
  void BeginWindow(uint64_t first, size_t count);
  // The column in `slot` over the window, read now if need be. Valid until the next window.
  Result<const Vector*> Load(size_t slot);
  // The dictionary that all values of the slot's chunk are coded with; null where they are not.
  Result<std::shared_ptr<const Dictionary>> LoadFullDictionary(size_t slot);

 private:
  struct Slot {
    const ColumnSource* source = nullptr;
    std::unique_ptr<ColumnReader> reader;
    FlatColumnReader* flat = nullptr;  // the reader, where it is one and values are not cast
    const ColumnChunk* chunk = nullptr;
    uint64_t position = 0;  // row that the reader stands at
    bool loaded = false;
    Vector vector;
  };
  // NotImplemented, naming the column, where a chunk below the node cannot be read.
  Status CheckReadable(const Node& node, const Node& column) const;
  Status MakeReader(Slot& slot, size_t column);
  Vector RowNumbers() const;

  const ScanPlan& plan_;
  const TableFile& file_;
  size_t group_;
  ReaderResources resources_;
  const ExecutionContext& context_;
  std::vector<Slot> slots_;
  uint64_t first_ = 0;
  size_t count_ = 0;
};

}  // namespace trivet::parquet
