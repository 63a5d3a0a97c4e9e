#pragma once

#include "sql/syntax/node.h"

namespace trivet::syntax {

enum class ExpressionKind : uint8_t {
  kLiteral,
  kColumn,
  kStar,
  kColumns,
  kPositional,
  kParameter,
  kDefault,
  kFunction,
  kWindow,
  kLambda,
  kComparison,
  kConjunction,
  kNot,
  kIsNull,
  kBetween,
  kIn,
  kCase,
  kCast,
  kCollate,
  kSubscript,
  kSlice,
  kField,
  kSubquery,
};

// Base of every expression. Nodes are plain values owned by their parent and are not synchronised;
// a finished tree may be read by any number of threads.
//
// Much of the surface syntax has one meaning, and then the parser builds one form: `x IS TRUE` is
// `CAST(x AS BOOLEAN) IS NOT DISTINCT FROM true`, `x NOT IN (...)` is NOT over IN, `x > ALL (q)` is
// NOT over `x <= ANY (q)`. Operators without a node of their own (+, ||, ~~ for LIKE ...) are calls
// of the function with that name. README.md lists every rewriting.
struct Expression : Node {
  const ExpressionKind kind;

  virtual ~Expression() = default;

  // The caller has looked at `kind`.
  template <typename T>
  const T& As() const {
    return static_cast<const T&>(*this);
  }
  template <typename T>
  T& As() {
    return static_cast<T&>(*this);
  }
  // Null when the expression is of another kind.
  template <typename T>
  const T* TryAs() const {
    return kind == T::kKind ? static_cast<const T*>(this) : nullptr;
  }

 protected:
  explicit Expression(ExpressionKind kind) : kind(kind) {}
};

// Gives a node its kind: struct CastExpression : ExpressionOf<ExpressionKind::kCast>.
template <ExpressionKind K>
struct ExpressionOf : Expression {
  static constexpr ExpressionKind kKind = K;
  ExpressionOf() : Expression(K) {}
};

enum class LiteralKind : uint8_t {
  kNull,
  kBoolean,
  kInteger,  // digits alone, of any length
  kDecimal,  // with a point and no exponent
  kDouble,   // with an exponent
  kString,
  kBlob,      // X'..': `value` holds the hexadecimal digits
  kBitString  // B'..': `value` holds the binary digits
};

struct LiteralExpression : ExpressionOf<ExpressionKind::kLiteral> {
  LiteralKind literal = LiteralKind::kNull;
  // Numbers: decimal digits with an optional '-' in front, without underscores, never hexadecimal;
  // strings: the unescaped bytes; booleans: "true" or "false"; NULL: empty.
  std::string value;
  // Numbers as written, for naming result columns; not part of equality.
  std::string text;
  TRIVET_SYNTAX_FIELDS(literal, value)
};

// A dotted path that may name a column and, behind it, struct fields: a, t.a, main.t.a.field. The
// binder decides which part is what.
struct ColumnExpression : ExpressionOf<ExpressionKind::kColumn> {
  QualifiedName names;
  TRIVET_SYNTAX_FIELDS(names)
};

struct StarReplacement {
  ExpressionPtr expression;
  Identifier column;
  TRIVET_SYNTAX_FIELDS(expression, column)
};

struct StarRename {
  QualifiedName column;
  Identifier name;
  TRIVET_SYNTAX_FIELDS(column, name)
};

// `*` and `t.*` with their lists, in a select list or as an argument.
struct StarExpression : ExpressionOf<ExpressionKind::kStar> {
  QualifiedName relation;  // empty for a bare *
  std::vector<QualifiedName> exclude;
  std::vector<StarReplacement> replace;
  std::vector<StarRename> rename;
  TRIVET_SYNTAX_FIELDS(relation, exclude, replace, rename)
};

// COLUMNS(x): the expression around it is repeated for each matching column. The argument is a
// star, a regular expression as a string, a list of names or a lambda. `*COLUMNS(x)` (unpacked)
// puts all matching columns into one argument list instead.
struct ColumnsExpression : ExpressionOf<ExpressionKind::kColumns> {
  ExpressionPtr argument;
  bool unpacked = false;
  TRIVET_SYNTAX_FIELDS(argument, unpacked)
};

// #1: the first column of the FROM clause.
struct PositionalExpression : ExpressionOf<ExpressionKind::kPositional> {
  uint64_t index = 0;  // from 1
  TRIVET_SYNTAX_FIELDS(index)
};

// `?` and `$1` by number ("1"), `$name` by name. A statement lists its parameters.
struct ParameterExpression : ExpressionOf<ExpressionKind::kParameter> {
  Identifier name;
  TRIVET_SYNTAX_FIELDS(name)
};

// DEFAULT in a row to be inserted.
struct DefaultExpression : ExpressionOf<ExpressionKind::kDefault> {
  auto Fields() { return std::tuple<>(); }
  auto Fields() const { return std::tuple<>(); }
};

// A lambda: `lambda x, y: x + y`. The deprecated arrow `x -> x + 1` cannot be told from JSON
// extraction here and arrives as a call of the operator "->".
struct LambdaExpression : ExpressionOf<ExpressionKind::kLambda> {
  std::vector<Identifier> parameters;
  ExpressionPtr body;
  TRIVET_SYNTAX_FIELDS(parameters, body)
};

}  // namespace trivet::syntax
