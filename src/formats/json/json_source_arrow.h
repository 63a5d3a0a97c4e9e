#pragma once

#include <arrow/type.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "formats/adapters/file_batches_arrow.h"

namespace trivet {

struct JsonOptions {
  std::string compression = "auto";
  // All columns, instead of looking.
  std::vector<std::pair<std::string, LogicalType>> columns;
};

// What a look at the start of a file tells: its fields as Arrow reads them, and the types that
// their texts are cast to.
struct JsonShape {
  std::shared_ptr<arrow::Schema> schema;
  std::vector<LogicalType> source_types;
  std::vector<LogicalType> types;
};

Result<JsonShape> DetectJson(FileSystem& files, const FileInfo& info, const JsonOptions& options);
bool SameColumns(const JsonShape& a, const JsonShape& b);
std::vector<FileColumn> ColumnsOf(const JsonShape& shape);
Result<std::unique_ptr<BatchSource>> OpenJsonSource(const JsonOptions& options,
                                                    const JsonShape& shape,
                                                    const BatchSourceRequest& request);

}  // namespace trivet
