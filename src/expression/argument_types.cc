#include "expression/argument_types.h"

#include "expression/evaluator.h"
#include "expression/parameter.h"
#include "types/cast_rules.h"

namespace trivet {

namespace {

constexpr int kStringLiteralCost = 20;

// A parameter that the plan is not made for one value of is a literal, too; it is never NULL.
bool IsNonNullLiteral(const Expression& argument) {
  return argument.IsConstant() ? !argument.value().is_null()
                               : PlanParameter::Of(argument) != nullptr;
}

bool IsStringLiteral(const Expression& argument) {
  return argument.type() == TypeId::kVarchar && IsNonNullLiteral(argument);
}

bool IsIntegerLiteral(const Expression& argument) {
  const TypeId id = argument.type().id();
  return (id == TypeId::kInt32 || id == TypeId::kInt64 || id == TypeId::kInt128) &&
         IsNonNullLiteral(argument);
}

bool Fits(const Expression& literal, TypeId type) {
  const PlanParameter* parameter = PlanParameter::Of(literal);
  return parameter != nullptr ? parameter->Fits(type)
                              : IntegerFits(literal.value().integer(), type);
}

// BIGINT first, the widest last, so that a literal prefers the customary overload; cheaper than any
// conversion of a column, but dearer than the small differences between such conversions.
int IntegerLiteralCost(TypeId to) {
  if (to == TypeId::kInt64) return 11;
  return to == TypeId::kInt128 || to == TypeId::kUInt64 ? 13 : 12;
}

}  // namespace

std::optional<int> ArgumentCastCost(const Expression& argument, const LogicalType& to) {
  if (argument.type() == to) return 0;
  if (IsStringLiteral(argument)) return kStringLiteralCost;
  if (IsIntegerLiteral(argument) && to.IsInteger() && Fits(argument, to.id())) {
    return IntegerLiteralCost(to.id());
  }
  return ImplicitCastCost(argument.type(), to);
}

std::optional<LogicalType> CommonArgumentType(std::span<const ExpressionPtr> arguments) {
  // What is no literal decides; literals adapt to it where they fit.
  std::optional<LogicalType> common;
  for (const ExpressionPtr& argument : arguments) {
    if (argument->type().IsNull() || IsStringLiteral(*argument) || IsIntegerLiteral(*argument)) {
      continue;
    }
    common = common ? CommonSupertype(*common, argument->type()) : argument->type();
    if (!common) return std::nullopt;
  }
  bool string_literals = false;
  for (const ExpressionPtr& argument : arguments) {
    if (IsStringLiteral(*argument)) string_literals = true;
    if (!IsIntegerLiteral(*argument)) continue;
    if (common && common->IsInteger() && Fits(*argument, common->id())) continue;
    common = common ? CommonSupertype(*common, argument->type()) : argument->type();
    if (!common) return std::nullopt;
  }
  if (common) return common;
  return LogicalType(string_literals ? TypeId::kVarchar : TypeId::kNull);
}

ExpressionPtr CastArgument(ExpressionPtr argument, const LogicalType& type,
                           const EvaluationContext* context) {
  const std::optional<size_t> position = argument->position();
  // Literals are small integers; a list of IN may have very many of them.
  if (argument->IsConstant() && !argument->value().is_null() &&
      argument->type().id() == TypeId::kInt32 && type.id() == TypeId::kInt64) {
    ExpressionPtr constant =
        Expression::Constant(Value::Int64(static_cast<int64_t>(argument->value().integer())));
    return position ? constant->WithPosition(*position) : constant;
  }
  if (const PlanParameter* parameter = PlanParameter::Of(*argument)) {
    if (IsIntegerLiteral(*argument) && type.IsInteger() && parameter->Fits(type.id())) {
      ExpressionPtr reference = parameter->Reference(type);
      return position ? reference->WithPosition(*position) : reference;
    }
  }
  ExpressionPtr cast = Expression::Cast(std::move(argument), type);
  if (context == nullptr || cast->IsConstant() || cast->has_columns() ||
      cast->volatility() != Volatility::kImmutable) {
    return cast;
  }
  // An argument that fails is left as it is: its error belongs to the rows that reach it.
  Result<Value> value = EvaluateConstant(cast, *context);
  if (!value.ok()) return cast;
  ExpressionPtr constant = Expression::Constant(std::move(value).value());
  return position ? constant->WithPosition(*position) : constant;
}

}  // namespace trivet
