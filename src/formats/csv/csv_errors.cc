#include "formats/csv/csv_errors.h"

#include <charconv>
#include <optional>
#include <string_view>

#include "base/string_concat.h"

namespace trivet {

namespace {

// The number behind the first occurrence of `mark`.
std::optional<size_t> NumberBehind(std::string_view text, std::string_view mark) {
  const size_t found = text.find(mark);
  if (found == std::string_view::npos) return std::nullopt;
  const char* begin = text.data() + found + mark.size();
  size_t number = 0;
  const auto parsed = std::from_chars(begin, text.data() + text.size(), number);
  if (parsed.ec != std::errc()) return std::nullopt;
  return number;
}

}  // namespace

Status ExplainCsvError(Status status, const std::vector<std::string>& columns) {
  if (status.code() != StatusCode::kInvalidInput) return status;
  const std::string& message = status.message();
  const std::optional<size_t> row = NumberBehind(message, "Row #");
  const std::string where = row ? StrCat("row ", *row) : "some row";
  const std::optional<size_t> expected = NumberBehind(message, "Expected ");
  const std::optional<size_t> got = NumberBehind(message, "columns, got ");
  if (expected && got) {
    const size_t text = message.find(": ", message.find("columns, got "));
    Status ragged =
        Status::InvalidInput(StrCat(where, ": Expected ", *expected, " columns, got ", *got,
                                    text == std::string::npos ? "" : message.substr(text)));
    if (*got > *expected) {
      return std::move(ragged).WithHint(
          "delim, quote, escape and skip tell how the file is to be read");
    }
    return std::move(ragged).WithHint("null_padding = true fills short rows with NULL");
  }
  const std::optional<size_t> column = NumberBehind(message, "In CSV column #");
  if (column && *column < columns.size() && message.find("UTF8") != std::string::npos) {
    return Status::InvalidInput(
               StrCat("column \"", columns[*column], "\", ", where, ": the text is not UTF-8"))
        .WithHint("convert the file to UTF-8 first");
  }
  if (message.find("straddling object") != std::string::npos) {
    return Status::InvalidInput("a row is longer than 1 MiB")
        .WithHint("quote, escape and delim tell how the file is to be read");
  }
  return status;
}

Status UnclosedQuote(uint64_t line) {
  return Status::InvalidInput(StrCat("the quote that is opened in line ", line, " is never closed"))
      .WithHint("quote = '' reads quotes as text");
}

}  // namespace trivet
