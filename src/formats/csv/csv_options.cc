#include "formats/csv/csv_options.h"

#include <utility>

#include "base/string_concat.h"
#include "types/date_time_pattern.h"

namespace trivet {

namespace {

void TakeTypes(OptionReader& reader, std::initializer_list<std::string_view> names,
               std::vector<std::pair<std::string, LogicalType>>& target) {
  const Value* value = reader.TakeValue(names);
  if (value == nullptr) return;
  Result<std::vector<std::pair<std::string, LogicalType>>> types =
      TypesOfStruct(*value, StrCat("read_csv: option ", *names.begin()));
  if (types.ok()) {
    target = std::move(types).value();
  } else {
    reader.Fail(std::move(types).status());
  }
}

}  // namespace

const std::vector<std::string>& CsvOptionNames() {
  static const std::vector<std::string> names = {"delim",
                                                 "sep",
                                                 "delimiter",
                                                 "header",
                                                 "quote",
                                                 "escape",
                                                 "nullstr",
                                                 "null",
                                                 "skip",
                                                 "all_varchar",
                                                 "null_padding",
                                                 "sample_size",
                                                 "compression",
                                                 "columns",
                                                 "names",
                                                 "column_names",
                                                 "types",
                                                 "dtypes",
                                                 "column_types",
                                                 "auto_detect",
                                                 "filename",
                                                 "allow_quoted_nulls",
                                                 "ignore_errors",
                                                 "dateformat",
                                                 "date_format",
                                                 "timestampformat",
                                                 "timestamp_format",
                                                 "hive_partitioning"};
  return names;
}

// An error that says so is better than "no such option".
const std::vector<std::string>& UnsupportedCsvOptionNames() {
  static const std::vector<std::string> names = {
      "store_rejects",  "comment",          "encoding",      "union_by_name", "decimal_separator",
      "thousands",      "normalize_names",  "rejects_table", "rejects_scan",  "rejects_limit",
      "force_not_null", "new_line",         "strict_mode",   "max_line_size", "buffer_size",
      "parallel",       "maximum_line_size"};
  return names;
}

namespace {

void TakeDateFormat(OptionReader& reader, std::initializer_list<std::string_view> names,
                    std::string& target) {
  reader.Take(names, target);
  if (target.empty()) return;
  Status status = DateTimePattern::Compile(target).status();
  if (!status.ok()) {
    reader.Fail(std::move(status).WithContext(StrCat("read_csv: option ", *names.begin())));
  }
}

}  // namespace

Result<CsvOptions> ReadCsvOptions(const FormatOptions& named) {
  CsvOptions options;
  for (const auto& [name, value] : named) {
    for (const std::string_view unsupported : UnsupportedCsvOptionNames()) {
      if (name != unsupported) continue;
      return Status::NotImplemented(StrCat("read_csv: option ", name, " is not supported"));
    }
  }
  OptionReader reader("read_csv", named);
  char delimiter = '\0';
  reader.Take({"delim", "sep", "delimiter"}, delimiter, false);
  if (delimiter != '\0') options.delimiter = delimiter;
  reader.Take({"header"}, options.header);
  reader.Take({"quote"}, options.quote, true);
  options.escape = options.quote;
  reader.Take({"escape"}, options.escape, true);
  reader.Take({"nullstr", "null"}, options.null_strings);
  reader.Take({"allow_quoted_nulls"}, options.quoted_nulls);
  reader.Take({"skip"}, options.skip, 0);
  reader.Take({"all_varchar"}, options.all_varchar);
  reader.Take({"null_padding"}, options.null_padding);
  reader.Take({"ignore_errors"}, options.ignore_errors);
  TakeDateFormat(reader, {"dateformat", "date_format"}, options.date_format);
  TakeDateFormat(reader, {"timestampformat", "timestamp_format"}, options.timestamp_format);
  reader.Take({"sample_size"}, options.sample_rows, -1);
  reader.Take({"compression"}, options.compression);
  bool auto_detect = true;
  reader.Take({"auto_detect"}, auto_detect);
  if (!auto_detect) {
    if (!options.delimiter) options.delimiter = ',';
    if (!options.header) options.header = false;
  }
  TakeTypes(reader, {"columns"}, options.columns);
  reader.Take({"names", "column_names"}, options.names);
  TakeTypes(reader, {"types", "dtypes", "column_types"}, options.types);
  reader.Take({"hive_partitioning"}, options.hive_partitioning);
  if (const Value* filename = reader.TakeValue({"filename"})) {
    const bool text = !filename->is_null() && filename->type().id() == TypeId::kVarchar;
    const bool boolean = !filename->is_null() && filename->type().id() == TypeId::kBoolean;
    if (text) {
      options.filename_column = filename->string();
    } else if (boolean) {
      options.filename_column = filename->boolean() ? "filename" : "";
    } else {
      reader.Fail(Status::InvalidInput("read_csv: option filename must be true, false or a name"));
    }
  }
  TRIVET_RETURN_IF_ERROR(reader.Finish());
  if (!auto_detect && options.columns.empty() && !options.all_varchar) {
    return Status::InvalidInput("read_csv: without auto_detect the columns must be named")
        .WithHint("columns = {'name': 'TYPE', …}");
  }
  return options;
}

}  // namespace trivet
