#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "formats/format_options.h"
#include "storage/table.h"

namespace trivet {

// Options of read_parquet, named as DuckDB names them.
struct ParquetOptions {
  // Columns from directories named key=value; absent: where every path has the same keys.
  std::optional<bool> hive_partitioning;
  bool hive_types_autocast = true;  // dates, timestamps and integers among the keys' values
  bool filename = false;            // a column with the file's path
  std::string filename_column = "filename";
  bool file_row_number = false;  // a column with the row's number in its file
  bool union_by_name = false;    // columns of all files, matched by name, missing ones NULL
  bool binary_as_string = false;
};

// Opens the files that the patterns match, in the patterns' order and sorted by path within each,
// as one table. Reads footers only. Errors are typed and name the files: NotFound where a pattern
// matches none, InvalidInput for files that are not Parquet or whose schemas differ, Corruption.
Result<TablePtr> OpenParquet(const std::vector<std::string>& patterns,
                             const ParquetOptions& options, FileSystem& files);
// The same for exactly these files.
Result<TablePtr> OpenParquetFiles(std::vector<FileInfo> infos, const ParquetOptions& options,
                                  FileSystem& files);

// Options as read_parquet takes them by name, and back to names.
Result<ParquetOptions> ReadParquetOptions(const FormatOptions& named);
FormatOptions NameParquetOptions(const ParquetOptions& options);

}  // namespace trivet
