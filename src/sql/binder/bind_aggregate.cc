#include <algorithm>

#include "base/string_concat.h"
#include "expression/evaluator.h"
#include "sql/binder/conversion.h"
#include "sql/binder/expression_binder.h"
#include "sql/syntax/print.h"

namespace trivet::binder {

// An aggregate call as bound, before it is known to which level it belongs.
struct ExpressionBinder::AggregateParts {
  std::string function_name;
  std::vector<ExpressionPtr> arguments;
  ExpressionPtr filter;
  std::vector<SortKey> order_by;
  PendingJoins joins;  // of subqueries inside
};

namespace {

bool IsBareStar(const syntax::Expression& expression) {
  const auto* star = expression.TryAs<syntax::StarExpression>();
  return star != nullptr && star->relation.empty() && star->exclude.empty() &&
         star->replace.empty() && star->rename.empty();
}

bool SameSortKeys(const std::vector<SortKey>& a, const std::vector<SortKey>& b) {
  return std::ranges::equal(a, b, [](const SortKey& x, const SortKey& y) {
    return x.descending == y.descending && x.nulls_first == y.nulls_first &&
           ExpressionsEqual(x.expression, y.expression);
  });
}

bool SameAggregate(const LogicalAggregate::Aggregate& a, const LogicalAggregate::Aggregate& b) {
  return a.function.function == b.function.function && a.distinct == b.distinct &&
         a.column.type == b.column.type && ExpressionsEqual(a.filter, b.filter) &&
         std::ranges::equal(a.arguments, b.arguments, ExpressionsEqual) &&
         SameSortKeys(a.order_by, b.order_by);
}

bool HasVolatile(const LogicalAggregate::Aggregate& aggregate) {
  return std::ranges::any_of(aggregate.arguments,
                             [](const ExpressionPtr& e) { return e->is_volatile(); }) ||
         (aggregate.filter && aggregate.filter->is_volatile());
}

// mode() WITHIN GROUP (ORDER BY x) and quantile_cont(0.5 ORDER BY x) name the first argument by
// their order; null where the call is not of that form.
const syntax::OrderItem* OrderedArgument(const syntax::FunctionExpression& function) {
  const auto& order = function.within_group.empty() ? function.order_by : function.within_group;
  const bool quantile = function.name.starts_with("quantile") && function.arguments.size() == 1;
  const bool mode = function.name == "mode" && function.arguments.empty();
  return order.size() == 1 && !order[0].all && (quantile || mode) ? &order[0] : nullptr;
}

// A descending order counts quantiles from the other end, which a negative fraction says.
Status TurnQuantile(ExpressionPtr& fraction, const EvaluationContext& context) {
  if (!fraction->has_columns() && !fraction->is_volatile()) {
    const ExpressionPtr as_double = CastTo(fraction, TypeId::kDouble, &context);
    TRIVET_ASSIGN_OR_RETURN(const Value value, EvaluateConstant(as_double, context));
    fraction = Expression::Constant(value.is_null() ? Value::Null(TypeId::kDouble)
                                                    : Value::Double(-value.floating()));
  }
  return Status::OK();
}

}  // namespace

Result<ExpressionPtr> ExpressionBinder::BindAggregate(const syntax::FunctionExpression& function) {
  AggregateParts parts;
  AggregateProbe probe;
  state_.probes().push_back(&probe);
  const Status status = BindAggregateParts(function, parts);
  state_.probes().pop_back();
  TRIVET_RETURN_IF_ERROR(status);
  TRIVET_ASSIGN_OR_RETURN(QueryLevel * owner, AggregateOwner(function, probe));
  return AddAggregate(function, std::move(parts), *owner);
}

Status ExpressionBinder::BindAggregateParts(const syntax::FunctionExpression& function,
                                            AggregateParts& parts) {
  if (function.nulls != syntax::NullTreatment::kDefault) {
    return Status::InvalidInput("RESPECT/IGNORE NULLS is not supported for non-window functions");
  }
  // Aggregates may stand where their level allows them, not within one another: the level is marked
  // while the arguments are bound, and subqueries in them go below the aggregate.
  ClauseGuard guard(level_, level_.clause, level_.alias_rule, &parts.joins,
                    level_.aggregates_allowed);
  const bool was_inside = std::exchange(level_.inside_aggregate, true);
  const auto bind = [&]() -> Status {
    parts.function_name = function.name;
    const bool counts_rows = function.name == "count" && function.arguments.size() == 1 &&
                             IsBareStar(*function.arguments[0].value);
    if (!counts_rows) {
      TRIVET_ASSIGN_OR_RETURN(parts.arguments, BindArguments(function));
    }
    if (parts.arguments.empty() && function.name == "count") parts.function_name = "count_star";
    const syntax::OrderItem* ordered = OrderedArgument(function);
    if (ordered != nullptr) {
      const bool descending = IsDescending(*ordered);
      if (descending && !parts.arguments.empty()) {
        TRIVET_RETURN_IF_ERROR(TurnQuantile(parts.arguments[0], *context()));
      }
      TRIVET_ASSIGN_OR_RETURN(ExpressionPtr argument, Bind(*ordered->expression));
      if (parts.arguments.empty()) parts.order_by = {{argument, descending, NullsFirst(*ordered)}};
      parts.arguments.insert(parts.arguments.begin(), std::move(argument));
    } else if (!function.within_group.empty()) {
      return Status::InvalidInput(
          StrCat("the aggregate ", function.name, " does not take WITHIN GROUP"));
    }
    if (function.filter != nullptr) {
      TRIVET_ASSIGN_OR_RETURN(parts.filter, BindCondition(*function.filter));
    }
    if (ordered == nullptr) {
      TRIVET_ASSIGN_OR_RETURN(parts.order_by, BindSortKeys(function.order_by));
    }
    return Status::OK();
  };
  const Status status = bind();
  level_.inside_aggregate = was_inside;
  return status;
}

// The innermost level that the arguments refer to; without any column, the level it stands in.
Result<QueryLevel*> ExpressionBinder::AggregateOwner(const syntax::FunctionExpression& function,
                                                     const AggregateProbe& probe) {
  QueryLevel* owner = nullptr;
  for (QueryLevel* level = &level_; level != nullptr && owner == nullptr; level = level->outer) {
    if (std::ranges::find(probe.referenced, level) != probe.referenced.end()) owner = level;
  }
  if (owner == nullptr) owner = &level_;
  if (owner->inside_aggregate) {
    return Status::InvalidInput("aggregate function calls cannot be nested");
  }
  if (owner->grouping == nullptr || !owner->aggregates_allowed) {
    return Status::InvalidInput(StrCat(owner->clause, " cannot contain aggregates!"))
        .WithPosition(function.position);
  }
  return owner;
}

Result<ExpressionPtr> ExpressionBinder::AddAggregate(const syntax::FunctionExpression& function,
                                                     AggregateParts parts, QueryLevel& owner) {
  LogicalAggregate::Aggregate aggregate;
  if (parts.function_name == "count_star" && !functions().HasAggregate("count_star")) {
    parts.function_name = "count";
  }
  TRIVET_ASSIGN_OR_RETURN(aggregate.function,
                          functions().BindAggregate(parts.function_name, parts.arguments));
  // What makes no difference to the function is validated and left out.
  aggregate.distinct = function.distinct && !aggregate.function.function->ignores_duplicates;
  if (function.distinct) {
    if (parts.arguments.empty()) return Status::InvalidInput("DISTINCT needs an argument");
    for (const SortKey& key : parts.order_by) {
      if (std::ranges::none_of(parts.arguments, [&](const ExpressionPtr& argument) {
            return ExpressionsEqual(argument, key.expression);
          })) {
        return Status::InvalidInput(
            "In a DISTINCT aggregate, ORDER BY expressions must appear in the argument list");
      }
    }
  }
  if (aggregate.function.function->order_dependent) aggregate.order_by = std::move(parts.order_by);
  aggregate.arguments = std::move(parts.arguments);
  aggregate.filter = std::move(parts.filter);
  aggregate.column = {kInvalidColumn, syntax::ColumnName(function), aggregate.function.return_type};
  std::ranges::move(parts.joins, std::back_inserter(owner.grouping->joins));
  if (!HasVolatile(aggregate)) {
    for (const LogicalAggregate::Aggregate& known : owner.grouping->aggregates) {
      if (SameAggregate(known, aggregate)) return known.column.Reference();
    }
  }
  aggregate.column.id = state_.ids().Next();
  ExpressionPtr reference = aggregate.column.Reference();
  owner.grouping->aggregates.push_back(std::move(aggregate));
  return reference;
}

}  // namespace trivet::binder
