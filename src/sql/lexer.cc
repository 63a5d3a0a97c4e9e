#include "sql/lexer.h"

#include <limits>

namespace trivet {

namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsIdentifierStart(char c) {
  return IsLetter(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool IsIdentifierPart(char c) { return IsIdentifierStart(c) || IsDigit(c) || c == '$'; }

// Bytes of a hexadecimal, octal or binary integer; 128 bits with underscores between all digits
// fit.
constexpr size_t kMaxPrefixedInteger = 300;

struct SymbolEntry {
  std::string_view text;
  Symbol symbol;
};

// Longer marks stand before their own prefixes: the first match is the longest.
constexpr SymbolEntry kSymbols[] = {
    {"!~~*", Symbol::kNotInsensitiveLike},
    {"!~~", Symbol::kNotLike},
    {"!~*", Symbol::kNotInsensitiveRegex},
    {"!~", Symbol::kNotRegex},
    {"!=", Symbol::kNotEqual},
    {"!", Symbol::kExclamation},
    {"~~*", Symbol::kInsensitiveLike},
    {"~~~", Symbol::kGlob},
    {"~~", Symbol::kLike},
    {"~*", Symbol::kRegex},
    {"~", Symbol::kTilde},
    {"->>", Symbol::kLongArrow},
    {"->", Symbol::kArrow},
    {"-", Symbol::kMinus},
    {"<->", Symbol::kDistance},
    {"<=>", Symbol::kCosineDistance},
    {"<=", Symbol::kLessOrEqual},
    {"<>", Symbol::kNotEqual},
    {"<<", Symbol::kShiftLeft},
    {"<@", Symbol::kContainedBy},
    {"<", Symbol::kLess},
    {">=", Symbol::kGreaterOrEqual},
    {">>", Symbol::kShiftRight},
    {">", Symbol::kGreater},
    {"==", Symbol::kEqual},
    {"=>", Symbol::kFatArrow},
    {"=", Symbol::kEqual},
    {"::", Symbol::kDoubleColon},
    {":=", Symbol::kColonEqual},
    {":", Symbol::kColon},
    {"||", Symbol::kConcatenate},
    {"|", Symbol::kPipe},
    {"&&", Symbol::kOverlaps},
    {"&", Symbol::kAmpersand},
    {"**", Symbol::kDoubleStar},
    {"*", Symbol::kStar},
    {"//", Symbol::kDoubleSlash},
    {"/", Symbol::kSlash},
    {"^@", Symbol::kStartsWith},
    {"^", Symbol::kCaret},
    {"@>", Symbol::kContains},
    {"@", Symbol::kAt},
    {"(", Symbol::kLeftParenthesis},
    {")", Symbol::kRightParenthesis},
    {"[", Symbol::kLeftBracket},
    {"]", Symbol::kRightBracket},
    {"{", Symbol::kLeftBrace},
    {"}", Symbol::kRightBrace},
    {",", Symbol::kComma},
    {";", Symbol::kSemicolon},
    {".", Symbol::kDot},
    {"+", Symbol::kPlus},
    {"%", Symbol::kPercent},
    {"#", Symbol::kHash},
};

// The length of a space character of Unicode at the start of `text`, 0 where there is none. Text
// pasted from documents holds such characters.
size_t UnicodeSpaceLength(std::string_view text) {
  if (text.starts_with("\xC2\xA0")) return 2;
  if (text.size() < 3) return 0;
  const std::string_view character = text.substr(0, 3);
  if (character == "\xE1\x9A\x80" || character == "\xE3\x80\x80" || character == "\xEF\xBB\xBF" ||
      character == "\xE2\x81\x9F") {
    return 3;
  }
  if (!character.starts_with("\xE2\x80")) return 0;
  const auto last = static_cast<unsigned char>(character[2]);
  const bool is_space = last <= 0x8A || last == 0xA8 || last == 0xA9 || last == 0xAF;
  return is_space && last >= 0x80 ? 3 : 0;
}

class Lexer {
 public:
  explicit Lexer(std::string_view sql) : sql_(sql) {}

  Result<std::vector<Token>> Run() {
    tokens_.reserve(sql_.size() / 4 + 2);
    while (true) {
      TRIVET_RETURN_IF_ERROR(SkipSpace());
      if (position_ == sql_.size()) break;
      begin_ = position_;
      TRIVET_RETURN_IF_ERROR(ReadToken());
    }
    begin_ = position_;
    Emit(TokenKind::kEnd);
    return std::move(tokens_);
  }

 private:
  char At(size_t offset) const { return offset < sql_.size() ? sql_[offset] : '\0'; }
  char Peek(size_t ahead = 0) const { return At(position_ + ahead); }

  void Emit(TokenKind kind, Symbol symbol = Symbol::kNone, Keyword keyword = Keyword::kNone) {
    tokens_.push_back(
        {kind, symbol, keyword, static_cast<uint32_t>(begin_), static_cast<uint32_t>(position_)});
  }

  Status Error(std::string message) const {
    return Status::InvalidInput(std::move(message)).WithPosition(begin_);
  }

  Status SkipSpace() {
    while (position_ < sql_.size()) {
      const char c = sql_[position_];
      if (c == ' ' || (c >= '\t' && c <= '\r')) {
        ++position_;
      } else if (c == '-' && Peek(1) == '-') {
        const size_t line_end = sql_.find('\n', position_);
        position_ = line_end == std::string_view::npos ? sql_.size() : line_end;
      } else if (c == '/' && Peek(1) == '*') {
        TRIVET_RETURN_IF_ERROR(SkipBlockComment());
      } else if (const size_t length = UnicodeSpaceLength(sql_.substr(position_)); length > 0) {
        position_ += length;
      } else {
        return Status::OK();
      }
    }
    return Status::OK();
  }

  Status SkipBlockComment() {
    begin_ = position_;
    size_t nesting = 0;
    do {
      if (Peek() == '/' && Peek(1) == '*') {
        ++nesting;
        position_ += 2;
      } else if (Peek() == '*' && Peek(1) == '/') {
        --nesting;
        position_ += 2;
      } else if (position_ < sql_.size()) {
        ++position_;
      } else {
        return Error("unterminated /* comment");
      }
    } while (nesting > 0);
    return Status::OK();
  }

  Status ReadToken() {
    const char c = Peek();
    if (c == '\'') return ReadQuoted(TokenKind::kString, '\'', "string literal");
    if (c == '"') return ReadQuoted(TokenKind::kQuotedIdentifier, '"', "quoted identifier");
    if (c == '`') return ReadQuoted(TokenKind::kQuotedIdentifier, '`', "quoted identifier");
    if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) return ReadNumber();
    if (c == '$') return ReadDollar();
    if (c == '?') {
      ++position_;
      while (IsDigit(Peek())) ++position_;
      Emit(TokenKind::kParameter);
      return Status::OK();
    }
    if (IsIdentifierStart(c)) return ReadWord();
    return ReadSymbol();
  }

  // A quoted stretch in which a doubled quote stands for one; the opening quote is at position_.
  Status ReadQuoted(TokenKind kind, char quote, std::string_view what) {
    ++position_;
    while (true) {
      const size_t closing = sql_.find(quote, position_);
      if (closing == std::string_view::npos) return Error("unterminated " + std::string(what));
      position_ = closing + 1;
      if (Peek() != quote) break;
      ++position_;
    }
    if (kind == TokenKind::kQuotedIdentifier && position_ - begin_ == 2) {
      return Error("zero-length quoted identifier");
    }
    Emit(kind);
    return Status::OK();
  }

  // E'..': a backslash takes the next character with it.
  Status ReadEscapeString() {
    position_ += 2;
    while (position_ < sql_.size()) {
      const char c = sql_[position_++];
      if (c == '\\') {
        ++position_;
      } else if (c == '\'') {
        if (Peek() != '\'') {
          Emit(TokenKind::kEscapeString);
          return Status::OK();
        }
        ++position_;
      }
    }
    return Error("unterminated string literal");
  }

  Status ReadWord() {
    const char next = Peek(1);
    if (next == '\'') {
      switch (Peek()) {
        case 'e':
        case 'E': return ReadEscapeString();
        case 'x':
        case 'X': return ReadPrefixed(1, TokenKind::kBlob, "blob literal");
        case 'b':
        case 'B': return ReadPrefixed(1, TokenKind::kBitString, "bit string literal");
        case 'n':
        case 'N': return ReadPrefixed(1, TokenKind::kString, "string literal");
        default: break;
      }
    }
    if ((Peek() == 'u' || Peek() == 'U') && next == '&' && Peek(2) == '\'') {
      return ReadPrefixed(2, TokenKind::kUnicodeString, "string literal");
    }
    while (position_ < sql_.size() && IsIdentifierPart(sql_[position_])) {
      if (static_cast<unsigned char>(sql_[position_]) >= 0x80 &&
          UnicodeSpaceLength(sql_.substr(position_)) > 0) {
        break;
      }
      ++position_;
    }
    Emit(TokenKind::kIdentifier, Symbol::kNone,
         FindKeyword(sql_.substr(begin_, position_ - begin_)));
    return Status::OK();
  }

  Status ReadPrefixed(size_t prefix_size, TokenKind kind, std::string_view what) {
    position_ += prefix_size;
    return ReadQuoted(kind, '\'', what);
  }

  // $1, $name, $$text$$ or $tag$text$tag$.
  Status ReadDollar() {
    size_t after = position_ + 1;
    if (IsDigit(At(after))) {
      while (IsDigit(At(after))) ++after;
      position_ = after;
      Emit(TokenKind::kParameter);
      return Status::OK();
    }
    while (IsIdentifierPart(At(after)) && At(after) != '$') ++after;
    if (At(after) == '$') {
      const std::string_view tag = sql_.substr(position_, after + 1 - position_);
      const size_t closing = sql_.find(tag, after + 1);
      if (closing == std::string_view::npos) return Error("unterminated dollar-quoted string");
      position_ = closing + tag.size();
      Emit(TokenKind::kDollarString);
      return Status::OK();
    }
    if (after == position_ + 1) return Error("syntax error at or near \"$\"");
    position_ = after;
    Emit(TokenKind::kParameter);
    return Status::OK();
  }

  template <typename IsDigitOfBase>
  void SkipDigits(IsDigitOfBase is_digit) {
    while (is_digit(Peek()) || (Peek() == '_' && position_ > begin_ && is_digit(Peek(1))))
      ++position_;
  }

  Status ReadNumber() {
    if (Peek() == '0' && ReadPrefixedInteger()) {
      if (position_ - begin_ > kMaxPrefixedInteger) return Error("the integer literal is too long");
      Emit(TokenKind::kInteger);
      return CheckNumberEnd();
    }
    TokenKind kind = TokenKind::kInteger;
    SkipDigits(IsDigit);
    if (Peek() == '.' && Peek(1) != '.') {
      kind = TokenKind::kDecimal;
      ++position_;
      if (IsDigit(Peek())) SkipDigits(IsDigit);
    }
    if (Peek() == 'e' || Peek() == 'E') {
      const size_t sign = Peek(1) == '+' || Peek(1) == '-' ? 1 : 0;
      if (IsDigit(Peek(1 + sign))) {
        kind = TokenKind::kDouble;
        position_ += 1 + sign;
        SkipDigits(IsDigit);
      }
    }
    Emit(kind);
    return CheckNumberEnd();
  }

  bool ReadPrefixedInteger() {
    const char base = Peek(1);
    auto read = [&](auto is_digit) {
      if (!is_digit(Peek(2))) return false;
      position_ += 2;
      SkipDigits(is_digit);
      return true;
    };
    if (base == 'x' || base == 'X') {
      return read(
          [](char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); });
    }
    if (base == 'o' || base == 'O') return read([](char c) { return c >= '0' && c <= '7'; });
    if (base == 'b' || base == 'B') return read([](char c) { return c == '0' || c == '1'; });
    return false;
  }

  // 12abc is more likely a slip than a number with an alias.
  Status CheckNumberEnd() const {
    if (!IsIdentifierPart(Peek()) || UnicodeSpaceLength(sql_.substr(position_)) > 0)
      return Status::OK();
    size_t end = position_;
    while (IsIdentifierPart(At(end))) ++end;
    return Error("trailing characters after the number at or near \"" +
                 std::string(sql_.substr(begin_, end - begin_)) + "\"");
  }

  Status ReadSymbol() {
    const std::string_view rest = sql_.substr(position_);
    for (const SymbolEntry& entry : kSymbols) {
      if (rest.front() == entry.text.front() && rest.starts_with(entry.text)) {
        position_ += entry.text.size();
        Emit(TokenKind::kOperator, entry.symbol);
        return Status::OK();
      }
    }
    if (static_cast<unsigned char>(rest.front()) < 0x20 || rest.front() == 0x7F) {
      return Error("control character in the SQL text");
    }
    return Error("syntax error at or near \"" + std::string(1, rest.front()) + "\"");
  }

  const std::string_view sql_;
  size_t position_ = 0;
  size_t begin_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

Result<std::vector<Token>> Tokenize(std::string_view sql) {
  if (sql.size() >= std::numeric_limits<uint32_t>::max()) {
    return Status::InvalidInput("the SQL text is longer than 4 GiB");
  }
  if (const size_t invalid = FindInvalidUtf8(sql); invalid != std::string_view::npos) {
    return Status::InvalidInput("the SQL text is not valid UTF-8").WithPosition(invalid);
  }
  return Lexer(sql).Run();
}

}  // namespace trivet
