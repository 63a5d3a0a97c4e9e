// Statements by their first words.
#include "sql/parser/statement_parser.h"

namespace trivet {

using namespace syntax;  // NOLINT(google-build-using-namespace): the tree is this file's subject

namespace {

// Number of words that name a statement which is recognised and not parsed; 0 for any other first
// word.
size_t UnsupportedNameWords(Keyword keyword) {
  switch (keyword) {
    case "alter"_kw:
    case "comment"_kw:
    case "export"_kw:
    case "force"_kw:
    case "import"_kw:
    case "merge"_kw:
    case "start"_kw:
    case "refresh"_kw: return 2;
    case "abort"_kw:
    case "analyse"_kw:
    case "analyze"_kw:
    case "attach"_kw:
    case "begin"_kw:
    case "checkpoint"_kw:
    case "close"_kw:
    case "cluster"_kw:
    case "commit"_kw:
    case "connect"_kw:
    case "declare"_kw:
    case "delete"_kw:
    case "detach"_kw:
    case "discard"_kw:
    case "disconnect"_kw:
    case "do"_kw:
    case "end"_kw:
    case "fetch"_kw:
    case "grant"_kw:
    case "install"_kw:
    case "listen"_kw:
    case "load"_kw:
    case "lock"_kw:
    case "move"_kw:
    case "notify"_kw:
    case "pivot"_kw:
    case "pivot_longer"_kw:
    case "pivot_wider"_kw:
    case "reassign"_kw:
    case "reindex"_kw:
    case "release"_kw:
    case "revoke"_kw:
    case "rollback"_kw:
    case "savepoint"_kw:
    case "truncate"_kw:
    case "unlisten"_kw:
    case "unpivot"_kw:
    case "update"_kw:
    case "vacuum"_kw: return 1;
    default: return 0;
  }
}

}  // namespace

Result<std::vector<StatementPtr>> StatementParser::ParseStatements() {
  std::vector<StatementPtr> statements;
  while (true) {
    while (cursor_.Accept(Symbol::kSemicolon)) {
    }
    if (cursor_.AtEnd()) return statements;
    cursor_.BeginStatement();
    parameters_.clear();
    highest_parameter_ = 0;
    TRIVET_ASSIGN_OR_RETURN(StatementPtr statement, ParseStatement());
    if (!cursor_.AtStatementEnd()) return cursor_.SyntaxError();
    statement->parameters = std::move(parameters_);
    statements.push_back(std::move(statement));
  }
}

StatementParser::StatementResult StatementParser::ParseStatement() {
  TRIVET_ENTER_NESTING();
  const size_t begin = cursor_.Position();
  TRIVET_ASSIGN_OR_RETURN(StatementPtr statement, ParseStatementBody());
  statement->begin = begin;
  statement->end = cursor_.Previous().end;
  return statement;
}

StatementParser::StatementResult StatementParser::ParseStatementBody() {
  const Keyword keyword = cursor_.Peek().keyword;
  switch (keyword) {
    case "with"_kw: return ParseWithStatement();
    case "create"_kw: return ParseCreate();
    case "drop"_kw: return ParseDrop();
    case "insert"_kw: return ParseInsert();
    case "copy"_kw: return ParseCopy();
    case "set"_kw: return ParseSet();
    case "reset"_kw: return ParseReset();
    case "pragma"_kw: return ParsePragma();
    case "explain"_kw: return ParseExplain();
    case "use"_kw: return ParseUse();
    case "prepare"_kw: return ParsePrepare();
    case "execute"_kw: return ParseExecute();
    case "deallocate"_kw: return ParseDeallocate();
    case "call"_kw: return ParseCall();
    default: break;
  }
  const size_t words = UnsupportedNameWords(keyword);
  return words > 0 ? ParseUnsupported(words) : ParseQueryStatement();
}

StatementParser::StatementResult StatementParser::ParseQueryStatement() {
  auto statement = Make<QueryStatement>();
  TRIVET_ASSIGN_OR_RETURN(statement->query, ParseQuery());
  return FinishStatement(std::move(statement));
}

// WITH in front of a query or of INSERT, where it goes on the inserted query.
StatementParser::StatementResult StatementParser::ParseWithStatement() {
  auto statement = Make<QueryStatement>();
  CommonTableExpressions with;
  bool recursive = false;
  TRIVET_RETURN_IF_ERROR(ParseWith(with, recursive));
  switch (cursor_.Peek().keyword) {
    case "insert"_kw: {
      TRIVET_ASSIGN_OR_RETURN(StatementPtr result, ParseInsert());
      auto& insert = result->As<InsertStatement>();
      if (insert.query == nullptr) {
        return Status::InvalidInput("WITH has no meaning for DEFAULT VALUES")
            .WithPosition(statement->position);
      }
      TRIVET_ASSIGN_OR_RETURN(insert.query,
                              AddWith(std::move(insert.query), std::move(with), recursive));
      TRIVET_RETURN_IF_ERROR(Measure(insert));
      return result;
    }
    case "update"_kw:
    case "delete"_kw: return ParseUnsupported(1);
    case "merge"_kw: return ParseUnsupported(2);
    default: break;
  }
  TRIVET_ASSIGN_OR_RETURN(QueryPtr query, ParseQuery());
  TRIVET_ASSIGN_OR_RETURN(statement->query, AddWith(std::move(query), std::move(with), recursive));
  return FinishStatement(std::move(statement));
}

StatementParser::StatementResult StatementParser::ParseUnsupported(size_t words) {
  auto statement = Make<UnsupportedStatement>();
  for (size_t i = 0; i < words && cursor_.Peek(i).kind == TokenKind::kIdentifier; ++i) {
    if (i > 0) statement->name += ' ';
    statement->name += UpperCase(cursor_.Text(cursor_.Peek(i)));
  }
  while (!cursor_.AtStatementEnd()) cursor_.Advance();
  return FinishStatement(std::move(statement));
}

}  // namespace trivet
