#include "suite_file.h"

#include <sstream>

#include "base/string_concat.h"

namespace trivet {

namespace {

std::vector<std::string> Words(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  std::string word;
  while (stream >> word) words.push_back(word);
  return words;
}

// The record whose lines are given, or nothing where it is for another engine.
Result<bool> ParseRecord(const std::vector<std::pair<size_t, std::string>>& lines,
                         std::string_view engine, SuiteRecord& record) {
  size_t next = 0;
  while (next < lines.size()) {
    const std::vector<std::string> words = Words(lines[next].second);
    if (words.size() != 2 || (words[0] != "skipif" && words[0] != "onlyif")) break;
    if ((words[0] == "skipif") == (words[1] == engine)) return false;
    ++next;
  }
  if (next == lines.size()) return false;
  record.line = lines[next].first;
  const std::vector<std::string> words = Words(lines[next].second);
  if (words.size() == 2 && words[0] == "statement" && words[1] == "ok") {
    record.kind = SuiteRecord::Kind::kStatementOk;
  } else if (words.size() == 2 && words[0] == "statement" && words[1] == "error") {
    record.kind = SuiteRecord::Kind::kStatementError;
  } else if (words.size() >= 2 && words.size() <= 3 && words[0] == "query") {
    record.kind = SuiteRecord::Kind::kQuery;
    record.letters = words[1];
    if (words.size() == 3 && words[2] != "nosort" && words[2] != "rowsort") {
      return Status::InvalidInput(StrCat("line ", record.line, ": unknown sort mode ", words[2]));
    }
    record.sorted = words.size() == 3 && words[2] == "rowsort";
  } else {
    return Status::InvalidInput(
        StrCat("line ", record.line, ": no record starts with \"", lines[next].second, "\""));
  }
  bool behind_dashes = false;
  bool first = true;
  for (++next; next < lines.size(); ++next) {
    const std::string& line = lines[next].second;
    if (!behind_dashes && line == "----") {
      behind_dashes = true;
      first = true;
      continue;
    }
    std::string& target = behind_dashes ? record.expectation : record.sql;
    if (!first) target += '\n';
    target += line;
    first = false;
  }
  if (record.kind == SuiteRecord::Kind::kQuery && !behind_dashes) {
    return Status::InvalidInput(StrCat("line ", record.line, ": the query has no expectation"));
  }
  return true;
}

}  // namespace

Result<std::vector<SuiteRecord>> ParseSuite(std::string_view text, std::string_view engine) {
  std::vector<SuiteRecord> records;
  std::vector<std::pair<size_t, std::string>> lines;
  const auto close = [&]() -> Status {
    if (lines.empty()) return Status::OK();
    SuiteRecord record;
    TRIVET_ASSIGN_OR_RETURN(const bool wanted, ParseRecord(lines, engine, record));
    if (wanted) records.push_back(std::move(record));
    lines.clear();
    return Status::OK();
  };
  size_t number = 0;
  size_t begin = 0;
  while (begin <= text.size()) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line(text.substr(begin, end - begin));
    ++number;
    begin = end + 1;
    if (line.empty()) {
      TRIVET_RETURN_IF_ERROR(close());
    } else if (line[0] != '#' || !lines.empty()) {
      lines.emplace_back(number, line);
    }
  }
  TRIVET_RETURN_IF_ERROR(close());
  return records;
}

std::string ReplaceAll(std::string text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

}  // namespace trivet
