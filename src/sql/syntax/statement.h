#pragma once

#include "sql/syntax/query.h"

namespace trivet::syntax {

enum class StatementKind : uint8_t {
  kQuery,
  kCreateTable,
  kCreateView,
  kDrop,
  kInsert,
  kCopy,
  kSet,
  kPragma,
  kExplain,
  kUse,
  kPrepare,
  kExecute,
  kDeallocate,
  kCall,
  kUnsupported,
};

// One statement of a text that may hold several.
struct Statement : Node {
  const StatementKind kind;
  // The statement's bytes in the text, without the ';'.
  size_t begin = 0;
  size_t end = 0;
  // Its parameters, each once: numbered ones "1" to the highest number, or names in order of
  // appearance.
  std::vector<Identifier> parameters;

  virtual ~Statement() = default;

  template <typename T>
  const T& As() const {
    return static_cast<const T&>(*this);
  }
  template <typename T>
  T& As() {
    return static_cast<T&>(*this);
  }

 protected:
  explicit Statement(StatementKind kind) : kind(kind) {}
};

template <StatementKind K>
struct StatementOf : Statement {
  static constexpr StatementKind kKind = K;
  StatementOf() : Statement(K) {}
};

// SELECT, FROM, VALUES, TABLE, WITH; also DESCRIBE, SUMMARIZE and SHOW (see ShowTable).
struct QueryStatement : StatementOf<StatementKind::kQuery> {
  QueryPtr query;
  TRIVET_SYNTAX_FIELDS(query)
};

// One entry of an option list, FORMAT parquet or HEADER. A bare word as a value arrives as a string
// literal.
struct Option {
  Identifier name;
  std::vector<ExpressionPtr> values;  // empty for an option without a value, several for (a, b)
  TRIVET_SYNTAX_FIELDS(name, values)
};

// [SESSION | GLOBAL | LOCAL] setting, or SET VARIABLE.
enum class SetScope : uint8_t { kDefault, kSession, kGlobal, kLocal, kVariable };

struct SetStatement : StatementOf<StatementKind::kSet> {
  SetScope scope = SetScope::kDefault;
  Identifier name;  // dotted parts joined; "timezone" for SET TIME ZONE
  // One value or a list; a bare word arrives as a string literal, DEFAULT as DefaultExpression.
  // Empty for RESET.
  std::vector<ExpressionPtr> values;
  bool reset = false;
  TRIVET_SYNTAX_FIELDS(scope, name, values, reset)
};

// PRAGMA name, PRAGMA name = value, PRAGMA name(arguments).
struct PragmaStatement : StatementOf<StatementKind::kPragma> {
  Identifier name;
  bool is_assignment = false;
  std::vector<Argument> arguments;
  TRIVET_SYNTAX_FIELDS(name, is_assignment, arguments)
};

struct ExplainStatement : StatementOf<StatementKind::kExplain> {
  bool analyze = false;
  std::vector<Option> options;  // (FORMAT json)
  StatementPtr statement;
  TRIVET_SYNTAX_FIELDS(analyze, options, statement)
};

struct UseStatement : StatementOf<StatementKind::kUse> {
  QualifiedName name;
  TRIVET_SYNTAX_FIELDS(name)
};

struct PrepareStatement : StatementOf<StatementKind::kPrepare> {
  Identifier name;
  StatementPtr statement;
  TRIVET_SYNTAX_FIELDS(name, statement)
};

struct ExecuteStatement : StatementOf<StatementKind::kExecute> {
  Identifier name;
  std::vector<Argument> arguments;
  TRIVET_SYNTAX_FIELDS(name, arguments)
};

struct DeallocateStatement : StatementOf<StatementKind::kDeallocate> {
  Identifier name;  // empty for ALL
  TRIVET_SYNTAX_FIELDS(name)
};

struct CallStatement : StatementOf<StatementKind::kCall> {
  std::unique_ptr<FunctionExpression> function;
  TRIVET_SYNTAX_FIELDS(function)
};

// A statement the dialect has and this parser recognises by its first words alone: its content has
// not been parsed. The binder answers NotImplemented with the name.
struct UnsupportedStatement : StatementOf<StatementKind::kUnsupported> {
  std::string name;  // in upper case: "ALTER TABLE", "CREATE INDEX", "MERGE INTO"
  TRIVET_SYNTAX_FIELDS(name)
};

}  // namespace trivet::syntax
