#pragma once

#include <memory>
#include <vector>

#include "sql/parser/query_parser.h"
#include "sql/syntax/definition.h"

namespace trivet {

// Statements, and so whole texts.
class StatementParser final : public QueryParser {
 public:
  StatementParser(TokenCursor cursor, const ParserOptions& options)
      : QueryParser(std::move(cursor), options) {}

  Result<std::vector<syntax::StatementPtr>> ParseStatements();

 private:
  using StatementResult = Result<syntax::StatementPtr>;

  // statement.cc
  StatementResult ParseStatement();
  StatementResult ParseStatementBody();
  StatementResult ParseQueryStatement();
  StatementResult ParseWithStatement();
  // Takes the first `words` words for its name and skips the rest of the statement.
  StatementResult ParseUnsupported(size_t words);
  StatementResult ParseUnsupportedObject(std::string name, size_t ahead);
  template <typename T>
  StatementResult FinishStatement(std::unique_ptr<T> statement) const {
    TRIVET_RETURN_IF_ERROR(Measure(*statement));
    return syntax::StatementPtr(std::move(statement));
  }

  // create_statement.cc, column_definition.cc
  StatementResult ParseCreate();
  StatementResult ParseCreateTable(std::unique_ptr<syntax::CreateTableStatement> statement);
  StatementResult ParseCreateView(std::unique_ptr<syntax::CreateViewStatement> statement);
  Result<bool> ParseIfNotExists(bool or_replace);
  StatementResult ParseDrop();
  Status ParseTableElements(syntax::CreateTableStatement& statement);
  Status CheckTableElements(syntax::CreateTableStatement& statement, bool has_query) const;
  Status ParseCreateTableQuery(syntax::CreateTableStatement& statement);
  Result<syntax::ColumnDefinition> ParseColumnDefinition();
  Result<bool> ParseColumnConstraint(syntax::ColumnDefinition& column);
  Result<bool> ParseColumnKey(syntax::ColumnDefinition& column);
  Status ParseGenerated(syntax::ColumnDefinition& column);
  bool AtTableConstraint() const;
  Result<syntax::Constraint> ParseTableConstraint();
  Result<ExpressionPtr> ParseCheck();
  Status ParseReferences(syntax::Constraint& constraint);

  // insert_statement.cc
  StatementResult ParseInsert();
  Status ParseInsertTarget(syntax::InsertStatement& statement);
  Result<syntax::OnConflict> ParseOnConflict();
  Result<std::vector<syntax::Assignment>> ParseAssignments();

  // copy_statement.cc
  StatementResult ParseCopy();
  Status ParseCopySource(syntax::CopyStatement& statement);
  Status ParseCopyFile(syntax::CopyStatement& statement);
  Result<std::vector<syntax::Option>> ParseOptions();
  Result<std::vector<ExpressionPtr>> ParseOptionValues();
  Result<std::vector<syntax::Option>> ParseBareCopyOptions();
  // A value in which a bare word is a string.
  ExpressionResult ParseSettingValue();

  // utility_statement.cc
  StatementResult ParseSet();
  StatementResult ParseReset();
  Status ParseSettingName(syntax::SetStatement& statement);
  StatementResult ParsePragma();
  StatementResult ParseExplain();
  StatementResult ParseUse();
  StatementResult ParsePrepare();
  StatementResult ParseExecute();
  StatementResult ParseDeallocate();
  StatementResult ParseCall();
};

}  // namespace trivet
