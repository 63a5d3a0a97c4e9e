#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/table_function.h"
#include "formats/format_options.h"
#include "storage/table.h"

namespace trivet {

// A file format that can be read: one file makes it, one line in registry.cc lists it.
struct ReadableFormat {
  std::string name;                     // "parquet"
  std::vector<std::string> functions;   // table functions, the first the usual one
  std::vector<std::string> extensions;  // ".parquet"; of FROM 'path'
  bool compressed_extensions = false;   // also followed by ".gz" and the like
  std::vector<std::string> option_names;
  std::vector<std::string> unsupported_option_names;  // of the dialect; refused by name
  // Opens exactly these files, of which there is at least one.
  std::function<Result<TablePtr>(std::vector<FileInfo> infos, const FormatOptions& options,
                                 FileSystem& files)>
      open;
  std::string description;
};

std::span<const ReadableFormat> ReadableFormats();

// Opens files as a table. `format` is a name of the list above or empty: then the extension of the
// first pattern tells. Errors are typed: unknown formats and options are InvalidInput with the
// nearest name.
Result<TablePtr> OpenFile(const std::vector<std::string>& patterns, std::string_view format,
                          const FormatOptions& options, FileSystem& files);

// Adds read_parquet, read_csv … and FROM 'path' to the registry that the binder asks.
void RegisterFileFormats(TableFunctionRegistry& functions);

// Has references to tables of files opened, by the format's name: the very files of the reference,
// InvalidInput where one has changed since, NotFound where one is missing.
void RegisterFileTables(TableOpeners& openers);

}  // namespace trivet
