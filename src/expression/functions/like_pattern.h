#pragma once

#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "vector/string_view.h"

namespace trivet {

// A LIKE pattern, compiled to the cheapest test that decides it. `_` is one code point, `%` any
// text. Immutable; thread-safe.
class LikePattern {
 public:
  enum class Kind {
    kEqual,     // no wildcard
    kPrefix,    // text%
    kSuffix,    // %text
    kContains,  // %text%
    kPieces,    // a%b%c: pieces found one behind the other, the outer ones perhaps anchored
    kGeneral,   // with _
  };

  // `escape` is the escape character, or nothing. InvalidInput where the pattern ends with it.
  static Result<LikePattern> Compile(std::string_view pattern, std::optional<char> escape);
  // The character that an ESCAPE clause names.
  static Result<std::optional<char>> ParseEscape(std::string_view escape);

  Kind kind() const { return kind_; }
  // The text of kEqual, kPrefix, kSuffix and kContains.
  const std::string& text() const { return pieces_.front(); }
  // Whether the whole text matches.
  bool Matches(std::string_view text) const;

 private:
  bool MatchesPieces(std::string_view text) const;
  bool MatchesGeneral(std::string_view text) const;

  // A literal byte or a wildcard.
  struct Item {
    enum class Kind : uint8_t { kByte, kAnyOne, kAnyText } kind;
    char byte;
  };

  Kind kind_ = Kind::kEqual;
  std::vector<std::string> pieces_;
  bool starts_anchored_ = true;
  bool ends_anchored_ = true;
  std::vector<Item> items_;  // of kGeneral
};

}  // namespace trivet
