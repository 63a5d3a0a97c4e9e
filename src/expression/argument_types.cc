#include "expression/argument_types.h"

#include <limits>

#include "expression/evaluator.h"
#include "types/cast_rules.h"

namespace trivet {

namespace {

constexpr int kStringLiteralCost = 20;

bool IsStringLiteral(const Expression& argument) {
  return argument.IsConstant() && argument.type() == TypeId::kVarchar &&
         !argument.value().is_null();
}

bool IsIntegerLiteral(const Expression& argument) {
  const TypeId id = argument.type().id();
  return argument.IsConstant() && !argument.value().is_null() &&
         (id == TypeId::kInt32 || id == TypeId::kInt64 || id == TypeId::kInt128);
}

template <typename T>
bool Holds(int128_t value) {
  return value >= static_cast<int128_t>(std::numeric_limits<T>::min()) &&
         value <= static_cast<int128_t>(std::numeric_limits<T>::max());
}

bool Fits(int128_t value, TypeId id) {
  switch (id) {
    case TypeId::kInt8: return Holds<int8_t>(value);
    case TypeId::kInt16: return Holds<int16_t>(value);
    case TypeId::kInt32: return Holds<int32_t>(value);
    case TypeId::kInt64: return Holds<int64_t>(value);
    case TypeId::kUInt8: return Holds<uint8_t>(value);
    case TypeId::kUInt16: return Holds<uint16_t>(value);
    case TypeId::kUInt32: return Holds<uint32_t>(value);
    case TypeId::kUInt64: return Holds<uint64_t>(value);
    case TypeId::kInt128: return true;
    default: return false;
  }
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
  if (IsIntegerLiteral(argument) && to.IsInteger() && Fits(argument.value().integer(), to.id())) {
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
    if (common && common->IsInteger() && Fits(argument->value().integer(), common->id())) continue;
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
