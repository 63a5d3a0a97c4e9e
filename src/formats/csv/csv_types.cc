#include "formats/csv/csv_types.h"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <utility>

#include "formats/type_detection.h"
#include "types/date_time_pattern.h"
#include "types/number_parse.h"

namespace trivet {

namespace {

using Texts = std::vector<std::optional<std::string_view>>;

struct Candidate {
  DateTimePattern pattern;
  LogicalType type;
};

void AddCandidates(std::initializer_list<std::string_view> formats, const LogicalType& type,
                   std::vector<Candidate>& candidates) {
  for (const std::string_view format : formats) {
    for (const char separator : {'-', '/', '.', ' '}) {
      std::string text(format);
      std::replace(text.begin(), text.end(), '-', separator);
      Result<DateTimePattern> pattern = DateTimePattern::Compile(text);
      if (pattern.ok()) candidates.push_back({std::move(pattern).value(), type});
    }
  }
}

// What is tried without being named, in this order, and only for what nothing else fits.
const std::vector<Candidate>& KnownCandidates() {
  static const std::vector<Candidate> known = [] {
    std::vector<Candidate> candidates;
    AddCandidates({"%y-%m-%d", "%Y-%m-%d", "%d-%m-%y", "%d-%m-%Y", "%m-%d-%y", "%m-%d-%Y"},
                  TypeId::kDate, candidates);
    AddCandidates(
        {"%y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%d-%m-%y %H:%M:%S", "%d-%m-%Y %H:%M:%S",
         "%m-%d-%y %I:%M:%S %p", "%m-%d-%Y %I:%M:%S %p", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M"},
        LogicalType::Timestamp(), candidates);
    return candidates;
  }();
  return known;
}

// The formats that the options name; they were compiled once when the options were read.
std::vector<Candidate> NamedCandidates(const CsvOptions& options) {
  std::vector<Candidate> candidates;
  const auto add = [&](const std::string& format, bool is_date) {
    if (format.empty()) return;
    Result<DateTimePattern> pattern = DateTimePattern::Compile(format);
    if (!pattern.ok()) return;
    const LogicalType type = is_date ? LogicalType(TypeId::kDate) : pattern->ParsedType();
    candidates.push_back({std::move(pattern).value(), type});
  };
  add(options.date_format, true);
  add(options.timestamp_format, false);
  return candidates;
}

bool FitsAll(const DateTimePattern& pattern, const Texts& texts) {
  return std::ranges::all_of(texts,
                             [&](const auto& text) { return !text || pattern.Parse(*text).ok(); });
}

// Whether the year, the first or the last part of the date, has two digits for %y and more for %Y.
// A pattern reads shorter years, too, but 1.2.3 is no date.
bool YearFits(std::string_view pattern, std::string_view text) {
  const bool is_short = pattern.find("%y") != std::string_view::npos;
  const bool is_first = pattern.starts_with("%y") || pattern.starts_with("%Y");
  const char separator = pattern[2];
  text = TrimBlanks(text);
  if (!is_first) {
    for (int part = 0; part < 2; ++part) text.remove_prefix(text.find(separator) + 1);
  }
  size_t digits = 0;
  while (digits < text.size() && IsDigit(text[digits])) ++digits;
  return is_short ? digits == 2 : digits > 2;
}

bool FitsKnown(const DateTimePattern& pattern, const Texts& texts) {
  return FitsAll(pattern, texts) && std::ranges::all_of(texts, [&](const auto& text) {
           return !text || YearFits(pattern.text(), *text);
         });
}

// Every known pattern starts with a digit, which most texts do not.
bool MayBeDate(const Texts& texts) {
  return std::ranges::all_of(texts, [](const auto& text) {
    const std::string_view trimmed = text ? TrimBlanks(*text) : std::string_view("0");
    return !trimmed.empty() && IsDigit(trimmed[0]);
  });
}

Texts TextsOf(const std::vector<CsvRow>& rows, size_t first, size_t column, size_t columns,
              const CsvOptions& options) {
  Texts texts;
  for (size_t r = first; r < rows.size(); ++r) {
    if (options.ignore_errors && rows[r].size() > columns) continue;  // is going to be left out
    const bool given = column < rows[r].size() && rows[r][column];
    texts.push_back(given ? std::optional<std::string_view>(*rows[r][column]) : std::nullopt);
  }
  return texts;
}

// For each column the known candidates that all its texts fit, as positions.
using Fits = std::vector<std::vector<size_t>>;

// Settles the columns pattern by pattern, the one that fits the most first.
void Settle(Fits fits, std::vector<CsvColumnType>& types) {
  const std::vector<Candidate>& known = KnownCandidates();
  while (true) {
    std::vector<size_t> votes(known.size(), 0);
    for (const std::vector<size_t>& candidates : fits) {
      for (const size_t candidate : candidates) ++votes[candidate];
    }
    const auto most = std::ranges::max_element(votes);  // the first of the greatest
    if (most == votes.end() || *most == 0) return;
    const auto chosen = static_cast<size_t>(most - votes.begin());
    for (size_t c = 0; c < fits.size(); ++c) {
      if (std::ranges::find(fits[c], chosen) == fits[c].end()) continue;
      types[c] = {known[chosen].type, known[chosen].pattern.text()};
      fits[c].clear();
    }
  }
}

}  // namespace

std::vector<CsvColumnType> DetectCsvTypes(const std::vector<CsvRow>& rows, size_t first,
                                          size_t columns, const CsvOptions& options) {
  const std::vector<Candidate> named = NamedCandidates(options);
  const std::vector<Candidate>& known = KnownCandidates();
  std::vector<CsvColumnType> types(columns);
  Fits fits(columns);
  for (size_t c = 0; c < columns; ++c) {
    const Texts texts = TextsOf(rows, first, c, columns, options);
    if (std::ranges::none_of(texts, [](const auto& text) { return text.has_value(); })) continue;
    const auto fitting = std::ranges::find_if(
        named, [&](const Candidate& candidate) { return FitsAll(candidate.pattern, texts); });
    if (fitting != named.end()) {
      types[c] = {fitting->type, fitting->pattern.text()};
      continue;
    }
    types[c].type = DetectType(texts);
    if (types[c].type.id() != TypeId::kVarchar || !MayBeDate(texts)) continue;
    for (size_t i = 0; i < known.size(); ++i) {
      const bool is_date = known[i].type.id() == TypeId::kDate;
      const bool is_named = !(is_date ? options.date_format : options.timestamp_format).empty();
      if (!is_named && FitsKnown(known[i].pattern, texts)) fits[c].push_back(i);
    }
  }
  Settle(std::move(fits), types);
  return types;
}

bool TextFitsCsvType(std::string_view text, const CsvColumnType& type) {
  if (type.format.empty()) return TextFitsType(text, type.type);
  const Result<DateTimePattern> pattern = DateTimePattern::Compile(type.format);
  return pattern.ok() && pattern->Parse(text).ok();
}

CsvColumnType GivenCsvType(const LogicalType& given, const CsvColumnType& found,
                           const CsvOptions& options) {
  const bool is_date = given.id() == TypeId::kDate;
  if (!is_date && given.id() != TypeId::kTimestamp) return {given, ""};
  const std::string& named = is_date ? options.date_format : options.timestamp_format;
  return {given, named.empty() ? found.format : named};
}

}  // namespace trivet
