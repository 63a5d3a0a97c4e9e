#pragma once

#include <memory>
#include <vector>

#include "formats/parquet/column_reader.h"
#include "formats/parquet/table_files.h"
#include "storage/table.h"

namespace trivet::parquet {

// Reads one row group of one file as a morsel.
class RowGroupReader final : public MorselReader {
 public:
  RowGroupReader(const TableFile& file, size_t group, std::vector<size_t> columns, size_t batch_size,
                 const std::vector<ColumnDefinition>& definitions, ReaderResources resources,
                 const ExecutionContext& context);

  uint64_t morsel() const override { return file_.first_morsel + group_; }
  Result<bool> Next(Batch& batch) override;

 private:
  Status Start();
  Vector RowNumbers(size_t count) const;

  const TableFile& file_;
  size_t group_;
  std::vector<size_t> columns_;
  size_t batch_size_;
  const std::vector<ColumnDefinition>& definitions_;
  ReaderResources resources_;
  const ExecutionContext& context_;
  std::vector<std::unique_ptr<ColumnReader>> readers_;
  size_t next_row_ = 0;
  uint64_t sequence_ = 0;
};

}  // namespace trivet::parquet
