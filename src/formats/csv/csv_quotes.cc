#include "formats/csv/csv_quotes.h"

#include <algorithm>

namespace trivet {

CsvQuotes::CsvQuotes(char delimiter, const CsvOptions& options)
    : delimiter_(delimiter),
      quote_(options.quote),
      escape_(options.escape),
      lines_to_skip_(options.skip) {}

void CsvQuotes::Add(std::string_view piece) {
  if (quote_ == '\0') return;
  if (lines_ == 1 && last_ == '\n' && piece.starts_with("\xEF\xBB\xBF")) piece.remove_prefix(3);
  size_t at = 0;
  while (lines_to_skip_ > 0 && at < piece.size()) {
    const size_t end = piece.find('\n', at);
    if (end == std::string_view::npos) return;
    at = end + 1;
    ++lines_;
    --lines_to_skip_;
  }
  piece.remove_prefix(at);
  at = 0;
  size_t counted = 0;
  while (at < piece.size()) {
    const State before = state_;
    Step(piece, at);
    if (state_ == State::kQuoted && before == State::kPlain) {
      lines_ += static_cast<uint64_t>(std::count(piece.begin() + static_cast<ptrdiff_t>(counted),
                                                 piece.begin() + static_cast<ptrdiff_t>(at), '\n'));
      counted = at;
      open_line_ = lines_;
    }
  }
  lines_ += static_cast<uint64_t>(
      std::count(piece.begin() + static_cast<ptrdiff_t>(counted), piece.end(), '\n'));
  if (!piece.empty()) last_ = piece.back();
}

// Goes on to behind the next byte that matters.
void CsvQuotes::Step(std::string_view piece, size_t& at) {
  switch (state_) {
    case State::kPlain: {
      const size_t found = piece.find(quote_, at);
      if (found == std::string_view::npos) {
        at = piece.size();
        return;
      }
      // Within a field that does not start with one, a quote is text.
      if (OpensField(found == 0 ? last_ : piece[found - 1])) state_ = State::kQuoted;
      at = found + 1;
      return;
    }
    case State::kQuoted: {
      const char c = piece[at++];
      if (c == quote_) {
        state_ = State::kQuoteSeen;
      } else if (c == escape_ && escape_ != '\0') {
        state_ = State::kEscaped;
      }
      return;
    }
    case State::kEscaped:
      ++at;
      state_ = State::kQuoted;
      return;
    case State::kQuoteSeen:
      // A doubled quote is one within the value; anything else has left it.
      if (escape_ == quote_ && piece[at] == quote_) {
        ++at;
        state_ = State::kQuoted;
      } else {
        state_ = State::kPlain;
      }
      return;
  }
}

}  // namespace trivet
