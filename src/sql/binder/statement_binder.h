#pragma once

#include <vector>

#include "sql/binder/query_binder.h"
#include "sql/syntax/definition.h"

namespace trivet::binder {

// Binds one statement of any kind.
class StatementBinder {
 public:
  explicit StatementBinder(StatementState& state) : state_(state), queries_(state) {}
  Result<BoundStatement> Bind(const syntax::Statement& statement);

 private:
  Status CheckParameters(const syntax::Statement& statement) const;
  Result<BoundStatement> BindKind(const syntax::Statement& statement);
  // A constant of an option, a setting or a default; `type` kNull keeps its own.
  Result<Value> BindConstant(const syntax::Expression& expression, std::string_view place);

  // bind_create.cc
  Result<BoundStatement> BindCreateTable(const syntax::CreateTableStatement& statement);
  Status BindTableColumns(const syntax::CreateTableStatement& statement, BoundCreateTable& bound);
  Status BindTableQuery(const syntax::CreateTableStatement& statement, BoundCreateTable& bound);
  Result<ExpressionPtr> BindDefault(const syntax::Expression& expression, const LogicalType& type);
  Result<BoundStatement> BindCreateView(const syntax::CreateViewStatement& statement);
  Result<BoundStatement> BindDrop(const syntax::DropStatement& statement);
  Status CheckNameIsFree(const CatalogName& name, OnConflict mode, bool is_view, size_t position);

  // bind_insert.cc
  Result<BoundStatement> BindInsert(const syntax::InsertStatement& statement);
  Result<std::vector<size_t>> TargetColumns(const std::vector<syntax::Identifier>& names,
                                            const CatalogEntry& entry);
  Result<BoundStatement> InsertInto(const CatalogEntry& entry, const std::vector<size_t>& targets,
                                    BoundQuery query, size_t position);
  Result<CatalogEntryPtr> FindTarget(const syntax::QualifiedName& name);

  // bind_copy.cc
  Result<BoundStatement> BindCopy(const syntax::CopyStatement& statement);
  Result<BoundStatement> BindCopyFrom(const syntax::CopyStatement& statement);
  struct CopyOptions;
  Status BindCopyOptions(const syntax::CopyStatement& statement, CopyOptions& options);

  // bind_setting.cc
  Result<BoundStatement> BindSet(const syntax::SetStatement& statement);
  Result<BoundStatement> BindPragma(const syntax::PragmaStatement& statement);
  Result<BoundStatement> BindExplain(const syntax::ExplainStatement& statement);
  Result<BoundStatement> BindCall(const syntax::FunctionExpression& function, size_t position);
  Result<BoundStatement> PragmaTableInfo(const syntax::PragmaStatement& statement);

  StatementState& state_;
  QueryBinder queries_;
};

}  // namespace trivet::binder
