#include "sql/parser/token_cursor.h"

#include <algorithm>

#include "sql/lexer.h"
#include "sql/parser/keyword_hint.h"

namespace trivet {

using syntax::Identifier;

bool TokenCursor::AtString(size_t ahead) const {
  switch (Peek(ahead).kind) {
    case TokenKind::kString:
    case TokenKind::kEscapeString:
    case TokenKind::kUnicodeString:
    case TokenKind::kDollarString: return true;
    default: return false;
  }
}

bool TokenCursor::AtColumnName(size_t ahead) const {
  const Token& token = Peek(ahead);
  if (token.kind == TokenKind::kQuotedIdentifier) return true;
  if (token.kind != TokenKind::kIdentifier) return false;
  const KeywordClass keyword_class = ClassOf(token.keyword);
  return keyword_class != KeywordClass::kReserved && keyword_class != KeywordClass::kTypeOrFunction;
}

bool TokenCursor::AtFunctionName(size_t ahead) const {
  const Token& token = Peek(ahead);
  if (token.kind == TokenKind::kQuotedIdentifier) return true;
  if (token.kind != TokenKind::kIdentifier) return false;
  const KeywordClass keyword_class = ClassOf(token.keyword);
  return keyword_class != KeywordClass::kReserved && keyword_class != KeywordClass::kColumnName;
}

bool TokenCursor::AtLabel(size_t ahead) const {
  const TokenKind kind = Peek(ahead).kind;
  return kind == TokenKind::kIdentifier || kind == TokenKind::kQuotedIdentifier;
}

bool TokenCursor::AtBareLabel() const {
  if (!AtColumnName()) return false;
  switch (Peek().keyword) {
    // Words that continue an expression or a clause behind one.
    case "century"_kw:
    case "centuries"_kw:
    case "day"_kw:
    case "days"_kw:
    case "decade"_kw:
    case "decades"_kw:
    case "escape"_kw:
    case "exclude"_kw:
    case "export_state"_kw:
    case "filter"_kw:
    case "hour"_kw:
    case "hours"_kw:
    case "ignore"_kw:
    case "microsecond"_kw:
    case "microseconds"_kw:
    case "millennia"_kw:
    case "millennium"_kw:
    case "millisecond"_kw:
    case "milliseconds"_kw:
    case "minute"_kw:
    case "minutes"_kw:
    case "month"_kw:
    case "months"_kw:
    case "over"_kw:
    case "precision"_kw:
    case "quarter"_kw:
    case "quarters"_kw:
    case "rename"_kw:
    case "replace"_kw:
    case "respect"_kw:
    case "second"_kw:
    case "seconds"_kw:
    case "varying"_kw:
    case "week"_kw:
    case "weeks"_kw:
    case "within"_kw:
    case "without"_kw:
    case "year"_kw:
    case "years"_kw: return false;
    default: return true;
  }
}

bool TokenCursor::CanStartExpression(size_t ahead) const {
  const Token& token = Peek(ahead);
  if (token.kind == TokenKind::kEnd) return false;
  if (token.kind == TokenKind::kOperator) {
    switch (token.symbol) {
      case Symbol::kLeftParenthesis:
      case Symbol::kLeftBracket:
      case Symbol::kLeftBrace:
      case Symbol::kPlus:
      case Symbol::kMinus:
      case Symbol::kTilde:
      case Symbol::kAt:
      case Symbol::kHash:
      case Symbol::kStar: return true;
      default: return false;
    }
  }
  if (token.kind != TokenKind::kIdentifier || ClassOf(token.keyword) != KeywordClass::kReserved) {
    return true;
  }
  switch (token.keyword) {
    case "array"_kw:
    case "case"_kw:
    case "cast"_kw:
    case "default"_kw:
    case "false"_kw:
    case "lambda"_kw:
    case "not"_kw:
    case "null"_kw:
    case "true"_kw: return true;
    default: return false;
  }
}

bool TokenCursor::Accept(Keyword keyword) {
  if (!At(keyword)) return false;
  Advance();
  return true;
}

bool TokenCursor::Accept(Symbol symbol) {
  if (!At(symbol)) return false;
  Advance();
  return true;
}

bool TokenCursor::Accept(Keyword first, Keyword second) {
  if (!At(first) || !At(second, 1)) return false;
  Advance(2);
  return true;
}

Status TokenCursor::Expect(Keyword keyword) {
  return Accept(keyword) ? Status::OK() : SyntaxError();
}

Status TokenCursor::Expect(Symbol symbol) { return Accept(symbol) ? Status::OK() : SyntaxError(); }

Status TokenCursor::ExpectClosing(Symbol symbol, size_t opening) {
  if (Accept(symbol)) return Status::OK();
  if (const Token* unclosed = FindUnclosed(); unclosed != nullptr && unclosed->begin == opening) {
    return ErrorAt(*unclosed);
  }
  return SyntaxError();
}

Result<Identifier> TokenCursor::ExpectColumnName() {
  if (!AtColumnName()) return SyntaxError();
  return TakeIdentifier();
}

Result<Identifier> TokenCursor::ExpectLabel() {
  if (!AtLabel()) return SyntaxError();
  return TakeIdentifier();
}

Identifier TokenCursor::TakeIdentifier() {
  const Token& token = Peek();
  Identifier identifier{IdentifierTokenValue(sql_, token), token.begin};
  Advance();
  return identifier;
}

const Token* TokenCursor::FindUnclosed() const {
  std::vector<size_t> open;
  for (size_t i = statement_index_; i < tokens_.size(); ++i) {
    switch (tokens_[i].symbol) {
      case Symbol::kLeftParenthesis:
      case Symbol::kLeftBracket:
      case Symbol::kLeftBrace: open.push_back(i); break;
      case Symbol::kRightParenthesis:
      case Symbol::kRightBracket:
      case Symbol::kRightBrace:
        if (!open.empty()) open.pop_back();
        break;
      case Symbol::kSemicolon: return open.empty() ? nullptr : &tokens_[open.back()];
      default: break;
    }
  }
  return open.empty() ? nullptr : &tokens_[open.back()];
}

Status TokenCursor::ErrorAt(const Token& token) const {
  const bool is_opening = token.symbol == Symbol::kLeftParenthesis ||
                          token.symbol == Symbol::kLeftBracket ||
                          token.symbol == Symbol::kLeftBrace;
  if (is_opening && &token == FindUnclosed()) {
    return Status::InvalidInput("syntax error: \"" + std::string(Text(token)) +
                                "\" is never closed")
        .WithPosition(token.begin);
  }
  return Status::InvalidInput("syntax error at or near \"" + std::string(Text(token)) + "\"")
      .WithPosition(token.begin);
}

Status TokenCursor::SyntaxError() const {
  const Token& token = Peek();
  // A misspelt keyword is usually taken for an alias, and then the word behind it is the surprise.
  for (const Token* candidate : {&token, index_ > statement_index_ ? &Previous() : nullptr}) {
    if (candidate == nullptr || candidate->kind != TokenKind::kIdentifier) continue;
    if (ClassOf(candidate->keyword) != KeywordClass::kUnreserved) continue;
    const std::string_view keyword = NearestClauseKeyword(Text(*candidate));
    if (!keyword.empty()) {
      return ErrorAt(*candidate).WithHint("did you mean " + std::string(keyword) + "?");
    }
  }
  if (!AtStatementEnd()) return ErrorAt(token);
  if (const Token* unclosed = FindUnclosed(); unclosed != nullptr) return ErrorAt(*unclosed);
  if (token.kind == TokenKind::kEnd) {
    return Status::InvalidInput("syntax error at end of input").WithPosition(token.begin);
  }
  return ErrorAt(token);
}

}  // namespace trivet
