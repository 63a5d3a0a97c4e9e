#include <algorithm>
#include <cmath>

#include "base/string_concat.h"
#include "expression/evaluator.h"
#include "expression/rewrite.h"
#include "sql/binder/conversion.h"
#include "sql/binder/query_binder.h"
#include "sql/binder/select_binder.h"
#include "sql/parser.h"

namespace trivet::binder {

BoundQuery MakeDistinct(BoundQuery query, ColumnIdGenerator& ids) {
  auto aggregate = std::make_unique<LogicalAggregate>(std::move(query.plan));
  for (OutputColumn& column : query.columns) {
    const ExpressionPtr source = column.Reference();
    column.id = ids.Next();
    aggregate->groups.push_back({column, source});
  }
  query.plan = std::move(aggregate);
  return query;
}

PlanPtr ProjectColumns(PlanPtr plan, const std::vector<ExpressionPtr>& expressions,
                       std::vector<OutputColumn>& columns, ColumnIdGenerator& ids) {
  std::vector<LogicalProject::Entry> entries;
  for (size_t i = 0; i < expressions.size(); ++i) {
    columns[i].id = ids.Next();
    columns[i].type = expressions[i]->type();
    entries.push_back({columns[i], expressions[i]});
  }
  return std::make_unique<LogicalProject>(std::move(plan), std::move(entries));
}

Result<BoundQuery> QueryBinder::Bind(const syntax::Query& query, QueryLevel* outer,
                                     CteFrame* ctes) {
  TRIVET_RETURN_IF_ERROR(state_.EnterQuery(query.position));
  TRIVET_RETURN_IF_ERROR(state_.CheckStack().WithPosition(query.position));
  CteFrame frame;
  frame.outer = ctes;
  frame.recursive = query.recursive;
  TRIVET_RETURN_IF_ERROR(BindCommonTables(query, outer, frame));
  TRIVET_ASSIGN_OR_RETURN(BoundQuery bound, BindBody(query, outer, &frame));
  TRIVET_ASSIGN_OR_RETURN(bound.plan, ResolveCommonTables(std::move(bound.plan), frame));
  state_.LeaveQuery();
  return bound;
}

Result<BoundQuery> QueryBinder::BindBody(const syntax::Query& query, QueryLevel* outer,
                                         CteFrame* ctes) {
  switch (query.kind) {
    case syntax::QueryKind::kSelect: {
      // On the heap: a level of nesting would otherwise cost kilobytes of stack.
      auto select = std::make_unique<SelectBinder>(state_, *this, query.As<syntax::SelectQuery>(),
                                                   outer, ctes);
      return select->Bind();
    }
    case syntax::QueryKind::kSetOperation:
      return BindSetOperation(query.As<syntax::SetOperationQuery>(), outer, ctes);
    case syntax::QueryKind::kValues:
      return BindValues(query.As<syntax::ValuesQuery>(), outer, ctes);
  }
  return Status::Internal("unknown kind of query");
}

namespace {

// Gives every expression of the plan that has a position this one.
void MoveTo(size_t position, LogicalOperator& plan) {
  plan.ForEachExpression([position](ExpressionPtr& expression) {
    expression = RewriteExpression(expression, [position](const ExpressionPtr& node) {
      return node->position() ? node->WithPosition(position) : node;
    });
  });
  for (const PlanPtr& child : plan.children()) MoveTo(position, *child);
}

}  // namespace

Result<BoundQuery> QueryBinder::BindText(const std::string& sql, const std::string& what,
                                         size_t position) {
  const auto bind = [&]() -> Result<BoundQuery> {
    TRIVET_ASSIGN_OR_RETURN(syntax::StatementPtr statement, ParseStatement(sql));
    if (statement->kind != syntax::StatementKind::kQuery) {
      return Status::Internal("the text is not a query");
    }
    return Bind(*statement->As<syntax::QueryStatement>().query, nullptr, nullptr);
  };
  Result<BoundQuery> bound = bind();
  // Positions are those of the other text, and would put the caret at a wrong place of this one.
  if (bound.ok()) {
    MoveTo(position, *bound->plan);
    return bound;
  }
  const Status inner = bound.status();
  return Status(inner.code(), StrCat("in ", what, ": ", inner.message()))
      .WithHint(inner.hint())
      .WithPosition(position);
}

Result<BoundQuery> QueryBinder::BindValues(const syntax::ValuesQuery& query, QueryLevel* outer,
                                           CteFrame* ctes) {
  const InsertTarget* target = state_.TakeInsertTarget();
  QueryLevel level;
  level.outer = outer;
  const size_t width = query.rows.front().size();
  std::vector<std::vector<ExpressionPtr>> rows;
  std::vector<PendingJoins> joins(query.rows.size());
  for (size_t i = 0; i < query.rows.size(); ++i) {
    if (query.rows[i].size() != width) {
      return Status::InvalidInput(StrCat("VALUES lists must all be the same length, expected ",
                                         width, width == 1 ? " entry" : " entries",
                                         " but found a list with ", query.rows[i].size(),
                                         query.rows[i].size() == 1 ? " entry" : " entries"))
          .WithPosition(query.rows[i].empty() ? query.position : query.rows[i][0]->position);
    }
    ClauseGuard guard(level, "VALUES", AliasRule::kHidden, &joins[i], false);
    ExpressionBinder binder(state_, *this, level, ctes);
    TRIVET_ASSIGN_OR_RETURN(std::vector<ExpressionPtr> row, BindRow(query.rows[i], binder, target));
    rows.push_back(std::move(row));
  }
  BoundQuery bound;
  for (size_t column = 0; column < width; ++column) {
    std::vector<ExpressionPtr> cells;
    for (const auto& row : rows) cells.push_back(row[column]);
    Status status = UnifyTypes(cells, false, "VALUES list", state_.input().context);
    if (!status.ok()) return std::move(status).WithPosition(query.rows[0][column]->position);
    for (size_t i = 0; i < rows.size(); ++i) rows[i][column] = cells[i];
    bound.columns.push_back({state_.ids().Next(), StrCat("col", column), cells[0]->type()});
  }
  TRIVET_ASSIGN_OR_RETURN(bound.plan,
                          ValuesWithColumns(std::move(rows), std::move(joins), bound.columns));
  if (query.order_by.empty() && query.limit == nullptr && query.offset == nullptr) return bound;
  return OrderOutput(query, std::move(bound), {}, outer, ctes);
}

// One row of VALUES; in an INSERT the cells have the types of its columns.
Result<std::vector<ExpressionPtr>> QueryBinder::BindRow(
    const std::vector<syntax::ExpressionPtr>& row, ExpressionBinder& binder,
    const InsertTarget* target) {
  if (target == nullptr || target->types.size() != row.size()) return binder.BindAll(row);
  std::vector<ExpressionPtr> cells;
  for (size_t i = 0; i < row.size(); ++i) {
    const LogicalType& type = target->types[i];
    if (row[i]->kind == syntax::ExpressionKind::kDefault) {
      cells.push_back(target->defaults[i] ? target->defaults[i]
                                          : Expression::Constant(Value::Null(type)));
      continue;
    }
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr bound, binder.Bind(*row[i]));
    Result<ExpressionPtr> cast = AssignTo(std::move(bound), type);
    if (!cast.ok()) return std::move(cast).status().WithPosition(row[i]->position);
    cells.push_back(std::move(cast).value());
  }
  return cells;
}

// Rows of constants are one operator; rows that use columns of queries around them, or subqueries,
// are each a projection of their own.
Result<PlanPtr> QueryBinder::ValuesWithColumns(std::vector<std::vector<ExpressionPtr>> rows,
                                               std::vector<PendingJoins> joins,
                                               const std::vector<OutputColumn>& columns) {
  const bool plain =
      std::ranges::all_of(joins, [](const PendingJoins& list) { return list.empty(); }) &&
      std::ranges::none_of(rows, [](const std::vector<ExpressionPtr>& row) {
        return std::ranges::any_of(row, [](const ExpressionPtr& e) { return e->has_columns(); });
      });
  if (plain) {
    auto values = std::make_unique<LogicalValues>();
    values->columns = columns;
    values->rows = std::move(rows);
    return PlanPtr(std::move(values));
  }
  auto combined = std::make_unique<LogicalSetOperation>(SetOperationKind::kUnion, true);
  combined->columns = columns;
  for (size_t i = 0; i < rows.size(); ++i) {
    auto source = std::make_unique<LogicalValues>();
    source->rows.emplace_back();
    PlanPtr plan = AttachJoins(std::move(source), std::move(joins[i]));
    std::vector<OutputColumn> row_columns = columns;
    plan = ProjectColumns(std::move(plan), rows[i], row_columns, state_.ids());
    if (rows.size() == 1) {
      for (size_t j = 0; j < columns.size(); ++j) {
        static_cast<LogicalProject&>(*plan).entries[j].column.id = columns[j].id;
      }
      return plan;
    }
    std::vector<ColumnId> ids;
    for (const OutputColumn& column : row_columns) ids.push_back(column.id);
    combined->input_columns.push_back(std::move(ids));
    combined->children().push_back(std::move(plan));
  }
  return PlanPtr(std::move(combined));
}

namespace {

// LIMIT (SELECT 2): the constant itself, where the subquery is no more than that.
const syntax::Expression& WithoutTrivialSubquery(const syntax::Expression& expression) {
  const auto* subquery = expression.TryAs<syntax::SubqueryExpression>();
  if (subquery == nullptr || subquery->subquery != syntax::SubqueryKind::kScalar ||
      subquery->query->kind != syntax::QueryKind::kSelect) {
    return expression;
  }
  const auto& select = subquery->query->As<syntax::SelectQuery>();
  const bool trivial = select.items.size() == 1 && select.from.empty() && !select.where &&
                       select.group_by.empty() && !select.group_by_all && !select.having &&
                       !select.qualify && !select.sample && !select.limit && !select.offset &&
                       select.order_by.empty() && select.with.empty() && select.windows.empty() &&
                       select.distinct == syntax::DistinctKind::kNone;
  return trivial ? *select.items[0].expression : expression;
}

}  // namespace

Result<Value> QueryBinder::LimitConstant(const syntax::Expression& written,
                                         const LogicalType& type) {
  const syntax::Expression& expression = WithoutTrivialSubquery(written);
  QueryLevel level;
  ClauseGuard guard(level, "LIMIT clause", AliasRule::kHidden, nullptr, false);
  ExpressionBinder binder(state_, *this, level, nullptr);
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr bound, binder.Bind(expression));
  const auto evaluate = [&]() -> Result<Value> {
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr cast, AssignTo(std::move(bound), type));
    return EvaluateConstant(cast, *state_.input().context);
  };
  Result<Value> value = evaluate();
  if (!value.ok()) return std::move(value).status().WithPosition(expression.position);
  return value;
}

Result<PlanPtr> QueryBinder::ApplyLimit(const syntax::Query& query, PlanPtr plan) {
  std::optional<uint64_t> limit;
  std::optional<double> percent;
  uint64_t offset = 0;
  if (query.limit != nullptr) {
    const LogicalType type = query.limit_is_percent ? TypeId::kDouble : TypeId::kInt64;
    TRIVET_ASSIGN_OR_RETURN(const Value value, LimitConstant(*query.limit, type));
    if (!value.is_null() && query.limit_is_percent) {
      if (!(value.floating() >= 0 && value.floating() <= 100)) {
        return Status::InvalidInput("Limit percent out of range, should be between 0% and 100%")
            .WithPosition(query.limit->position);
      }
      percent = value.floating();
    } else if (!value.is_null()) {
      if (value.integer() < 0) {
        return Status::InvalidInput("LIMIT/OFFSET cannot be negative")
            .WithPosition(query.limit->position);
      }
      limit = static_cast<uint64_t>(value.integer());
    }
  }
  if (query.offset != nullptr) {
    TRIVET_ASSIGN_OR_RETURN(const Value value, LimitConstant(*query.offset, TypeId::kInt64));
    if (!value.is_null() && value.integer() < 0) {
      return Status::InvalidInput("LIMIT/OFFSET cannot be negative")
          .WithPosition(query.offset->position);
    }
    if (!value.is_null()) offset = static_cast<uint64_t>(value.integer());
  }
  if (!limit && !percent && offset == 0) return plan;
  auto node = std::make_unique<LogicalLimit>(std::move(plan), limit, offset);
  node->percent = percent;
  return PlanPtr(std::move(node));
}

}  // namespace trivet::binder
