#pragma once

#include "sql/syntax/expression.h"

namespace trivet::syntax {

// One argument of a call: `x`, `name := x` or `name => x`.
struct Argument {
  Identifier name;  // empty for a positional argument
  ExpressionPtr value;
  TRIVET_SYNTAX_FIELDS(name, value)
};

enum class NullTreatment : uint8_t { kDefault, kRespect, kIgnore };

// A call of a scalar, aggregate or table function, or of an operator.
//
// `x.f(y)` is parsed as function f qualified by x; where x names no schema, the binder takes the
// qualifier as a column and puts it in front of the arguments. On any other base (`f(x).g(y)`,
// `'a'.upper()`) the parser has put it there already.
struct FunctionExpression : ExpressionOf<ExpressionKind::kFunction> {
  QualifiedName qualifier;
  std::string name;  // in lower case; an operator's sign for operators
  std::vector<Argument> arguments;
  // Written as an operator: prefix with one argument, infix with two.
  bool is_operator = false;
  // What aggregates may carry.
  bool distinct = false;
  std::vector<OrderItem> order_by;
  std::vector<OrderItem> within_group;
  ExpressionPtr filter;
  NullTreatment nulls = NullTreatment::kDefault;
  TRIVET_SYNTAX_FIELDS(qualifier, name, arguments, is_operator, distinct, order_by, within_group,
                       filter, nulls)
};

enum class FrameUnit : uint8_t { kRows, kRange, kGroups };
enum class FrameBoundKind : uint8_t {
  kUnboundedPreceding,
  kPreceding,
  kCurrentRow,
  kFollowing,
  kUnboundedFollowing,
};
enum class FrameExclusion : uint8_t { kNone, kCurrentRow, kGroup, kTies };

struct FrameBound {
  FrameBoundKind kind = FrameBoundKind::kCurrentRow;
  ExpressionPtr offset;  // kPreceding and kFollowing alone
  TRIVET_SYNTAX_FIELDS(kind, offset)
};

struct WindowSpecification {
  size_t position = 0;
  Identifier base;  // a named window this one refines, or stands for; empty when none
  // OVER name, without parentheses: the window is `base` itself.
  bool is_reference = false;
  std::vector<ExpressionPtr> partition_by;
  std::vector<OrderItem> order_by;
  bool has_frame = false;
  FrameUnit unit = FrameUnit::kRange;
  FrameBound start;
  FrameBound end;
  FrameExclusion exclusion = FrameExclusion::kNone;
  TRIVET_SYNTAX_FIELDS(base, is_reference, partition_by, order_by, has_frame, unit, start, end,
                       exclusion)
};

// function OVER window
struct WindowExpression : ExpressionOf<ExpressionKind::kWindow> {
  std::unique_ptr<FunctionExpression> function;
  WindowSpecification window;
  TRIVET_SYNTAX_FIELDS(function, window)
};

}  // namespace trivet::syntax
