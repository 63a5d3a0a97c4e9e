// Expressions as the interpreter of plans computes them.

#include "optimizer/plan_interpreter.h"

namespace trivet::testing {

namespace {

Value Truth(std::optional<bool> value) {
  return value ? Value::Boolean(*value) : Value::Null(TypeId::kBoolean);
}

std::optional<bool> TruthOf(const Value& value) {
  if (value.is_null()) return std::nullopt;
  return value.boolean();
}

Value CompareAs(Comparison comparison, const Value& a, const Value& b) {
  const bool null_safe =
      comparison == Comparison::kDistinctFrom || comparison == Comparison::kNotDistinctFrom;
  if (a.is_null() || b.is_null()) {
    if (!null_safe) return Truth(std::nullopt);
    return Truth((a.is_null() && b.is_null()) == (comparison == Comparison::kNotDistinctFrom));
  }
  const int order = CompareValues(a, b);
  switch (comparison) {
    case Comparison::kEqual:
    case Comparison::kNotDistinctFrom: return Truth(order == 0);
    case Comparison::kNotEqual:
    case Comparison::kDistinctFrom: return Truth(order != 0);
    case Comparison::kLess: return Truth(order < 0);
    case Comparison::kLessOrEqual: return Truth(order <= 0);
    case Comparison::kGreater: return Truth(order > 0);
    case Comparison::kGreaterOrEqual: return Truth(order >= 0);
  }
  return Truth(std::nullopt);
}

}  // namespace

Result<Value> PlanInterpreter::ComputeJunction(const ExpressionPtr& expression, const Row& row,
                                               const Row& outer) {
  const bool conjunction = expression->kind() == ExpressionKind::kAnd;
  std::optional<bool> result = conjunction;
  for (const ExpressionPtr& child : expression->children()) {
    const Result<Value> value = Compute(child, row, outer);
    if (!value.ok()) return value.status();
    const std::optional<bool> truth = TruthOf(*value);
    if (truth && *truth != conjunction) return Truth(!conjunction);
    if (!truth) result = std::nullopt;
  }
  return Truth(result);
}

Result<Value> PlanInterpreter::ComputeIn(const ExpressionPtr& expression, const Row& row,
                                         const Row& outer) {
  TRIVET_ASSIGN_OR_RETURN(const Value operand, Compute(expression->child(0), row, outer));
  std::optional<bool> result = false;
  for (size_t i = 1; i < expression->children().size(); ++i) {
    TRIVET_ASSIGN_OR_RETURN(const Value item, Compute(expression->child(i), row, outer));
    const std::optional<bool> equal = TruthOf(CompareAs(Comparison::kEqual, operand, item));
    if (equal && *equal) return Truth(true);
    if (!equal) result = std::nullopt;
  }
  return Truth(result);
}

Result<Value> PlanInterpreter::Compute(const ExpressionPtr& expression, const Row& row,
                                       const Row& outer) {
  switch (expression->kind()) {
    case ExpressionKind::kConstant: return expression->value();
    case ExpressionKind::kColumn: {
      const auto found = row.find(expression->column());
      if (found != row.end()) return found->second;
      const auto in_outer = outer.find(expression->column());
      if (in_outer != outer.end()) return in_outer->second;
      return Status::Internal("no column " + expression->ToString());
    }
    case ExpressionKind::kAnd:
    case ExpressionKind::kOr: return ComputeJunction(expression, row, outer);
    case ExpressionKind::kIn: return ComputeIn(expression, row, outer);
    case ExpressionKind::kCoalesce:
      for (const ExpressionPtr& child : expression->children()) {
        TRIVET_ASSIGN_OR_RETURN(Value value, Compute(child, row, outer));
        if (!value.is_null()) return value;
      }
      return Value::Null(expression->type());
    case ExpressionKind::kCase: {
      const auto& children = expression->children();
      for (size_t i = 0; i + 1 < children.size(); i += 2) {
        TRIVET_ASSIGN_OR_RETURN(const Value condition, Compute(children[i], row, outer));
        if (TruthOf(condition) == true) return Compute(children[i + 1], row, outer);
      }
      return Compute(children.back(), row, outer);
    }
    default: break;
  }
  std::vector<Value> values;
  std::vector<ExpressionPtr> constants;
  for (const ExpressionPtr& child : expression->children()) {
    TRIVET_ASSIGN_OR_RETURN(Value value, Compute(child, row, outer));
    constants.push_back(Expression::Constant(value));
    values.push_back(std::move(value));
  }
  switch (expression->kind()) {
    case ExpressionKind::kComparison:
      return CompareAs(expression->comparison(), values[0], values[1]);
    case ExpressionKind::kNot:
      if (values[0].is_null()) return values[0];
      return Truth(!values[0].boolean());
    case ExpressionKind::kIsNull: return Truth(values[0].is_null());
    case ExpressionKind::kIsNotNull: return Truth(!values[0].is_null());
    default: return EvaluateConstant(expression->WithChildren(std::move(constants)), context_);
  }
}

}  // namespace trivet::testing
