#include "sql/parser.h"

#include "sql/lexer.h"
#include "sql/parser/statement_parser.h"

namespace trivet {

namespace {

Result<StatementParser> MakeParser(std::string_view sql, const ParserOptions& options) {
  TRIVET_ASSIGN_OR_RETURN(std::vector<Token> tokens, Tokenize(sql));
  return StatementParser(TokenCursor(sql, std::move(tokens)), options);
}

}  // namespace

Result<std::vector<syntax::StatementPtr>> ParseStatements(std::string_view sql,
                                                          const ParserOptions& options) {
  TRIVET_ASSIGN_OR_RETURN(StatementParser parser, MakeParser(sql, options));
  return parser.ParseStatements();
}

Result<syntax::StatementPtr> ParseStatement(std::string_view sql, const ParserOptions& options) {
  TRIVET_ASSIGN_OR_RETURN(std::vector<syntax::StatementPtr> statements,
                          ParseStatements(sql, options));
  if (statements.empty()) {
    return Status::InvalidInput("the text holds no statement").WithPosition(sql.size());
  }
  if (statements.size() > 1) {
    return Status::InvalidInput("expected one statement, found several")
        .WithPosition(statements[1]->begin);
  }
  return std::move(statements.front());
}

Result<syntax::ExpressionPtr> ParseExpression(std::string_view sql, const ParserOptions& options) {
  TRIVET_ASSIGN_OR_RETURN(StatementParser parser, MakeParser(sql, options));
  return parser.ParseWholeExpression();
}

Result<syntax::TypeName> ParseTypeName(std::string_view sql, const ParserOptions& options) {
  TRIVET_ASSIGN_OR_RETURN(StatementParser parser, MakeParser(sql, options));
  return parser.ParseWholeType();
}

bool EndsStatement(std::string_view sql) {
  const Result<std::vector<Token>> tokens = Tokenize(sql);
  if (!tokens.ok()) return false;
  const size_t count = tokens->size();
  return count >= 2 && (*tokens)[count - 2].symbol == Symbol::kSemicolon;
}

}  // namespace trivet
