#pragma once

#include "formats/file_writer.h"

namespace trivet {

// Writes Parquet over Arrow's writer. Options, named as DuckDB names them: compression (or codec),
// compression_level, row_group_size (rows), parquet_version (V1 or V2 data pages).
Result<std::unique_ptr<FileWriter>> OpenParquetWriter(const FileWriterRequest& request,
                                                      const ExecutionContext& context);

}  // namespace trivet
