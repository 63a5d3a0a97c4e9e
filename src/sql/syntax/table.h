#pragma once

#include <optional>

#include "sql/syntax/function.h"

namespace trivet::syntax {

enum class TableKind : uint8_t { kNamed, kFunction, kSubquery, kJoin, kShow };

// TABLESAMPLE after a table, USING SAMPLE after a query.
struct SampleClause {
  size_t position = 0;
  ExpressionPtr size;
  bool is_percent = false;
  Identifier method;  // system, bernoulli, reservoir; empty when not said
  ExpressionPtr seed;
  TRIVET_SYNTAX_FIELDS(size, is_percent, method, seed)
};

// An entry of FROM. A join has no alias and no sample of its own: (a JOIN b) AS x is
// (SELECT * FROM a JOIN b) AS x.
struct TableReference : Node {
  const TableKind kind;
  Identifier alias;
  std::vector<Identifier> column_aliases;
  std::optional<SampleClause> sample;  // TABLESAMPLE

  virtual ~TableReference() = default;

  template <typename T>
  const T& As() const {
    return static_cast<const T&>(*this);
  }
  template <typename T>
  T& As() {
    return static_cast<T&>(*this);
  }
  TRIVET_SYNTAX_FIELDS(alias, column_aliases, sample)

 protected:
  explicit TableReference(TableKind kind) : kind(kind) {}
};

template <TableKind K>
struct TableOf : TableReference {
  static constexpr TableKind kKind = K;
  TableOf() : TableReference(K) {}
};

// A table, view or CTE, or a file: FROM 'x.parquet' (is_string) and, where no table has that name,
// FROM "x.parquet".
struct NamedTable : TableOf<TableKind::kNamed> {
  QualifiedName name;
  bool is_string = false;
  TRIVET_SYNTAX_FIELDS(name, is_string)
};

// read_parquet('x', hive_partitioning = true): an argument written name = value is named, too.
struct FunctionTable : TableOf<TableKind::kFunction> {
  std::unique_ptr<FunctionExpression> function;
  bool with_ordinality = false;
  bool lateral = false;
  TRIVET_SYNTAX_FIELDS(function, with_ordinality, lateral)
};

struct SubqueryTable : TableOf<TableKind::kSubquery> {
  QueryPtr query;
  bool lateral = false;

  SubqueryTable();
  ~SubqueryTable() override;
  TRIVET_SYNTAX_FIELDS(query, lateral)
};

enum class JoinKind : uint8_t { kInner, kLeft, kRight, kFull, kCross, kSemi, kAnti, kPositional };

struct JoinTable : TableOf<TableKind::kJoin> {
  JoinKind join = JoinKind::kInner;
  bool natural = false;
  bool asof = false;
  TableReferencePtr left;
  TableReferencePtr right;
  ExpressionPtr on;                       // null without ON
  std::vector<Identifier> using_columns;  // empty without USING
  TRIVET_SYNTAX_FIELDS(join, natural, asof, left, right, on, using_columns)
};

enum class ShowKind : uint8_t {
  kDescribe,   // DESCRIBE / DESC / SHOW x: the columns of `query` and their types
  kSummarize,  // SUMMARIZE: statistics of the columns of `query`
  kTables,     // SHOW TABLES [FROM schema]
  kAllTables,  // SHOW ALL TABLES
  kDatabases,  // SHOW DATABASES
  kSchemas,    // SHOW SCHEMAS
  kVariables,  // SHOW VARIABLES
};

// The rows of DESCRIBE, SUMMARIZE and SHOW. As a statement they are `SELECT * FROM (DESCRIBE ...)`.
struct ShowTable : TableOf<TableKind::kShow> {
  ShowKind show = ShowKind::kTables;
  QueryPtr query;      // kDescribe and kSummarize: `SELECT * FROM x` where a name was given
  QualifiedName name;  // the name, where one was given; the schema of kTables

  ShowTable();
  ~ShowTable() override;
  TRIVET_SYNTAX_FIELDS(show, query, name)
};

}  // namespace trivet::syntax
