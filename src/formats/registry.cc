#include "formats/registry.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/nearest_name.h"
#include "base/string_concat.h"
#include "formats/arrow/arrow_format.h"
#include "formats/csv/csv_format.h"
#include "formats/file_list.h"
#include "formats/json/json_format.h"
#include "formats/parquet/parquet_format.h"

namespace trivet {

namespace {

std::string ToLower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

const ReadableFormat* FormatOfPath(std::string_view path) {
  std::string lower = ToLower(path);
  bool compressed = false;
  for (const std::string_view suffix : {".gz", ".zst", ".bz2"}) {
    if (!lower.ends_with(suffix)) continue;
    lower.resize(lower.size() - suffix.size());
    compressed = true;
    break;
  }
  for (const ReadableFormat& format : ReadableFormats()) {
    if (compressed && !format.compressed_extensions) continue;
    for (const std::string& extension : format.extensions) {
      if (lower.ends_with(extension)) return &format;
    }
  }
  return nullptr;
}

Result<const ReadableFormat*> FindFormat(std::string_view name, const std::string& path,
                                         FileSystem& files) {
  if (name.empty()) {
    if (const ReadableFormat* format = FormatOfPath(path)) return format;
    const Result<FileInfo> info = files.GetInfo(path);
    if (info.ok() && info->is_directory) return IsDirectory(path, ".parquet");
    std::string functions;
    for (const ReadableFormat& format : ReadableFormats()) {
      functions += StrCat(functions.empty() ? "" : ", ", format.functions.front());
    }
    return Status::InvalidInput(StrCat("the name \"", path, "\" does not tell the file's format"))
        .WithHint(StrCat("name it by one of ", functions));
  }
  std::vector<std::string> names;
  for (const ReadableFormat& format : ReadableFormats()) {
    if (format.name == ToLower(name)) return &format;
    names.push_back(format.name);
  }
  Status status = Status::InvalidInput(StrCat("there is no file format \"", name, "\""));
  const std::string nearest = NearestName(name, names);
  if (nearest.empty()) return status;
  return std::move(status).WithHint(StrCat("did you mean \"", nearest, "\"?"));
}

Result<TablePtr> OpenPatterns(const ReadableFormat& format,
                              const std::vector<std::string>& patterns,
                              const FormatOptions& options, FileSystem& files) {
  TRIVET_ASSIGN_OR_RETURN(std::vector<FileInfo> infos,
                          ListFiles(patterns, format.extensions.front(), files));
  return format.open(std::move(infos), options, files);
}

Status CheckUnchanged(const FileInfo& info, FileSystem& files) {
  const Result<FileInfo> now = files.GetInfo(info.path);
  if (!now.ok()) return now.status().WithFile(info.path);
  if (now->size_bytes == info.size_bytes && now->modified_nanos == info.modified_nanos) {
    return Status::OK();
  }
  return Status::InvalidInput(
             StrCat("the file \"", info.path, "\" has changed since the query was planned"))
      .WithFile(info.path);
}

TableFunction MakeTableFunction(const ReadableFormat& format, const std::string& name) {
  TableFunction function;
  function.name = name;
  function.named_parameters = format.option_names;
  function.unsupported_parameters = format.unsupported_option_names;
  function.description = format.description;
  function.is_reproducible = true;
  function.bind = [&format, name](const TableFunctionCall& call) -> Result<TablePtr> {
    if (call.arguments.size() != 1) {
      return Status::InvalidInput(
          StrCat(name, " takes one argument, a path or a list of paths, and named options"));
    }
    const std::optional<std::vector<std::string>> patterns = StringsOf(call.arguments.front());
    if (!patterns) {
      return Status::InvalidInput(StrCat(name, ": the path must be a string or a list of strings"));
    }
    return OpenPatterns(format, *patterns, call.named_arguments, *call.files);
  };
  return function;
}

}  // namespace

std::span<const ReadableFormat> ReadableFormats() {
  static const std::vector<ReadableFormat> formats = {MakeParquetFormat(), MakeCsvFormat(),
                                                      MakeJsonFormat(), MakeArrowFormat()};
  return formats;
}

Result<TablePtr> OpenFile(const std::vector<std::string>& patterns, std::string_view format,
                          const FormatOptions& options, FileSystem& files) {
  if (patterns.empty()) return Status::InvalidInput("no file was named");
  TRIVET_ASSIGN_OR_RETURN(const ReadableFormat* found, FindFormat(format, patterns.front(), files));
  return OpenPatterns(*found, patterns, options, files);
}

void RegisterFileTables(TableOpeners& openers) {
  for (const ReadableFormat& format : ReadableFormats()) {
    openers.Add(format.name,
                [&format](const TableReference& reference, FileSystem& files) -> Result<TablePtr> {
                  if (reference.files.empty()) {
                    return Status::Corruption("the reference to a table of files names none");
                  }
                  for (const FileInfo& info : reference.files) {
                    TRIVET_RETURN_IF_ERROR(CheckUnchanged(info, files));
                  }
                  return format.open(reference.files, reference.options, files);
                });
  }
}

void RegisterFileFormats(TableFunctionRegistry& functions) {
  for (const ReadableFormat& format : ReadableFormats()) {
    for (const std::string& name : format.functions) {
      functions.Add(MakeTableFunction(format, name));
    }
  }
  functions.SetOpenPath(
      [](const std::string& path, FileSystem& files) { return OpenFile({path}, {}, {}, files); });
}

}  // namespace trivet
