#include "base/string_concat.h"
#include "sql/binder/conversion.h"
#include "sql/binder/expression_binder.h"
#include "sql/binder/type_name.h"

namespace trivet::binder {

namespace {

// Written order of the operators is the bound one's.
Comparison BoundComparison(syntax::ComparisonOperator comparison) {
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

// An operand that the bound form repeats must give the same value each time.
Status CheckRepeatable(const Expression& operand, std::string_view construct, size_t position) {
  if (!operand.is_volatile()) return Status::OK();
  return Unsupported(StrCat(construct, " over an expression that differs at each call is"),
                     position);
}

}  // namespace

std::vector<const syntax::Expression*> RowElements(const syntax::Expression& expression) {
  std::vector<const syntax::Expression*> elements;
  const auto* row = expression.TryAs<syntax::FunctionExpression>();
  if (row == nullptr || row->name != "row" || !row->qualifier.empty()) return {&expression};
  for (const syntax::Argument& argument : row->arguments) elements.push_back(argument.value.get());
  return elements;
}

Result<ExpressionPtr> ExpressionBinder::BindComparison(
    const syntax::ComparisonExpression& comparison) {
  if (RowElements(*comparison.left).size() > 1 && RowElements(*comparison.right).size() > 1) {
    return CompareRows(BoundComparison(comparison.comparison), *comparison.left, *comparison.right);
  }
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr left, Bind(*comparison.left));
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr right, Bind(*comparison.right));
  return MakeComparison(BoundComparison(comparison.comparison), std::move(left), std::move(right),
                        context());
}

// Rows compare as values do in ORDER BY: element by element, NULL equal to NULL and after all else.
Result<ExpressionPtr> ExpressionBinder::CompareRows(Comparison comparison,
                                                    const syntax::Expression& left,
                                                    const syntax::Expression& right) {
  const auto lefts = RowElements(left);
  const auto rights = RowElements(right);
  if (lefts.size() != rights.size()) {
    return Status::InvalidInput("rows of different length cannot be compared");
  }
  const bool equality = comparison == Comparison::kEqual || comparison == Comparison::kNotEqual ||
                        comparison == Comparison::kDistinctFrom ||
                        comparison == Comparison::kNotDistinctFrom;
  const bool or_equal =
      comparison == Comparison::kLessOrEqual || comparison == Comparison::kGreaterOrEqual;
  const bool less = comparison == Comparison::kLess || comparison == Comparison::kLessOrEqual;
  std::vector<ExpressionPtr> equal;     // of the elements so far
  std::vector<ExpressionPtr> branches;  // equal up to an element that decides
  for (size_t i = 0; i < lefts.size(); ++i) {
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr a, Bind(*lefts[i]));
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr b, Bind(*rights[i]));
    if (!equality) {
      TRIVET_RETURN_IF_ERROR(CheckRepeatable(*a, "comparing rows by order", left.position));
      TRIVET_RETURN_IF_ERROR(CheckRepeatable(*b, "comparing rows by order", left.position));
      TRIVET_ASSIGN_OR_RETURN(ExpressionPtr below,
                              less ? NullsLastLess(a, b) : NullsLastLess(b, a));
      std::vector<ExpressionPtr> branch = equal;
      branch.push_back(std::move(below));
      branches.push_back(Expression::And(std::move(branch)));
    }
    TRIVET_ASSIGN_OR_RETURN(
        ExpressionPtr same,
        MakeComparison(Comparison::kNotDistinctFrom, std::move(a), std::move(b), context()));
    equal.push_back(std::move(same));
  }
  ExpressionPtr all_equal = Expression::And(std::move(equal));
  if (comparison == Comparison::kNotEqual || comparison == Comparison::kDistinctFrom) {
    return Expression::Not(std::move(all_equal));
  }
  if (equality) return all_equal;
  if (or_equal) branches.push_back(std::move(all_equal));
  return Expression::Or(std::move(branches));
}

// Is a before b where NULL comes last? Never NULL itself.
Result<ExpressionPtr> ExpressionBinder::NullsLastLess(const ExpressionPtr& a,
                                                      const ExpressionPtr& b) {
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr less, MakeComparison(Comparison::kLess, a, b, context()));
  ExpressionPtr known =
      Expression::Coalesce({std::move(less), Expression::Constant(Value::Boolean(false))});
  return Expression::Or(
      {std::move(known), Expression::And({Expression::IsNotNull(a), Expression::IsNull(b)})});
}

Result<ExpressionPtr> ExpressionBinder::BindConjunction(
    const syntax::ConjunctionExpression& conjunction) {
  std::vector<ExpressionPtr> operands;
  for (const syntax::ExpressionPtr& operand : conjunction.operands) {
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr bound, BindCondition(*operand));
    operands.push_back(std::move(bound));
  }
  return conjunction.conjunction == syntax::ConjunctionKind::kAnd
             ? Expression::And(std::move(operands))
             : Expression::Or(std::move(operands));
}

Result<ExpressionPtr> ExpressionBinder::BindBetween(const syntax::BetweenExpression& between) {
  if (RowElements(*between.value).size() > 1) return BindRowBetween(between);
  std::vector<ExpressionPtr> parts;
  for (const syntax::Expression* part :
       {between.value.get(), between.lower.get(), between.upper.get()}) {
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr bound, Bind(*part));
    parts.push_back(std::move(bound));
  }
  TRIVET_RETURN_IF_ERROR(CheckRepeatable(*parts[0], "BETWEEN", between.position));
  size_t strings = 0;
  size_t others = 0;
  for (const ExpressionPtr& part : parts) {
    if (part->type().IsNull() || IsStringLiteral(*part)) continue;
    ++(part->type().id() == TypeId::kVarchar ? strings : others);
  }
  if (strings > 0 && others > 0) {
    return Status::InvalidInput(
        StrCat("Cannot mix values of type ", parts[0]->type().ToString(), " and ",
               parts[parts[1]->type() == parts[0]->type() ? 2 : 1]->type().ToString(),
               " in BETWEEN clause - an explicit cast is required"));
  }
  TRIVET_RETURN_IF_ERROR(UnifyTypes(parts, false, "BETWEEN clause", context()));
  const auto within = [&](const ExpressionPtr& lower,
                          const ExpressionPtr& upper) -> Result<ExpressionPtr> {
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr above, MakeComparison(Comparison::kGreaterOrEqual,
                                                                parts[0], lower, context()));
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr below,
                            MakeComparison(Comparison::kLessOrEqual, parts[0], upper, context()));
    return Expression::And({std::move(above), std::move(below)});
  };
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr result, within(parts[1], parts[2]));
  if (!between.symmetric) return result;
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr swapped, within(parts[2], parts[1]));
  return Expression::Or({std::move(result), std::move(swapped)});
}

Result<ExpressionPtr> ExpressionBinder::BindRowBetween(const syntax::BetweenExpression& between) {
  if (between.symmetric) return Unsupported("BETWEEN SYMMETRIC over rows is", between.position);
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr above,
                          CompareRows(Comparison::kGreaterOrEqual, *between.value, *between.lower));
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr below,
                          CompareRows(Comparison::kLessOrEqual, *between.value, *between.upper));
  return Expression::And({std::move(above), std::move(below)});
}

Result<ExpressionPtr> ExpressionBinder::BindIn(const syntax::InExpression& in) {
  if (RowElements(*in.value).size() > 1) {
    std::vector<ExpressionPtr> any;
    for (const syntax::ExpressionPtr& candidate : in.candidates) {
      TRIVET_ASSIGN_OR_RETURN(ExpressionPtr one,
                              CompareRows(Comparison::kEqual, *in.value, *candidate));
      any.push_back(std::move(one));
    }
    return Expression::Or(std::move(any));
  }
  std::vector<ExpressionPtr> parts;
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr value, Bind(*in.value));
  parts.push_back(std::move(value));
  for (const syntax::ExpressionPtr& candidate : in.candidates) {
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr bound, Bind(*candidate));
    parts.push_back(std::move(bound));
  }
  TRIVET_RETURN_IF_ERROR(UnifyTypes(parts, true, "IN clause", context()));
  if (parts[0]->type().IsNull()) {
    for (ExpressionPtr& part : parts) part = CastTo(std::move(part), TypeId::kInt32, context());
  }
  return Expression::In(std::move(parts));
}

Result<ExpressionPtr> ExpressionBinder::BindCase(const syntax::CaseExpression& expression) {
  ExpressionPtr operand;
  if (expression.operand != nullptr) {
    TRIVET_ASSIGN_OR_RETURN(operand, Bind(*expression.operand));
    if (expression.branches.size() > 1) {
      TRIVET_RETURN_IF_ERROR(CheckRepeatable(*operand, "CASE", expression.position));
    }
  }
  std::vector<ExpressionPtr> conditions;
  std::vector<ExpressionPtr> results;
  for (const syntax::CaseBranch& branch : expression.branches) {
    if (operand == nullptr) {
      TRIVET_ASSIGN_OR_RETURN(ExpressionPtr condition, BindCondition(*branch.condition));
      conditions.push_back(std::move(condition));
    } else {
      TRIVET_ASSIGN_OR_RETURN(ExpressionPtr value, Bind(*branch.condition));
      Result<ExpressionPtr> equal =
          MakeComparison(Comparison::kEqual, operand, std::move(value), context());
      if (!equal.ok()) return std::move(equal).status().WithPosition(branch.condition->position);
      conditions.push_back(std::move(equal).value());
    }
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr result, Bind(*branch.result));
    results.push_back(std::move(result));
  }
  if (expression.otherwise != nullptr) {
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr result, Bind(*expression.otherwise));
    results.push_back(std::move(result));
  } else {
    results.push_back(Expression::Constant(Value::Null()));
  }
  TRIVET_RETURN_IF_ERROR(UnifyTypes(results, false, "CASE expression", context()));
  std::vector<ExpressionPtr> children;
  for (size_t i = 0; i < conditions.size(); ++i) {
    children.push_back(std::move(conditions[i]));
    children.push_back(std::move(results[i]));
  }
  children.push_back(std::move(results.back()));
  return Expression::Case(std::move(children));
}

Result<ExpressionPtr> ExpressionBinder::BindCast(const syntax::CastExpression& cast) {
  TRIVET_ASSIGN_OR_RETURN(const LogicalType type, ResolveTypeName(cast.type));
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr operand, Bind(*cast.operand));
  const bool is_literal = operand->IsConstant() || PlanParameter::Of(*operand) != nullptr;
  if (is_literal && operand->type() == type) {
    return Expression::WrittenCast(std::move(operand), type, cast.try_cast);
  }
  return ExplicitCast(std::move(operand), type, cast.try_cast);
}

Result<ExpressionPtr> ExpressionBinder::BindCollate(const syntax::CollateExpression& collate) {
  // Collation is binary, so that asking for just that changes nothing.
  const std::string name = syntax::LowerCase(collate.collation.text);
  if (name != "binary" && name != "c" && name != "posix") {
    return Unsupported(StrCat("the collation ", collate.collation.text, " is"), collate.position);
  }
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr operand, Bind(*collate.operand));
  if (operand->type().id() != TypeId::kVarchar) {
    return Status::InvalidInput("collations are only supported for type VARCHAR");
  }
  return operand;
}

Result<ExpressionPtr> ExpressionBinder::BindSubscript(
    const syntax::SubscriptExpression& subscript) {
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr base, Bind(*subscript.base));
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr index, Bind(*subscript.index));
  if (base->type().id() != TypeId::kVarchar || !functions().HasScalar("array_extract")) {
    return Unsupported("subscripts of lists and structs are", subscript.position);
  }
  return functions().BindScalar("array_extract", {std::move(base), std::move(index)}, context());
}

Result<ExpressionPtr> ExpressionBinder::BindSlice(const syntax::SliceExpression& slice) {
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr base, Bind(*slice.base));
  if (base->type().id() != TypeId::kVarchar || slice.step != nullptr ||
      !functions().HasScalar("array_slice")) {
    return Unsupported("slices of lists are", slice.position);
  }
  std::vector<ExpressionPtr> arguments;
  arguments.push_back(std::move(base));
  for (const syntax::Expression* bound : {slice.lower.get(), slice.upper.get()}) {
    if (bound == nullptr) {
      // An omitted bound is the string's end on that side.
      arguments.push_back(
          Expression::Constant(arguments.size() == 1 ? Value::Int64(1) : Value::Int64(INT64_MAX)));
      continue;
    }
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr one, Bind(*bound));
    arguments.push_back(std::move(one));
  }
  return functions().BindScalar("array_slice", std::move(arguments), context());
}

}  // namespace trivet::binder
