#pragma once

#include <string_view>
#include <vector>

#include "base/status.h"
#include "sql/syntax/definition.h"

namespace trivet {

struct ParserOptions {
  // Highest nesting of the syntax tree, of parentheses, and of the parser's own recursion; beyond
  // it the text is refused with InvalidInput. The default leaves room on a stack of 8 MiB.
  size_t max_depth = 1000;
};

// The statements of a text, in order; empty ones are left out. Nothing is looked up: names are the
// binder's matter. An error is InvalidInput with the byte offset of the offending token, or
// NotImplemented for a known clause that has no tree (PIVOT). Reentrant.
Result<std::vector<syntax::StatementPtr>> ParseStatements(std::string_view sql,
                                                          const ParserOptions& options = {});

// Exactly one statement, with or without ';' behind it.
Result<syntax::StatementPtr> ParseStatement(std::string_view sql,
                                            const ParserOptions& options = {});

// Exactly one expression, as in a select list, without an alias.
Result<syntax::ExpressionPtr> ParseExpression(std::string_view sql,
                                              const ParserOptions& options = {});

// A type name alone, such as "DECIMAL(10, 2)".
Result<syntax::TypeName> ParseTypeName(std::string_view sql, const ParserOptions& options = {});

// True where the text ends in a whole statement: a ';' stands outside strings and comments and
// nothing but space and comments follows. An interactive shell reads on until then.
bool EndsStatement(std::string_view sql);

}  // namespace trivet
