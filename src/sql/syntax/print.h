#pragma once

#include <string>

#include "sql/syntax/definition.h"

namespace trivet::syntax {

// SQL text that parses to a tree equal to the one printed. Operators are fully parenthesised.
std::string ToString(const Expression& expression);
std::string ToString(const Query& query);
std::string ToString(const TableReference& table);
std::string ToString(const TypeName& type);
std::string ToString(const Statement& statement);

// The name of an unnamed result column, character for character DuckDB's: `count_star()`, `sum(x)`,
// `(a + b)`; the last part alone for a column, t.a => a.
std::string ColumnName(const Expression& expression);

// The identifier as it has to be written: in double quotes where it is a keyword or holds anything
// but letters, digits and underscores.
std::string QuoteIdentifier(std::string_view identifier);
// In single quotes, doubled inside.
std::string QuoteString(std::string_view text);
// The name for messages and listings: "catalog.schema.table", quoted where needed.
std::string ToString(const QualifiedName& name);
// "=", "!=", "IS DISTINCT FROM" ...
std::string_view ToString(ComparisonOperator comparison);

}  // namespace trivet::syntax
