#include "formats/json/json_format.h"

#include <algorithm>
#include <utility>

#include "base/string_concat.h"
#include "formats/json/json_source_arrow.h"

namespace trivet {

namespace {

constexpr std::string_view kUnsupported[] = {"ignore_errors",
                                             "maximum_object_size",
                                             "records",
                                             "union_by_name",
                                             "dateformat",
                                             "timestampformat",
                                             "map_inference_threshold",
                                             "field_appearance_threshold",
                                             "convert_strings_to_integers",
                                             "maximum_depth"};

struct Options {
  JsonOptions json;
  std::string filename_column;
  std::optional<bool> hive_partitioning;
};

Result<Options> ReadOptions(const FormatOptions& named) {
  for (const auto& [name, value] : named) {
    if (std::ranges::find(kUnsupported, name) != std::end(kUnsupported)) {
      return Status::NotImplemented(StrCat("read_json: option ", name, " is not supported"));
    }
  }
  Options options;
  OptionReader reader("read_json", named);
  reader.Take({"compression"}, options.json.compression);
  reader.Take({"hive_partitioning"}, options.hive_partitioning);
  bool filename = false;
  reader.Take({"filename"}, filename);
  if (filename) options.filename_column = "filename";
  std::string format = "auto";
  reader.Take({"format"}, format);
  if (format != "auto" && format != "newline_delimited" && format != "nd" && format != "array" &&
      format != "unstructured") {
    reader.Fail(Status::InvalidInput(
        "read_json: option format must be auto, newline_delimited, array or unstructured"));
  }
  if (const Value* columns = reader.TakeValue({"columns"})) {
    Result<std::vector<std::pair<std::string, LogicalType>>> types =
        TypesOfStruct(*columns, "read_json: option columns");
    if (types.ok()) {
      options.json.columns = std::move(types).value();
    } else {
      reader.Fail(std::move(types).status());
    }
  }
  TRIVET_RETURN_IF_ERROR(reader.Finish());
  return options;
}

Result<TablePtr> Open(std::vector<FileInfo> infos, const FormatOptions& named, FileSystem& files) {
  TRIVET_ASSIGN_OR_RETURN(const Options options, ReadOptions(named));
  FileTableParts parts;
  parts.kind = "READ_JSON";
  parts.format = "json";
  parts.files = std::move(infos);
  parts.options = named;
  JsonShape shape;
  for (size_t i = 0; i < parts.files.size(); ++i) {
    Result<JsonShape> found = DetectJson(files, parts.files[i], options.json);
    if (!found.ok()) return std::move(found).status().WithFile(parts.files[i].path);
    if (i == 0) {
      shape = std::move(found).value();
    } else if (!SameColumns(shape, *found)) {
      return Status::InvalidInput(StrCat("the files \"", parts.files[0].path, "\" and \"",
                                         parts.files[i].path, "\" have different columns"))
          .WithHint("columns = {'name': 'TYPE', …} reads them alike");
    }
  }
  parts.columns = ColumnsOf(shape);
  TRIVET_RETURN_IF_ERROR(AddPathColumns(options.filename_column, options.hive_partitioning, parts));
  parts.open = [json = options.json, shape](const BatchSourceRequest& request) {
    return OpenJsonSource(json, shape, request);
  };
  return MakeFileTable(std::move(parts));
}

}  // namespace

ReadableFormat MakeJsonFormat() {
  ReadableFormat format;
  format.name = "json";
  format.functions = {"read_json", "read_json_auto", "read_ndjson", "read_ndjson_auto"};
  format.extensions = {".json", ".jsonl", ".ndjson"};
  format.compressed_extensions = true;
  format.unsupported_option_names.assign(std::begin(kUnsupported), std::end(kUnsupported));
  format.option_names = {"columns", "compression", "filename", "format", "hive_partitioning"};
  format.open = &Open;
  format.description = "Reads JSON objects, one a line or in an array, with types found by looking";
  return format;
}

}  // namespace trivet
