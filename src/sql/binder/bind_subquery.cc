#include "base/string_concat.h"
#include "sql/binder/conversion.h"
#include "sql/binder/expression_binder.h"
#include "sql/binder/query_binder.h"

namespace trivet::binder {

namespace {

Comparison AnyComparison(syntax::ComparisonOperator comparison) {
  using Operator = syntax::ComparisonOperator;
  switch (comparison) {
    case Operator::kEqual: return Comparison::kEqual;
    case Operator::kNotEqual: return Comparison::kNotEqual;
    case Operator::kLess: return Comparison::kLess;
    case Operator::kLessOrEqual: return Comparison::kLessOrEqual;
    case Operator::kGreater: return Comparison::kGreater;
    case Operator::kGreaterOrEqual: return Comparison::kGreaterOrEqual;
    case Operator::kDistinctFrom: return Comparison::kDistinctFrom;
    case Operator::kNotDistinctFrom: return Comparison::kNotDistinctFrom;
  }
  return Comparison::kEqual;
}

Status WrongWidth(size_t width, size_t expected) {
  return Status::InvalidInput(StrCat("Subquery returns ", width, " columns - expected ", expected));
}

}  // namespace

Result<ExpressionPtr> ExpressionBinder::BindSubquery(const syntax::SubqueryExpression& subquery) {
  if (level_.joins == nullptr) {
    return Unsupported(StrCat("a subquery in the ", level_.clause, " is"), subquery.position);
  }
  TRIVET_RETURN_IF_ERROR(state_.CountOperator());
  switch (subquery.subquery) {
    case syntax::SubqueryKind::kScalar: return BindScalarSubquery(subquery);
    case syntax::SubqueryKind::kExists: return BindExists(subquery);
    case syntax::SubqueryKind::kAny: return BindAny(subquery);
    case syntax::SubqueryKind::kArray: return Unsupported("ARRAY(subquery) is", subquery.position);
  }
  return Status::Internal("unknown kind of subquery");
}

Result<ExpressionPtr> ExpressionBinder::BindScalarSubquery(
    const syntax::SubqueryExpression& subquery) {
  TRIVET_ASSIGN_OR_RETURN(BoundQuery query, queries_.Bind(*subquery.query, &level_, ctes_));
  if (query.columns.size() != 1) return WrongWidth(query.columns.size(), 1);
  // The column gets an id of its own: the query may do no more than hand an outer column through.
  const OutputColumn column = query.columns[0];
  level_.joins->push_back({JoinKind::kSingle, std::move(query.plan), nullptr, {}});
  return column.Reference();
}

ExpressionPtr ExpressionBinder::AddMark(PlanPtr plan, ExpressionPtr comparison, std::string name) {
  const OutputColumn mark = {state_.ids().Next(), std::move(name), TypeId::kBoolean};
  level_.joins->push_back({JoinKind::kMark, std::move(plan), std::move(comparison), mark});
  return mark.Reference();
}

Result<ExpressionPtr> ExpressionBinder::BindExists(const syntax::SubqueryExpression& subquery) {
  TRIVET_ASSIGN_OR_RETURN(BoundQuery query, queries_.Bind(*subquery.query, &level_, ctes_));
  return AddMark(std::move(query.plan), nullptr, "exists");
}

Result<ExpressionPtr> ExpressionBinder::BindAny(const syntax::SubqueryExpression& subquery) {
  const auto elements = RowElements(*subquery.operand);
  std::vector<ExpressionPtr> operands;
  for (const syntax::Expression* element : elements) {
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr operand, Bind(*element));
    operands.push_back(std::move(operand));
  }
  TRIVET_ASSIGN_OR_RETURN(BoundQuery query, queries_.Bind(*subquery.query, &level_, ctes_));
  if (query.columns.size() != operands.size()) {
    return WrongWidth(query.columns.size(), operands.size());
  }
  const Comparison comparison = AnyComparison(subquery.comparison);
  if (operands.size() > 1 && comparison != Comparison::kEqual &&
      comparison != Comparison::kNotEqual) {
    return Unsupported("comparing rows by order is", subquery.position);
  }
  std::vector<ExpressionPtr> parts;
  for (size_t i = 0; i < operands.size(); ++i) {
    const LogicalType left = operands[i]->type();
    const LogicalType right = query.columns[i].type;
    // Strings of a column do not follow the other side here, unlike in a plain comparison.
    const bool mixes_text = (left.id() == TypeId::kVarchar) != (right.id() == TypeId::kVarchar) &&
                            !left.IsNull() && !right.IsNull() && !IsStringLiteral(*operands[i]);
    if (mixes_text) {
      return Status::InvalidInput(StrCat("Cannot compare values of type ", left.ToString(), " and ",
                                         right.ToString(),
                                         " in IN/ANY/ALL clause - an explicit cast is required"));
    }
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr part,
                            MakeComparison(comparison, std::move(operands[i]),
                                           query.columns[i].Reference(), context()));
    parts.push_back(std::move(part));
  }
  ExpressionPtr compared = comparison == Comparison::kNotEqual ? Expression::Or(std::move(parts))
                                                               : Expression::And(std::move(parts));
  return AddMark(std::move(query.plan), std::move(compared), "any");
}

}  // namespace trivet::binder
