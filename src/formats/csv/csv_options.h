#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "formats/format_options.h"
#include "types/type.h"

namespace trivet {

// Options of read_csv, named as DuckDB names them. Absent ones are found by looking at the file.
struct CsvOptions {
  std::optional<char> delimiter;
  std::optional<bool> header;
  char quote = '"';  // '\0': none
  char escape = '"';
  std::vector<std::string> null_strings = {""};
  bool quoted_nulls = true;
  int64_t skip = 0;  // lines before the header
  bool all_varchar = false;
  bool null_padding = false;
  bool ignore_errors = false;  // rows that cannot be read are left out
  // Patterns of strptime; empty: found by looking.
  std::string date_format;
  std::string timestamp_format;
  int64_t sample_rows = 20480;  // -1: as many as fit the sample's bytes
  std::string compression = "auto";
  // Names and types of all columns, instead of looking; then types of some, by name.
  std::vector<std::pair<std::string, LogicalType>> columns;
  std::vector<std::string> names;
  std::vector<std::pair<std::string, LogicalType>> types;
  std::string filename_column;  // empty: none
  std::optional<bool> hive_partitioning;
};

Result<CsvOptions> ReadCsvOptions(const FormatOptions& named);
const std::vector<std::string>& CsvOptionNames();
// Those that DuckDB has besides; NotImplemented.
const std::vector<std::string>& UnsupportedCsvOptionNames();

}  // namespace trivet
