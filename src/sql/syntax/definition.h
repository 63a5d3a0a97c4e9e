#pragma once

#include <optional>

#include "sql/syntax/statement.h"

namespace trivet::syntax {

enum class ConstraintKind : uint8_t { kPrimaryKey, kUnique, kCheck, kForeignKey };

// Of a column (then `columns` is empty, as it stands with its column) or of the table.
struct Constraint {
  size_t position = 0;
  ConstraintKind kind = ConstraintKind::kCheck;
  std::vector<Identifier> columns;
  ExpressionPtr check;                         // kCheck
  QualifiedName referenced_table;              // kForeignKey
  std::vector<Identifier> referenced_columns;  // kForeignKey
  TRIVET_SYNTAX_FIELDS(kind, columns, check, referenced_table, referenced_columns)
};

struct ColumnDefinition {
  Identifier name;
  TypeName type;  // empty where the column is generated and its type is to be inferred
  bool not_null = false;
  ExpressionPtr default_value;
  ExpressionPtr generated;  // GENERATED ALWAYS AS (expression)
  bool generated_stored = false;
  Identifier collation;
  Identifier compression;  // USING COMPRESSION
  std::vector<Constraint> constraints;
  TRIVET_SYNTAX_FIELDS(name, type, not_null, default_value, generated, generated_stored, collation,
                       compression, constraints)
};

enum class OnConflictClause : uint8_t { kError, kReplace, kIgnore };

// CREATE TABLE with columns, or AS a query.
struct CreateTableStatement : StatementOf<StatementKind::kCreateTable> {
  QualifiedName name;
  bool or_replace = false;
  bool temporary = false;
  bool if_not_exists = false;
  std::vector<ColumnDefinition> columns;
  std::vector<Constraint> constraints;
  QueryPtr query;                        // null without AS
  std::vector<Identifier> column_names;  // CREATE TABLE t(a, b) AS query
  bool with_data = true;                 // false for WITH NO DATA
  TRIVET_SYNTAX_FIELDS(name, or_replace, temporary, if_not_exists, columns, constraints, query,
                       column_names, with_data)
};

struct CreateViewStatement : StatementOf<StatementKind::kCreateView> {
  QualifiedName name;
  bool or_replace = false;
  bool temporary = false;
  bool if_not_exists = false;
  std::vector<Identifier> column_names;
  QueryPtr query;
  // The query's bytes in the text, for showing the definition.
  size_t query_begin = 0;
  size_t query_end = 0;
  TRIVET_SYNTAX_FIELDS(name, or_replace, temporary, if_not_exists, column_names, query)
};

enum class DropKind : uint8_t { kTable, kView };

struct DropStatement : StatementOf<StatementKind::kDrop> {
  DropKind drop = DropKind::kTable;
  std::vector<QualifiedName> names;
  bool if_exists = false;
  bool cascade = false;
  TRIVET_SYNTAX_FIELDS(drop, names, if_exists, cascade)
};

struct Assignment {
  std::vector<Identifier> columns;  // several for (a, b) = row
  ExpressionPtr value;
  TRIVET_SYNTAX_FIELDS(columns, value)
};

// ON CONFLICT [(columns) [WHERE condition]] DO NOTHING | DO UPDATE SET ... [WHERE condition]
struct OnConflict {
  size_t position = 0;
  std::vector<Identifier> columns;
  ExpressionPtr columns_where;
  bool do_update = false;
  std::vector<Assignment> assignments;
  ExpressionPtr update_where;
  TRIVET_SYNTAX_FIELDS(columns, columns_where, do_update, assignments, update_where)
};

// INSERT INTO t [(columns)] query. WITH in front of INSERT has been moved to the query.
struct InsertStatement : StatementOf<StatementKind::kInsert> {
  QualifiedName table;
  Identifier alias;
  OnConflictClause or_clause = OnConflictClause::kError;  // INSERT OR REPLACE, INSERT OR IGNORE
  bool by_name = false;                                   // BY NAME
  std::vector<Identifier> columns;
  QueryPtr query;  // null for DEFAULT VALUES
  std::optional<OnConflict> on_conflict;
  std::vector<SelectItem> returning;
  TRIVET_SYNTAX_FIELDS(table, alias, or_clause, by_name, columns, query, on_conflict, returning)
};

// COPY table [(columns)] TO file, COPY (query) TO file, COPY table [(columns)] FROM file.
struct CopyStatement : StatementOf<StatementKind::kCopy> {
  bool is_from = false;
  QualifiedName table;  // empty where a query was given
  std::vector<Identifier> columns;
  // COPY TO: what to write, always set; `SELECT columns FROM table` where a table was given.
  QueryPtr query;
  ExpressionPtr file;  // a string literal, or an expression to be computed once
  std::vector<Option> options;
  TRIVET_SYNTAX_FIELDS(is_from, table, columns, query, file, options)
};

}  // namespace trivet::syntax
