#pragma once

#include "formats/file_writer.h"

namespace trivet {

// Writes CSV. Options, named as DuckDB names them: header, delimiter (delim, sep), quote, escape,
// null (nullstr), force_quote, compression (auto by the file's name, none, gzip, zstd).
Result<std::unique_ptr<FileWriter>> OpenCsvWriter(const FileWriterRequest& request,
                                                  const ExecutionContext& context);

}  // namespace trivet
