#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "formats/csv/csv_options.h"
#include "formats/csv/csv_sample.h"
#include "types/type.h"

namespace trivet {

// Finds the type of each column of sampled rows, the first `first` of which are left out. Dates and
// times of a day are tried as casts read them, then by the patterns that people write: day, month
// and year in any order, with /, -, . or blanks between them. Where a column fits several patterns,
// the one that fits the most columns of the file is taken, then the earlier in DuckDB's order.
std::vector<CsvColumnType> DetectCsvTypes(const std::vector<CsvRow>& rows, size_t first,
                                          size_t columns, const CsvOptions& options);

// Whether one text is written in the type, by the same rules.
bool TextFitsCsvType(std::string_view text, const CsvColumnType& type);

// The type that the user gives a column of which `found` is what detection says: a date or
// timestamp keeps the pattern that was found, or has the one that the options name.
CsvColumnType GivenCsvType(const LogicalType& given, const CsvColumnType& found,
                           const CsvOptions& options);

}  // namespace trivet
