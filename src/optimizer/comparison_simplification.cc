// Comparisons and IN with constants, and casts of casts.

#include <algorithm>

#include "expression/cast.h"
#include "expression/evaluator.h"
#include "optimizer/expression_rules.h"
#include "optimizer/plan_rewrite.h"

namespace trivet {

namespace {

// Decimal digits before the point that the type can hold in every position; 0 where it is no exact
// number.
int WholeDigits(const LogicalType& type) {
  switch (type.id()) {
    case TypeId::kDecimal: return type.precision() - type.scale();
    case TypeId::kInt8:
    case TypeId::kUInt8: return 3;
    case TypeId::kInt16:
    case TypeId::kUInt16: return 5;
    case TypeId::kInt32:
    case TypeId::kUInt32: return 10;
    case TypeId::kInt64: return 19;
    case TypeId::kUInt64: return 20;
    default: return 0;
  }
}

int ByteWidth(const LogicalType& type) { return static_cast<int>(TypeSize(type)); }

bool IsExactNumber(const LogicalType& type) {
  return type.IsInteger() || type.id() == TypeId::kDecimal;
}

bool IntegerFits(const LogicalType& from, const LogicalType& to) {
  if (from.IsSigned() && !to.IsSigned()) return false;
  if (!from.IsSigned() && to.IsSigned()) return ByteWidth(from) < ByteWidth(to);
  return ByteWidth(from) <= ByteWidth(to);
}

std::optional<Value> Convert(const Value& value, const LogicalType& type,
                             const EvaluationContext& evaluation) {
  if (value.is_null()) return Value::Null(type);
  Result<Value> converted =
      EvaluateConstant(Expression::Cast(Expression::Constant(value), type), evaluation);
  if (!converted.ok() || !(converted->type() == type) || converted->is_null()) return std::nullopt;
  return std::move(converted).value();
}

// CAST(x AS T) compared with a constant of T: the same with x and a constant of x's type. A
// constant between two values of x's type takes the neighbour and the comparison that tell the same
// rows.
ExpressionPtr CompareUncast(const ExpressionPtr& node, const EvaluationContext& evaluation) {
  const ExpressionPtr& inner = node->child(0)->child(0);
  const Value& constant = node->child(1)->value();
  const std::optional<Value> back = Convert(constant, inner->type(), evaluation);
  if (!back) return node;
  const std::optional<Value> forth = Convert(*back, constant.type(), evaluation);
  if (!forth) return node;
  const int order = constant.is_null() ? 0 : CompareValues(*forth, constant);
  Comparison comparison = node->comparison();
  if (order != 0) {
    switch (comparison) {
      case Comparison::kLess:
      case Comparison::kLessOrEqual:
        comparison = order < 0 ? Comparison::kLessOrEqual : Comparison::kLess;
        break;
      case Comparison::kGreater:
      case Comparison::kGreaterOrEqual:
        comparison = order < 0 ? Comparison::kGreater : Comparison::kGreaterOrEqual;
        break;
      default: return node;
    }
  }
  return Expression::Compare(comparison, inner, Expression::Constant(*back));
}

ExpressionPtr InUncast(const ExpressionPtr& node, const EvaluationContext& evaluation) {
  const ExpressionPtr& inner = node->child(0)->child(0);
  std::vector<ExpressionPtr> children{inner};
  for (size_t i = 1; i < node->children().size(); ++i) {
    if (!node->child(i)->IsConstant()) return node;
    const Value& constant = node->child(i)->value();
    const std::optional<Value> back = Convert(constant, inner->type(), evaluation);
    const std::optional<Value> forth =
        back ? Convert(*back, constant.type(), evaluation) : std::nullopt;
    if (!forth) return node;
    if (!constant.is_null() && CompareValues(*forth, constant) != 0) continue;  // equals no x
    children.push_back(Expression::Constant(*back));
  }
  return children.size() == 1 ? node : Expression::In(std::move(children));
}

bool IsUncastable(const ExpressionPtr& expression) {
  return expression->kind() == ExpressionKind::kCast && expression->has_columns() &&
         IsOrderPreservingInjection(expression->child(0)->type(), expression->type());
}

ExpressionPtr CompareWithNull(const ExpressionPtr& node) {
  switch (node->comparison()) {
    case Comparison::kDistinctFrom: return Expression::IsNotNull(node->child(0));
    case Comparison::kNotDistinctFrom: return Expression::IsNull(node->child(0));
    default: break;
  }
  return IsMovable(node) ? Expression::Constant(Value::Null(TypeId::kBoolean)) : node;
}

ExpressionPtr CompareWithBoolean(const ExpressionPtr& node) {
  const bool value = node->child(1)->value().boolean();
  const ExpressionPtr& operand = node->child(0);
  switch (node->comparison()) {
    case Comparison::kEqual: return value ? operand : Expression::Not(operand);
    case Comparison::kNotEqual: return value ? Expression::Not(operand) : operand;
    default: return node;
  }
}

}  // namespace

bool IsOrderPreservingInjection(const LogicalType& from, const LogicalType& to) {
  // Only dates some 290,000 years away have no timestamp; comparing without the cast gives such a
  // row its right answer where the cast would give an error.
  if (from.id() == TypeId::kDate && to.id() == TypeId::kTimestamp && !to.with_time_zone() &&
      to.unit() != TimeUnit::kNano) {
    return true;
  }
  if (CastCanFail(from, to)) return false;
  if (from.IsInteger() && to.IsInteger()) return IntegerFits(from, to);
  if (IsExactNumber(from) && to.id() == TypeId::kDecimal) {
    const int digits = WholeDigits(from);
    return digits > 0 && digits <= WholeDigits(to) && from.scale() <= to.scale();
  }
  if (from.IsInteger() && to.id() == TypeId::kDouble) return ByteWidth(from) <= 4;
  if (from.IsInteger() && to.id() == TypeId::kFloat) return ByteWidth(from) <= 2;
  if (from.id() == TypeId::kFloat && to.id() == TypeId::kDouble) return true;
  return false;
}

ExpressionPtr SimplifyComparison(const ExpressionPtr& node, const EvaluationContext& evaluation) {
  if (node->kind() == ExpressionKind::kIn) {
    return IsUncastable(node->child(0)) ? InUncast(node, evaluation) : node;
  }
  const ExpressionPtr& left = node->child(0);
  const ExpressionPtr& right = node->child(1);
  if (left->IsConstant() && !right->IsConstant()) {
    return Expression::Compare(Swap(node->comparison()), right, left);
  }
  if (node->comparison() == Comparison::kNotDistinctFrom && IsMovable(node) &&
      ExpressionsEqual(left, right)) {
    return Expression::Constant(Value::Boolean(true));
  }
  if (!right->IsConstant()) {
    // Equally cast operands compare as what was cast.
    if (IsUncastable(left) && IsUncastable(right) &&
        left->child(0)->type() == right->child(0)->type()) {
      return Expression::Compare(node->comparison(), left->child(0), right->child(0));
    }
    return node;
  }
  if (right->value().is_null()) return CompareWithNull(node);
  if (right->type().id() == TypeId::kBoolean) return CompareWithBoolean(node);
  return IsUncastable(left) ? CompareUncast(node, evaluation) : node;
}

ExpressionPtr SimplifyCast(const ExpressionPtr& node) {
  const ExpressionPtr& inner = node->child(0);
  if (inner->kind() != ExpressionKind::kCast) return node;
  const LogicalType& source = inner->child(0)->type();
  if (!IsOrderPreservingInjection(source, inner->type())) return node;
  if (source == node->type()) return inner->child(0);
  const bool exact = IsExactNumber(source) && IsExactNumber(inner->type());
  if (!exact || !node->type().IsNumeric()) return node;
  // Division by another power of ten may round otherwise.
  if (node->type().IsFloating() && source.scale() != inner->type().scale()) return node;
  return Expression::Cast(inner->child(0), node->type(), node->is_try());
}

}  // namespace trivet
