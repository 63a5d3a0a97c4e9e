#include "formats/csv/csv_sample.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/string_concat.h"
#include "formats/csv/csv_types.h"
#include "types/number_parse.h"

namespace trivet {

namespace {

constexpr size_t kDelimiterRows = 100;

class Splitter {
 public:
  Splitter(std::string_view text, char delimiter, const CsvOptions& options)
      : text_(text), delimiter_(delimiter), options_(options) {}

  bool AtEnd() const { return next_ >= text_.size(); }

  // Reads one row; false where the text ended within it, or its quotes are wrong.
  bool ReadRow(CsvRow& row) {
    row.clear();
    while (true) {
      bool quoted = false;
      if (!ReadField(quoted)) return false;
      const bool null =
          (!quoted || options_.quoted_nulls) &&
          std::ranges::find(options_.null_strings, field_) != options_.null_strings.end();
      row.push_back(null ? std::nullopt : std::optional(field_));
      if (AtEnd()) return false;
      const char c = text_[next_++];
      if (c == delimiter_) continue;
      if (c == '\r' && !AtEnd() && text_[next_] == '\n') ++next_;
      return c == '\r' || c == '\n';
    }
  }

 private:
  bool ReadField(bool& quoted) {
    field_.clear();
    if (options_.quote != '\0' && !AtEnd() && text_[next_] == options_.quote) {
      quoted = true;
      return ReadQuoted();
    }
    while (!AtEnd()) {
      const char c = text_[next_];
      if (c == delimiter_ || c == '\n' || c == '\r') return true;
      field_.push_back(c);
      ++next_;
    }
    return true;
  }

  bool ReadQuoted() {
    ++next_;
    while (!AtEnd()) {
      const char c = text_[next_++];
      const bool more = !AtEnd();
      if (c == options_.escape && more &&
          (text_[next_] == options_.quote || text_[next_] == options_.escape)) {
        field_.push_back(text_[next_++]);
      } else if (c == options_.quote) {
        return !more || text_[next_] == delimiter_ || text_[next_] == '\n' || text_[next_] == '\r';
      } else {
        field_.push_back(c);
      }
    }
    return false;
  }

  std::string_view text_;
  char delimiter_;
  const CsvOptions& options_;
  size_t next_ = 0;
  std::string field_;
};

bool IsBlankRow(const CsvRow& row) { return row.size() == 1 && (!row[0] || row[0]->empty()); }

// The delimiter that gives the most columns, the same number in every row.
char DetectDelimiter(std::string_view text, bool whole, const CsvOptions& options) {
  char best = ',';
  size_t best_columns = 1;
  for (const char delimiter : {',', '|', ';', '\t'}) {
    const std::vector<CsvRow> rows = SplitCsv(text, whole, delimiter, options, kDelimiterRows);
    if (rows.empty()) continue;
    const size_t columns = rows.front().size();
    const auto even = static_cast<size_t>(
        std::ranges::count_if(rows, [&](const CsvRow& row) { return row.size() == columns; }));
    // Where rows of another width are left out, most of them must have this one.
    const bool fits = options.ignore_errors ? even > rows.size() / 2 : even == rows.size();
    if (fits && columns > best_columns) {
      best = delimiter;
      best_columns = columns;
    }
  }
  return best;
}

// The first row is a header where it does not fit the types of the rest, or where all is text.
bool DetectHeader(const std::vector<CsvRow>& rows, size_t columns, const CsvOptions& options) {
  const std::vector<CsvColumnType> types = DetectCsvTypes(rows, 1, columns, options);
  const auto is_text = [](const CsvColumnType& type) { return type.type.id() == TypeId::kVarchar; };
  bool all_text = true;
  for (size_t c = 0; c < std::min(columns, rows[0].size()); ++c) {
    const std::optional<std::string>& name = rows[0][c];
    if (!is_text(types[c])) {
      all_text = false;
      if (name && !TextFitsCsvType(*name, types[c])) return true;
    }
  }
  return all_text && std::ranges::all_of(DetectCsvTypes({rows[0]}, 0, columns, options), is_text);
}

std::string DefaultName(size_t column, size_t columns) {
  std::string number = std::to_string(column);
  const size_t width = std::to_string(columns - 1).size();
  return "column" + std::string(width - number.size(), '0') + number;
}

std::string Lower(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), ToLowerAscii);
  return name;
}

// Names of the columns, told apart in any case.
std::vector<std::string> NamesOf(const CsvRow* header, size_t columns) {
  std::vector<std::string> names;
  std::unordered_set<std::string> used;
  for (size_t c = 0; c < columns; ++c) {
    const bool named =
        header != nullptr && c < header->size() && (*header)[c] && !(*header)[c]->empty();
    const std::string base = named ? *(*header)[c] : DefaultName(c, columns);
    std::string name = base;
    for (int suffix = 1; !used.insert(Lower(name)).second; ++suffix) {
      name = StrCat(base, "_", suffix);
    }
    names.push_back(std::move(name));
  }
  return names;
}

Status ApplyNamedTypes(const CsvOptions& options, CsvDialect& dialect) {
  for (const auto& [name, type] : options.types) {
    const auto found = std::ranges::find(dialect.names, name);
    if (found == dialect.names.end()) {
      return Status::InvalidInput(
          StrCat("read_csv: option types names \"", name, "\", which is not among the columns"));
    }
    CsvColumnType& target = dialect.types[static_cast<size_t>(found - dialect.names.begin())];
    target = GivenCsvType(type, target, options);
  }
  return Status::OK();
}

}  // namespace

std::vector<CsvRow> SplitCsv(std::string_view text, bool whole, char delimiter,
                             const CsvOptions& options, size_t max_rows) {
  Splitter splitter(text, delimiter, options);
  std::vector<CsvRow> rows;
  CsvRow row;
  while (!splitter.AtEnd() && rows.size() < max_rows) {
    const bool ended = splitter.ReadRow(row);
    if (!ended && !(whole && splitter.AtEnd())) break;
    if (!IsBlankRow(row)) rows.push_back(row);
  }
  return rows;
}

Result<CsvDialect> DetectCsv(std::string_view text, bool whole, const CsvOptions& options) {
  CsvDialect dialect;
  dialect.delimiter = options.delimiter.value_or(DetectDelimiter(text, whole, options));
  const size_t max_rows =
      options.sample_rows < 0 ? SIZE_MAX : static_cast<size_t>(options.sample_rows) + 1;
  const std::vector<CsvRow> rows = SplitCsv(text, whole, dialect.delimiter, options, max_rows);
  size_t columns =
      options.columns.empty() ? std::max<size_t>(options.names.size(), 1) : options.columns.size();
  if (!rows.empty() && options.columns.empty()) columns = rows.front().size();
  dialect.header = options.header.value_or(!rows.empty() && DetectHeader(rows, columns, options));
  const size_t first = dialect.header ? 1 : 0;
  if (!options.columns.empty()) {
    const std::vector<CsvColumnType> found = DetectCsvTypes(rows, first, columns, options);
    for (const auto& [name, type] : options.columns) {
      dialect.types.push_back(GivenCsvType(type, found[dialect.names.size()], options));
      dialect.names.push_back(name);
    }
    return dialect;
  }
  dialect.names = NamesOf(dialect.header && !rows.empty() ? &rows.front() : nullptr, columns);
  if (options.all_varchar) {
    dialect.types.assign(columns, CsvColumnType());
  } else {
    dialect.types = DetectCsvTypes(rows, first, columns, options);
  }
  if (options.names.size() > columns) {
    return Status::InvalidInput(StrCat("read_csv: option names gives ", options.names.size(),
                                       " names for ", columns, " columns"));
  }
  std::copy(options.names.begin(), options.names.end(), dialect.names.begin());
  TRIVET_RETURN_IF_ERROR(ApplyNamedTypes(options, dialect));
  return dialect;
}

}  // namespace trivet
