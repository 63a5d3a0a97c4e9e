#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "formats/csv/csv_options.h"

namespace trivet {

// Follows the quotes of a CSV text that is read piece by piece, to tell whether one was opened and
// never closed: a parser takes all that follows such a quote for one value. Not synchronised.
class CsvQuotes {
 public:
  CsvQuotes(char delimiter, const CsvOptions& options);

  // The next piece of the text.
  void Add(std::string_view piece);

  // Line of the quote that is open behind what was added so far; 0: none is.
  uint64_t open_line() const { return state_ == State::kQuoted ? open_line_ : 0; }

 private:
  enum class State : uint8_t { kPlain, kQuoted, kEscaped, kQuoteSeen };

  bool OpensField(char before) const {
    return before == delimiter_ || before == '\n' || before == '\r';
  }
  void Step(std::string_view piece, size_t& at);

  const char delimiter_;
  const char quote_;
  const char escape_;
  int64_t lines_to_skip_;
  State state_ = State::kPlain;
  char last_ = '\n';  // the byte before the next piece
  uint64_t lines_ = 1;
  uint64_t open_line_ = 0;
};

}  // namespace trivet
