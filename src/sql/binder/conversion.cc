#include "sql/binder/conversion.h"

#include <algorithm>

#include "base/string_concat.h"
#include "expression/argument_types.h"
#include "expression/cast.h"
#include "expression/parameter.h"
#include "types/cast_rules.h"

namespace trivet::binder {

namespace {

Status CannotCompare(const LogicalType& left, const LogicalType& right) {
  return Status::InvalidInput(StrCat("Cannot compare values of type ", left.ToString(),
                                     " and type ", right.ToString(),
                                     " - an explicit cast is required"));
}

bool IsVarchar(const ExpressionPtr& expression) {
  return expression->type().id() == TypeId::kVarchar;
}

bool IsEquality(Comparison comparison) {
  return comparison == Comparison::kEqual || comparison == Comparison::kNotEqual ||
         comparison == Comparison::kDistinctFrom || comparison == Comparison::kNotDistinctFrom;
}

// The type at which the expressions meet; kNull where all are NULL.
std::optional<LogicalType> MeetingType(const std::vector<ExpressionPtr>& expressions,
                                       bool as_equality) {
  if (as_equality) {
    std::vector<ExpressionPtr> others;
    std::ranges::copy_if(expressions, std::back_inserter(others), [](const ExpressionPtr& e) {
      return !IsVarchar(e) && !e->type().IsNull();
    });
    if (!others.empty()) return CommonArgumentType(others);
  }
  return CommonArgumentType(expressions);
}

}  // namespace

bool IsStringLiteral(const Expression& expression) {
  if (expression.type().id() != TypeId::kVarchar) return false;
  return expression.IsConstant() ? !expression.value().is_null()
                                 : PlanParameter::Of(expression) != nullptr;
}

ExpressionPtr CastTo(ExpressionPtr expression, const LogicalType& type,
                     const EvaluationContext* context) {
  if (expression->type() == type) return expression;
  const std::optional<size_t> position = expression->position();
  ExpressionPtr cast = CastArgument(std::move(expression), type, context);
  return position ? cast->WithPosition(*position) : cast;
}

Result<ExpressionPtr> ExplicitCast(ExpressionPtr expression, const LogicalType& type, bool is_try) {
  const LogicalType& from = expression->type();
  if (from == type) return expression;
  if (from.IsNull()) return Expression::Constant(Value::Null(type));
  if (FindCast(from, type) == nullptr) {
    return Status::InvalidInput(
        StrCat("Unimplemented type for cast (", from.ToString(), " -> ", type.ToString(), ")"));
  }
  return Expression::Cast(std::move(expression), type, is_try);
}

Result<ExpressionPtr> AssignTo(ExpressionPtr expression, const LogicalType& type) {
  if (expression->type() == type) return expression;
  return ExplicitCast(std::move(expression), type, false);
}

Result<ExpressionPtr> CastToBoolean(ExpressionPtr expression, const EvaluationContext* context) {
  const LogicalType& type = expression->type();
  if (type.id() == TypeId::kBoolean) return expression;
  if (!type.IsNull() && FindCast(type, TypeId::kBoolean) == nullptr) {
    return Status::InvalidInput(
        StrCat("Cannot cast ", type.ToString(), " to BOOLEAN - a condition must be a BOOLEAN"));
  }
  return CastTo(std::move(expression), TypeId::kBoolean, context);
}

Result<ExpressionPtr> MakeComparison(Comparison comparison, ExpressionPtr left, ExpressionPtr right,
                                     const EvaluationContext* context) {
  const LogicalType left_type = left->type();
  const LogicalType right_type = right->type();
  std::optional<LogicalType> type;
  if (left_type == right_type) {
    type = left_type;
  } else if (IsVarchar(left) != IsVarchar(right) && !left_type.IsNull() && !right_type.IsNull()) {
    // A string literal takes the other side's type always, other strings only in tests of equality.
    const Expression& text = IsVarchar(left) ? *left : *right;
    if (!IsStringLiteral(text) && !IsEquality(comparison))
      return CannotCompare(left_type, right_type);
    type = IsVarchar(left) ? right_type : left_type;
    if (FindCast(TypeId::kVarchar, *type) == nullptr) return CannotCompare(left_type, right_type);
  } else {
    const ExpressionPtr sides[] = {left, right};
    type = CommonArgumentType(sides);
  }
  if (!type) return CannotCompare(left_type, right_type);
  if (type->IsNull()) type = LogicalType(TypeId::kInt32);
  return Expression::Compare(comparison, CastTo(std::move(left), *type, context),
                             CastTo(std::move(right), *type, context));
}

Status UnifyTypes(std::vector<ExpressionPtr>& expressions, bool as_equality, std::string_view place,
                  const EvaluationContext* context) {
  const std::optional<LogicalType> type = MeetingType(expressions, as_equality);
  if (!type) {
    const auto& first = expressions.front()->type();
    const auto differs = std::ranges::find_if(expressions, [&](const ExpressionPtr& e) {
      const ExpressionPtr pair[] = {expressions.front(), e};
      return !CommonArgumentType(pair);
    });
    const LogicalType& second =
        differs == expressions.end() ? expressions.back()->type() : (*differs)->type();
    return Status::InvalidInput(StrCat("Cannot mix values of type ", first.ToString(), " and ",
                                       second.ToString(), " in ", place,
                                       " - an explicit cast is required"));
  }
  for (ExpressionPtr& expression : expressions) {  // maybe hundreds of thousands
    if (context != nullptr) TRIVET_RETURN_IF_ERROR(context->cancellation().Check());
    expression = CastTo(std::move(expression), *type, context);
  }
  return Status::OK();
}

}  // namespace trivet::binder
