#pragma once

#include <optional>
#include <span>

#include "expression/expression.h"

namespace trivet {

// Implicit conversion where the argument itself matters, not only its type: an integer literal
// converts to any integer type that holds it, a string literal to any type that its text may spell.

// Cost of converting the argument to `to`; nothing where that needs a written CAST.
std::optional<int> ArgumentCastCost(const Expression& argument, const LogicalType& to);

// The type to which all arguments convert (CASE, COALESCE, IN, greatest, comparisons); nothing
// where there is none. NULLs adapt to the others; only NULLs give kNull.
std::optional<LogicalType> CommonArgumentType(std::span<const ExpressionPtr> arguments);

// Where the argument is a constant after folding, casts included, the constant cast to `type`; the
// cast otherwise. `context` may be null: then only what needs no evaluation is folded.
ExpressionPtr CastArgument(ExpressionPtr argument, const LogicalType& type,
                           const EvaluationContext* context);

}  // namespace trivet
