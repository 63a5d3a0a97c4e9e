#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "catalog/catalog.h"
#include "plan/logical_operator.h"
#include "storage/table.h"

namespace trivet {

// A query: its plan and the result's columns with the names users see (duplicates allowed).
struct BoundQuery {
  PlanPtr plan;
  std::vector<OutputColumn> columns;
};

struct BoundCreateTable {
  CatalogName table;
  std::vector<ColumnDefinition> columns;
  std::vector<ExpressionPtr> defaults;  // per column; null: NULL
  OnConflict on_conflict = OnConflict::kError;
  std::optional<BoundQuery> query;  // AS; its columns are `columns` in order
};

struct BoundCreateView {
  CatalogName view;
  std::string sql;  // of the query, bound again at each use
  std::vector<std::string> column_names;
  OnConflict on_conflict = OnConflict::kError;
};

struct BoundDrop {
  std::vector<CatalogName> names;
  bool is_view = false;
  bool if_exists = false;
};

// The query gives all columns of the table in its order, cast and with defaults.
struct BoundInsert {
  CatalogName table;
  std::vector<ColumnDefinition> columns;  // of the table
  BoundQuery query;
};

struct BoundCopyTo {
  BoundQuery query;
  std::string path;
  std::string format;                                  // lower case
  std::vector<std::pair<std::string, Value>> options;  // lower-case names
};

struct BoundSet {
  std::string name;            // lower case
  std::optional<Value> value;  // empty: RESET
};

struct BoundStatement;
struct BoundExplain {
  std::unique_ptr<BoundStatement> statement;
  bool analyze = false;
  bool json = false;
};

// A statement after names and types are resolved, ready to be planned and run.
struct BoundStatement {
  std::variant<BoundQuery, BoundCreateTable, BoundCreateView, BoundDrop, BoundInsert, BoundCopyTo,
               BoundSet, BoundExplain>
      body;
};

}  // namespace trivet
