#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "formats/csv/csv_options.h"

namespace trivet {

// A field of a sampled row; absent where it is one of the NULL strings.
using CsvRow = std::vector<std::optional<std::string>>;

// Splits the first rows of a text; a last line that is cut off (`whole` is false) is left out.
// Malformed quotes end the sample.
std::vector<CsvRow> SplitCsv(std::string_view text, bool whole, char delimiter,
                             const CsvOptions& options, size_t max_rows);

// The type of a column of text, and how its texts are written.
struct CsvColumnType {
  LogicalType type = TypeId::kVarchar;
  std::string format;  // strptime's; empty: as casts read text
};

// What a look at the start of a file tells: the delimiter, whether the first row names the columns,
// and the columns with the types that the sampled rows have.
struct CsvDialect {
  char delimiter = ',';
  bool header = false;
  std::vector<std::string> names;
  std::vector<CsvColumnType> types;
};
Result<CsvDialect> DetectCsv(std::string_view text, bool whole, const CsvOptions& options);

}  // namespace trivet
