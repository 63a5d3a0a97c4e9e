#pragma once

#include <string_view>
#include <vector>

#include "expression/expression.h"

namespace trivet::binder {

// Implicit conversions that the dialect makes where expressions meet. All return InvalidInput in
// the user's terms where only a written CAST would convert.

// A string constant, which takes the type of what it meets.
bool IsStringLiteral(const Expression& expression);

// The expression as `type`; constants are converted at once.
ExpressionPtr CastTo(ExpressionPtr expression, const LogicalType& type,
                     const EvaluationContext* context);
// A written CAST or TRY_CAST: InvalidInput where the pair of types has none.
Result<ExpressionPtr> ExplicitCast(ExpressionPtr expression, const LogicalType& type, bool is_try);
// As a value of a column of the type: any written CAST will do.
Result<ExpressionPtr> AssignTo(ExpressionPtr expression, const LogicalType& type);
// As a condition: numbers and strings convert to BOOLEAN.
Result<ExpressionPtr> CastToBoolean(ExpressionPtr expression, const EvaluationContext* context);

// left comparison right, after both have one type.
Result<ExpressionPtr> MakeComparison(Comparison comparison, ExpressionPtr left, ExpressionPtr right,
                                     const EvaluationContext* context);
// Converts all to one type, for IN (`as_equality`: strings that are no literals follow the others),
// CASE, COALESCE, VALUES; `place` names the construct in messages.
Status UnifyTypes(std::vector<ExpressionPtr>& expressions, bool as_equality, std::string_view place,
                  const EvaluationContext* context);

}  // namespace trivet::binder
