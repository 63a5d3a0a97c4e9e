#pragma once

#include "sql/syntax/expression.h"

namespace trivet::syntax {

enum class ComparisonOperator : uint8_t {
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kDistinctFrom,
  kNotDistinctFrom,
};

struct ComparisonExpression : ExpressionOf<ExpressionKind::kComparison> {
  ComparisonOperator comparison = ComparisonOperator::kEqual;
  ExpressionPtr left;
  ExpressionPtr right;
  TRIVET_SYNTAX_FIELDS(comparison, left, right)
};

enum class ConjunctionKind : uint8_t { kAnd, kOr };

// Two or more operands; `a AND b AND c` is one node, so that long chains stay shallow.
struct ConjunctionExpression : ExpressionOf<ExpressionKind::kConjunction> {
  ConjunctionKind conjunction = ConjunctionKind::kAnd;
  std::vector<ExpressionPtr> operands;
  TRIVET_SYNTAX_FIELDS(conjunction, operands)
};

struct NotExpression : ExpressionOf<ExpressionKind::kNot> {
  ExpressionPtr operand;
  TRIVET_SYNTAX_FIELDS(operand)
};

// IS NULL, ISNULL, IS UNKNOWN and their negations.
struct IsNullExpression : ExpressionOf<ExpressionKind::kIsNull> {
  ExpressionPtr operand;
  bool negated = false;
  TRIVET_SYNTAX_FIELDS(operand, negated)
};

// value BETWEEN lower AND upper. SYMMETRIC accepts the bounds in either order.
struct BetweenExpression : ExpressionOf<ExpressionKind::kBetween> {
  ExpressionPtr value;
  ExpressionPtr lower;
  ExpressionPtr upper;
  bool symmetric = false;
  TRIVET_SYNTAX_FIELDS(value, lower, upper, symmetric)
};

// value IN (a, b, c): at least one candidate. IN (query) is a SubqueryExpression.
struct InExpression : ExpressionOf<ExpressionKind::kIn> {
  ExpressionPtr value;
  std::vector<ExpressionPtr> candidates;
  TRIVET_SYNTAX_FIELDS(value, candidates)
};

struct CaseBranch {
  ExpressionPtr condition;  // a value to compare the operand with where the CASE has an operand
  ExpressionPtr result;
  TRIVET_SYNTAX_FIELDS(condition, result)
};

struct CaseExpression : ExpressionOf<ExpressionKind::kCase> {
  ExpressionPtr operand;  // null for the searched form
  std::vector<CaseBranch> branches;
  ExpressionPtr otherwise;  // null without ELSE
  TRIVET_SYNTAX_FIELDS(operand, branches, otherwise)
};

// CAST, TRY_CAST, `::` and typed literals such as DATE '2024-01-01'.
struct CastExpression : ExpressionOf<ExpressionKind::kCast> {
  ExpressionPtr operand;
  TypeName type;
  bool try_cast = false;
  TRIVET_SYNTAX_FIELDS(operand, type, try_cast)
};

struct CollateExpression : ExpressionOf<ExpressionKind::kCollate> {
  ExpressionPtr operand;
  Identifier collation;  // dotted parts joined: nocase.noaccent
  TRIVET_SYNTAX_FIELDS(operand, collation)
};

// base[index]
struct SubscriptExpression : ExpressionOf<ExpressionKind::kSubscript> {
  ExpressionPtr base;
  ExpressionPtr index;
  TRIVET_SYNTAX_FIELDS(base, index)
};

// base[lower:upper:step]; an omitted part is null.
struct SliceExpression : ExpressionOf<ExpressionKind::kSlice> {
  ExpressionPtr base;
  ExpressionPtr lower;
  ExpressionPtr upper;
  ExpressionPtr step;
  TRIVET_SYNTAX_FIELDS(base, lower, upper, step)
};

// (base).field, where the base is not a plain dotted path.
struct FieldExpression : ExpressionOf<ExpressionKind::kField> {
  ExpressionPtr base;
  Identifier field;
  TRIVET_SYNTAX_FIELDS(base, field)
};

enum class SubqueryKind : uint8_t {
  kScalar,  // (query)
  kExists,  // EXISTS (query)
  kAny,     // operand comparison ANY (query); IN (query) is = ANY
  kArray,   // ARRAY(query)
};

struct SubqueryExpression : ExpressionOf<ExpressionKind::kSubquery> {
  SubqueryKind subquery = SubqueryKind::kScalar;
  ExpressionPtr operand;  // kAny alone; a call of "row" for (a, b) IN (query)
  ComparisonOperator comparison = ComparisonOperator::kEqual;
  QueryPtr query;

  // Out of line: the type of the query is incomplete here.
  SubqueryExpression();
  ~SubqueryExpression() override;
  TRIVET_SYNTAX_FIELDS(subquery, operand, comparison, query)
};

}  // namespace trivet::syntax
