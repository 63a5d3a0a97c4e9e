#include "optimizer/null_rejection.h"

#include <algorithm>

namespace trivet {

namespace {

bool AcceptsNulls(const ExpressionPtr& predicate, const ColumnSet& columns);

bool IsNullSafe(Comparison comparison) {
  return comparison == Comparison::kDistinctFrom || comparison == Comparison::kNotDistinctFrom;
}

// Is the predicate TRUE or NULL wherever all of `columns` are NULL?
bool AcceptsNulls(const ExpressionPtr& predicate, const ColumnSet& columns) {
  if (IsNullOnNulls(predicate, columns)) return true;
  const auto& children = predicate->children();
  const auto accepts = [&](const ExpressionPtr& child) { return AcceptsNulls(child, columns); };
  switch (predicate->kind()) {
    case ExpressionKind::kConstant:
      return predicate->value().is_null() || predicate->IsConstantTrue();
    case ExpressionKind::kAnd: return std::ranges::all_of(children, accepts);
    case ExpressionKind::kOr: return std::ranges::any_of(children, accepts);
    case ExpressionKind::kNot: return RejectsNulls(children[0], columns);
    case ExpressionKind::kIsNull: return IsNullOnNulls(children[0], columns);
    default: return false;
  }
}

}  // namespace

bool IsNullOnNulls(const ExpressionPtr& expression, const ColumnSet& columns) {
  const auto& children = expression->children();
  const auto is_null = [&](const ExpressionPtr& child) { return IsNullOnNulls(child, columns); };
  switch (expression->kind()) {
    case ExpressionKind::kConstant: return expression->value().is_null();
    case ExpressionKind::kColumn: return columns.contains(expression->column());
    case ExpressionKind::kCall:
      return expression->function().function->nulls == NullBehaviour::kPropagate &&
             std::ranges::any_of(children, is_null);
    case ExpressionKind::kCast:
    case ExpressionKind::kNot:
    case ExpressionKind::kIn: return is_null(children[0]);
    case ExpressionKind::kComparison:
      return !IsNullSafe(expression->comparison()) && std::ranges::any_of(children, is_null);
    case ExpressionKind::kAnd:
    case ExpressionKind::kOr:
    case ExpressionKind::kCoalesce: return std::ranges::all_of(children, is_null);
    case ExpressionKind::kInput:
    case ExpressionKind::kIsNull:
    case ExpressionKind::kIsNotNull:
    case ExpressionKind::kCase: return false;
  }
  return false;
}

bool RejectsNulls(const ExpressionPtr& predicate, const ColumnSet& columns) {
  if (IsNullOnNulls(predicate, columns)) return true;
  const auto& children = predicate->children();
  const auto rejects = [&](const ExpressionPtr& child) { return RejectsNulls(child, columns); };
  switch (predicate->kind()) {
    case ExpressionKind::kConstant: return predicate->IsConstantFalseOrNull();
    case ExpressionKind::kAnd: return std::ranges::any_of(children, rejects);
    case ExpressionKind::kOr: return std::ranges::all_of(children, rejects);
    case ExpressionKind::kNot: return AcceptsNulls(children[0], columns);
    case ExpressionKind::kIsNotNull: return IsNullOnNulls(children[0], columns);
    default: return false;
  }
}

}  // namespace trivet
