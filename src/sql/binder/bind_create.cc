#include <algorithm>

#include "base/string_concat.h"
#include "expression/evaluator.h"
#include "sql/binder/conversion.h"
#include "sql/binder/statement_binder.h"
#include "sql/binder/table_binder.h"
#include "sql/binder/type_name.h"

namespace trivet::binder {

namespace {

OnConflict ConflictMode(bool or_replace, bool if_not_exists) {
  if (or_replace) return OnConflict::kReplace;
  return if_not_exists ? OnConflict::kIgnore : OnConflict::kError;
}

Status UnsupportedConstraint(const syntax::Constraint& constraint) {
  switch (constraint.kind) {
    case syntax::ConstraintKind::kPrimaryKey:
      return Unsupported("PRIMARY KEY is", constraint.position);
    case syntax::ConstraintKind::kUnique: return Unsupported("UNIQUE is", constraint.position);
    case syntax::ConstraintKind::kCheck: return Unsupported("CHECK is", constraint.position);
    case syntax::ConstraintKind::kForeignKey:
      return Unsupported("FOREIGN KEY is", constraint.position);
  }
  return Status::Internal("unknown constraint");
}

Status CheckColumn(const syntax::ColumnDefinition& column) {
  const size_t position = column.name.position;
  if (column.generated != nullptr) return Unsupported("generated columns are", position);
  if (!column.collation.empty()) {
    return Unsupported(StrCat("the collation ", column.collation.text, " is"), position);
  }
  if (!column.compression.empty()) return Unsupported("USING COMPRESSION is", position);
  if (!column.constraints.empty()) return UnsupportedConstraint(column.constraints[0]);
  return Status::OK();
}

Status CheckDistinct(const std::vector<ColumnDefinition>& columns, size_t position) {
  for (size_t i = 0; i < columns.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (syntax::EqualIgnoringCase(columns[i].name, columns[j].name)) {
        return Status::AlreadyExists(
                   StrCat("Column with name \"", columns[i].name, "\" already exists!"))
            .WithPosition(position);
      }
    }
  }
  return Status::OK();
}

// The schema in which CREATE puts the object.
Result<CatalogName> NewName(const syntax::QualifiedName& name, bool temporary) {
  TRIVET_ASSIGN_OR_RETURN(CatalogName resolved, ResolveCatalogName(name));
  if (resolved.schema.empty()) {
    resolved.schema = temporary ? Catalog::kTemporarySchema : Catalog::kMainSchema;
  }
  if (temporary) resolved.schema = Catalog::kTemporarySchema;
  if (resolved.schema != Catalog::kMainSchema && resolved.schema != Catalog::kTemporarySchema) {
    return Status::NotFound(StrCat("Schema with name ", resolved.schema, " does not exist!"))
        .WithPosition(name[0].position);
  }
  return resolved;
}

}  // namespace

// Said before a query runs for nothing; the catalog decides again when the statement takes effect.
Status StatementBinder::CheckNameIsFree(const CatalogName& name, OnConflict mode, bool is_view,
                                        size_t position) {
  const CatalogEntryPtr known = state_.input().catalog->Find(name);
  if (known == nullptr) return Status::OK();
  const char* noun = is_view ? "View" : "Table";
  if (known->is_view() != is_view) {
    return Status::AlreadyExists(StrCat("Existing object ", known->name, " is of type ",
                                        known->is_view() ? "View" : "Table",
                                        ", trying to replace with type ", noun))
        .WithPosition(position);
  }
  if (mode != OnConflict::kError) return Status::OK();
  return Status::AlreadyExists(StrCat(noun, " with name \"", name.name, "\" already exists!"))
      .WithPosition(position);
}

Result<BoundStatement> StatementBinder::BindCreateTable(
    const syntax::CreateTableStatement& statement) {
  BoundCreateTable bound;
  TRIVET_ASSIGN_OR_RETURN(bound.table, NewName(statement.name, statement.temporary));
  bound.on_conflict = ConflictMode(statement.or_replace, statement.if_not_exists);
  TRIVET_RETURN_IF_ERROR(
      CheckNameIsFree(bound.table, bound.on_conflict, false, statement.name.back().position));
  if (!statement.constraints.empty()) return UnsupportedConstraint(statement.constraints[0]);
  if (statement.query != nullptr) {
    TRIVET_RETURN_IF_ERROR(BindTableQuery(statement, bound));
  } else {
    TRIVET_RETURN_IF_ERROR(BindTableColumns(statement, bound));
  }
  TRIVET_RETURN_IF_ERROR(CheckDistinct(bound.columns, statement.position));
  return BoundStatement{std::move(bound)};
}

Status StatementBinder::BindTableColumns(const syntax::CreateTableStatement& statement,
                                         BoundCreateTable& bound) {
  for (const syntax::ColumnDefinition& column : statement.columns) {
    TRIVET_RETURN_IF_ERROR(CheckColumn(column));
    TRIVET_ASSIGN_OR_RETURN(const LogicalType type, ResolveTypeName(column.type));
    ExpressionPtr default_value;
    if (column.default_value != nullptr) {
      TRIVET_ASSIGN_OR_RETURN(default_value, BindDefault(*column.default_value, type));
    }
    bound.columns.push_back({column.name.text, type, column.not_null});
    bound.defaults.push_back(std::move(default_value));
  }
  return Status::OK();
}

Result<ExpressionPtr> StatementBinder::BindDefault(const syntax::Expression& expression,
                                                   const LogicalType& type) {
  QueryLevel level;
  ClauseGuard guard(level, "DEFAULT expression", AliasRule::kHidden, nullptr, false);
  ExpressionBinder binder(state_, queries_, level, nullptr);
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr bound, binder.Bind(expression));
  Result<ExpressionPtr> cast = AssignTo(std::move(bound), type);
  if (!cast.ok()) return std::move(cast).status().WithPosition(expression.position);
  return cast;
}

Status StatementBinder::BindTableQuery(const syntax::CreateTableStatement& statement,
                                       BoundCreateTable& bound) {
  TRIVET_ASSIGN_OR_RETURN(BoundQuery query, queries_.Bind(*statement.query, nullptr, nullptr));
  if (statement.column_names.size() > query.columns.size()) {
    return Status::InvalidInput("Target table has more column names than query result.")
        .WithPosition(statement.column_names[query.columns.size()].position);
  }
  for (size_t i = 0; i < statement.column_names.size(); ++i) {
    query.columns[i].name = statement.column_names[i].text;
  }
  MakeNamesUnique(query.columns);
  // A column of bare NULLs gets a type that can hold other rows later.
  std::vector<ExpressionPtr> expressions;
  bool casts = false;
  for (const OutputColumn& column : query.columns) {
    casts = casts || column.type.IsNull();
    expressions.push_back(column.type.IsNull()
                              ? CastTo(column.Reference(), TypeId::kInt32, state_.input().context)
                              : column.Reference());
  }
  if (casts) {
    query.plan = ProjectColumns(std::move(query.plan), expressions, query.columns, state_.ids());
  }
  if (!statement.with_data) {
    query.plan = std::make_unique<LogicalLimit>(std::move(query.plan), 0, 0);
  }
  for (const OutputColumn& column : query.columns) {
    bound.columns.push_back({column.name, column.type, false});
    bound.defaults.emplace_back();
  }
  bound.query = std::move(query);
  return Status::OK();
}

Result<BoundStatement> StatementBinder::BindCreateView(
    const syntax::CreateViewStatement& statement) {
  BoundCreateView bound;
  TRIVET_ASSIGN_OR_RETURN(bound.view, NewName(statement.name, statement.temporary));
  bound.on_conflict = ConflictMode(statement.or_replace, statement.if_not_exists);
  TRIVET_RETURN_IF_ERROR(
      CheckNameIsFree(bound.view, bound.on_conflict, true, statement.name.back().position));
  if (!statement.parameters.empty()) {
    return Status::InvalidInput("a view cannot hold parameters").WithPosition(statement.position);
  }
  TRIVET_ASSIGN_OR_RETURN(const BoundQuery query,
                          queries_.Bind(*statement.query, nullptr, nullptr));
  if (statement.column_names.size() > query.columns.size()) {
    return Status::InvalidInput("More VIEW aliases than columns in query result")
        .WithPosition(statement.column_names[query.columns.size()].position);
  }
  for (const syntax::Identifier& name : statement.column_names) {
    bound.column_names.push_back(name.text);
  }
  const std::string_view sql = state_.input().sql;
  if (statement.query_end > sql.size() || statement.query_begin > statement.query_end) {
    return Status::Internal("the text of a view is not at hand");
  }
  bound.sql = sql.substr(statement.query_begin, statement.query_end - statement.query_begin);
  return BoundStatement{std::move(bound)};
}

Result<BoundStatement> StatementBinder::BindDrop(const syntax::DropStatement& statement) {
  BoundDrop bound;
  bound.is_view = statement.drop == syntax::DropKind::kView;
  bound.if_exists = statement.if_exists;
  for (const syntax::QualifiedName& name : statement.names) {
    TRIVET_ASSIGN_OR_RETURN(CatalogName resolved, ResolveCatalogName(name));
    const CatalogEntryPtr entry = state_.input().catalog->Find(resolved);
    if (entry == nullptr && !statement.if_exists) {
      const Status missing = state_.input().catalog->Lookup(resolved).status();
      return Status::NotFound(StrCat(bound.is_view ? "View" : "Table", " with name ", resolved.name,
                                     " does not exist!"))
          .WithHint(missing.hint())
          .WithPosition(name.back().position);
    }
    if (entry != nullptr && entry->is_view() != bound.is_view) {
      return Status::InvalidInput(StrCat("Existing object \"", entry->name, "\" is of type ",
                                         entry->is_view() ? "View" : "Table",
                                         ", trying to drop type ",
                                         bound.is_view ? "View" : "Table"))
          .WithPosition(name.back().position);
    }
    bound.names.push_back(std::move(resolved));
  }
  return BoundStatement{std::move(bound)};
}

}  // namespace trivet::binder
