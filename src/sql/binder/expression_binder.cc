#include "sql/binder/expression_binder.h"

#include "base/string_concat.h"
#include "sql/binder/conversion.h"
#include "sql/binder/literal.h"
#include "sql/syntax/compare.h"
#include "sql/syntax/print.h"

namespace trivet::binder {

namespace {

// The output of the group with the same text, for groups that cannot be found again by their
// binding.
const GroupKey* FindGroupByText(const QueryLevel& level, const syntax::Expression& expression) {
  if (!level.match_groups_by_text || level.grouping == nullptr || level.inside_aggregate) {
    return nullptr;
  }
  for (const GroupKey& key : level.grouping->keys) {
    if (key.match_text && key.written && syntax::Equal(*key.written, expression)) return &key;
  }
  return nullptr;
}

}  // namespace

Result<ExpressionPtr> ExpressionBinder::Bind(const syntax::Expression& expression) {
  TRIVET_RETURN_IF_ERROR(state_.CheckStack().WithPosition(expression.position));
  if (const GroupKey* key = FindGroupByText(level_, expression)) {
    return key->column.Reference()->WithPosition(expression.position);
  }
  Result<ExpressionPtr> bound = BindKind(expression);
  if (!bound.ok()) return std::move(bound).status().WithPosition(expression.position);
  // Constants are shared where the tree repeats them; all else tells where it was written.
  if ((*bound)->position()) return bound;
  return (*bound)->WithPosition(expression.position);
}

Result<ExpressionPtr> ExpressionBinder::BindKind(const syntax::Expression& expression) {
  using Kind = syntax::ExpressionKind;
  switch (expression.kind) {
    case Kind::kLiteral: {
      TRIVET_ASSIGN_OR_RETURN(Value value,
                              LiteralValue(expression.As<syntax::LiteralExpression>()));
      return Expression::Constant(std::move(value));
    }
    case Kind::kColumn: return BindColumn(expression.As<syntax::ColumnExpression>());
    case Kind::kPositional: return BindPositional(expression.As<syntax::PositionalExpression>());
    case Kind::kParameter: return BindParameter(expression.As<syntax::ParameterExpression>());
    case Kind::kFunction: return BindFunction(expression.As<syntax::FunctionExpression>());
    case Kind::kComparison: return BindComparison(expression.As<syntax::ComparisonExpression>());
    case Kind::kConjunction: return BindConjunction(expression.As<syntax::ConjunctionExpression>());
    case Kind::kNot: {
      TRIVET_ASSIGN_OR_RETURN(ExpressionPtr operand,
                              BindCondition(*expression.As<syntax::NotExpression>().operand));
      return Expression::Not(std::move(operand));
    }
    case Kind::kIsNull: {
      const auto& test = expression.As<syntax::IsNullExpression>();
      TRIVET_ASSIGN_OR_RETURN(ExpressionPtr operand, Bind(*test.operand));
      return test.negated ? Expression::IsNotNull(std::move(operand))
                          : Expression::IsNull(std::move(operand));
    }
    case Kind::kBetween: return BindBetween(expression.As<syntax::BetweenExpression>());
    case Kind::kIn: return BindIn(expression.As<syntax::InExpression>());
    case Kind::kCase: return BindCase(expression.As<syntax::CaseExpression>());
    case Kind::kCast: return BindCast(expression.As<syntax::CastExpression>());
    case Kind::kCollate: return BindCollate(expression.As<syntax::CollateExpression>());
    case Kind::kSubscript: return BindSubscript(expression.As<syntax::SubscriptExpression>());
    case Kind::kSlice: return BindSlice(expression.As<syntax::SliceExpression>());
    case Kind::kSubquery: return BindSubquery(expression.As<syntax::SubqueryExpression>());
    case Kind::kWindow: return BindWindow(expression.As<syntax::WindowExpression>());
    case Kind::kStar:
    case Kind::kColumns:
    case Kind::kDefault:
    case Kind::kLambda:
    case Kind::kField: return BindUnsupported(expression);
  }
  return Status::Internal("unknown expression");
}

Result<ExpressionPtr> ExpressionBinder::BindUnsupported(const syntax::Expression& expression) {
  using Kind = syntax::ExpressionKind;
  switch (expression.kind) {
    case Kind::kStar:
      return Status::InvalidInput("* is only allowed in a select list or as an argument of COUNT");
    case Kind::kColumns:
      return Unsupported(StrCat("COLUMNS in the ", level_.clause, " is"), expression.position);
    case Kind::kDefault:
      return Status::InvalidInput("DEFAULT is only allowed in the rows of an INSERT");
    case Kind::kLambda: return Unsupported("lambda functions are", expression.position);
    default: return Unsupported("extraction of struct fields is", expression.position);
  }
}

Result<ExpressionPtr> ExpressionBinder::BindCondition(const syntax::Expression& expression) {
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr bound, Bind(expression));
  Result<ExpressionPtr> condition = CastToBoolean(std::move(bound), context());
  if (!condition.ok()) return std::move(condition).status().WithPosition(expression.position);
  return condition;
}

Result<std::vector<ExpressionPtr>> ExpressionBinder::BindAll(
    const std::vector<syntax::ExpressionPtr>& list) {
  std::vector<ExpressionPtr> bound;
  for (const syntax::ExpressionPtr& expression : list) {
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr one, Bind(*expression));
    bound.push_back(std::move(one));
  }
  return bound;
}

bool ExpressionBinder::IsDescending(const syntax::OrderItem& item) const {
  if (item.direction == syntax::SortDirection::kDefault) return state_.input().default_descending;
  return item.direction == syntax::SortDirection::kDescending;
}

bool ExpressionBinder::NullsFirst(const syntax::OrderItem& item) const {
  if (item.nulls == syntax::NullOrder::kDefault) return state_.input().default_nulls_first;
  return item.nulls == syntax::NullOrder::kFirst;
}

Result<std::vector<SortKey>> ExpressionBinder::BindSortKeys(
    const std::vector<syntax::OrderItem>& items) {
  std::vector<SortKey> keys;
  for (const syntax::OrderItem& item : items) {
    if (item.all) return Unsupported("ORDER BY ALL inside an aggregate is", item.position);
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr bound, Bind(*item.expression));
    keys.push_back({std::move(bound), IsDescending(item), NullsFirst(item)});
  }
  return keys;
}

}  // namespace trivet::binder
