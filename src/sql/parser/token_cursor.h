#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "sql/syntax/node.h"
#include "sql/token.h"

namespace trivet {

// Walks over the tokens of a text and words the errors about them. The text outlives the cursor.
// Not synchronised.
class TokenCursor {
 public:
  TokenCursor(std::string_view sql, std::vector<Token> tokens)
      : sql_(sql), tokens_(std::move(tokens)) {}

  // Beyond the end stands the kEnd token, any number of times.
  const Token& Peek(size_t ahead = 0) const {
    const size_t index = index_ + ahead;
    return tokens_[index < tokens_.size() ? index : tokens_.size() - 1];
  }
  const Token& Previous() const { return tokens_[index_ == 0 ? 0 : index_ - 1]; }
  size_t Position() const { return Peek().begin; }
  std::string_view Text(const Token& token) const {
    return sql_.substr(token.begin, token.end - token.begin);
  }
  std::string_view sql() const { return sql_; }

  void Advance(size_t count = 1) { index_ = std::min(index_ + count, tokens_.size() - 1); }

  bool At(Keyword keyword, size_t ahead = 0) const { return Peek(ahead).keyword == keyword; }
  bool At(Symbol symbol, size_t ahead = 0) const { return Peek(ahead).symbol == symbol; }
  bool AtEnd() const { return Peek().kind == TokenKind::kEnd; }
  bool AtStatementEnd() const { return AtEnd() || At(Symbol::kSemicolon); }
  bool AtString(size_t ahead = 0) const;
  // A word that may name a column, table or alias; a function or type; anything behind AS or a dot.
  bool AtColumnName(size_t ahead = 0) const;
  bool AtFunctionName(size_t ahead = 0) const;
  bool AtLabel(size_t ahead = 0) const;
  // A word that may follow an expression as its alias without AS.
  bool AtBareLabel() const;
  // False for tokens that close or separate, and for keywords that no expression begins with.
  bool CanStartExpression(size_t ahead = 0) const;

  // Consume the token where it is there.
  bool Accept(Keyword keyword);
  bool Accept(Symbol symbol);
  // Both, or neither.
  bool Accept(Keyword first, Keyword second);
  Status Expect(Keyword keyword);
  Status Expect(Symbol symbol);
  // The closing one; `opening` is the offset of the one it closes.
  Status ExpectClosing(Symbol symbol, size_t opening);

  Result<syntax::Identifier> ExpectColumnName();
  Result<syntax::Identifier> ExpectLabel();
  // Consumes a word or quoted identifier of any class; the caller has looked.
  syntax::Identifier TakeIdentifier();

  // Remembers where the statement begins, for errors about unclosed parentheses.
  void BeginStatement() { statement_index_ = index_; }
  // `syntax error at or near "token"` at the current token, with a hint where a word nearby looks
  // like a misspelt keyword; or about the parenthesis that is never closed.
  Status SyntaxError() const;

 private:
  Status ErrorAt(const Token& token) const;
  // The innermost opening parenthesis, bracket or brace of the statement that nothing closes; null
  // where all are closed.
  const Token* FindUnclosed() const;

  const std::string_view sql_;
  std::vector<Token> tokens_;
  size_t index_ = 0;
  size_t statement_index_ = 0;
};

}  // namespace trivet
