#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "formats/parquet/metadata.h"
#include "formats/parquet/parquet_table.h"
#include "formats/parquet/schema.h"
#include "storage/table.h"

namespace trivet::parquet {

// Where a table's column comes from in one file.
struct ColumnSource {
  enum class Kind : uint8_t { kNode, kConstant, kRowNumber };
  Kind kind = Kind::kConstant;
  size_t node = 0;    // kNode: position in FileSchema::columns
  bool cast = false;  // kNode: the file's type is another than the table's
  Value constant;     // kConstant: of the table's type
};

struct TableFile {
  FileInfo info;
  std::shared_ptr<const FileMetadata> metadata;
  std::shared_ptr<const FileSchema> schema;
  std::vector<ColumnSource> sources;  // by table column
};

// The files of a table and its columns. Immutable once made.
struct TableFiles {
  std::vector<ColumnDefinition> columns;
  std::vector<TableFile> files;
  uint64_t row_count = 0;

  size_t row_group_count() const {
    size_t count = 0;
    for (const TableFile& file : files) count += file.metadata->row_groups.size();
    return count;
  }
};

Result<std::shared_ptr<const TableFiles>> OpenTableFiles(std::vector<FileInfo> infos,
                                                         const ParquetOptions& options,
                                                         FileSystem& files);

}  // namespace trivet::parquet
