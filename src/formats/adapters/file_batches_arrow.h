#pragma once

#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "storage/table.h"

namespace trivet {

// The record batches of one file, one after another.
class BatchSource {
 public:
  virtual ~BatchSource() = default;
  // Null at the end. Errors name the file.
  virtual Result<std::shared_ptr<arrow::RecordBatch>> Next() = 0;
  // Line of the file in which the first row of the last batch starts; 0 where files have no lines.
  virtual uint64_t first_line() const { return 0; }
};

// A column of a table over files that Arrow's readers read.
struct FileColumn {
  ColumnDefinition definition;
  // Position among the file's columns; none for what comes from the path.
  std::optional<size_t> source;
  // The type in which the source gives it; cast to the definition's where that is another.
  LogicalType source_type;
  // The pattern of strptime by which text is read; empty: a cast's rules.
  std::string format;
  std::vector<Value> constants;  // without a source: by file
};

// What one open call is asked for.
struct BatchSourceRequest {
  std::shared_ptr<const RandomAccessFile> file;
  std::vector<size_t> columns;  // sources, in the order in which batches give them
  arrow::MemoryPool* pool = nullptr;
  OperatorMetrics* metrics = nullptr;
};

struct FileTableParts {
  std::string kind;    // "READ_CSV"
  std::string format;  // as in the registry
  std::vector<FileInfo> files;
  std::vector<std::pair<std::string, Value>> options;  // as the format was given them
  std::vector<FileColumn> columns;
  // Leaves out rows of which any column of the file cannot be cast or is no UTF-8, whichever
  // columns are asked for.
  bool ignore_errors = false;
  std::function<Result<std::unique_ptr<BatchSource>>(const BatchSourceRequest& request)> open;
};

// A table over such files: batches are taken in turn and cast by the threads that take them. Values
// that cannot be cast are InvalidInput naming file, line and column. Memory of Arrow's is reserved.
TablePtr MakeFileTable(FileTableParts parts);

// Appends a filename column (where a name is given) and the hive columns of the paths.
Status AddPathColumns(const std::string& filename_column, std::optional<bool> hive_partitioning,
                      FileTableParts& parts);

}  // namespace trivet
