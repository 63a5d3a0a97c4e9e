#pragma once

#include <optional>
#include <vector>

#include "sql/binder/statement_state.h"
#include "sql/syntax/query.h"

namespace trivet::binder {

class QueryBinder;

// Resolves the names and types of expressions in one clause of one query level; subqueries become
// pending joins of the level. Borrowed state; made where it is needed.
class ExpressionBinder {
 public:
  ExpressionBinder(StatementState& state, QueryBinder& queries, QueryLevel& level, CteFrame* ctes)
      : state_(state), queries_(queries), level_(level), ctes_(ctes) {}

  Result<ExpressionPtr> Bind(const syntax::Expression& expression);
  // As Bind, then as a condition.
  Result<ExpressionPtr> BindCondition(const syntax::Expression& expression);
  Result<std::vector<ExpressionPtr>> BindAll(const std::vector<syntax::ExpressionPtr>& list);
  Result<std::vector<SortKey>> BindSortKeys(const std::vector<syntax::OrderItem>& items);
  // What the item says, or else the settings default_order and default_null_order.
  bool IsDescending(const syntax::OrderItem& item) const;
  bool NullsFirst(const syntax::OrderItem& item) const;

 private:
  const EvaluationContext* context() const { return state_.input().context; }
  const FunctionRegistry& functions() const { return *state_.input().functions; }

  Result<ExpressionPtr> BindKind(const syntax::Expression& expression);
  Result<ExpressionPtr> BindUnsupported(const syntax::Expression& expression);

  // bind_column.cc
  Result<ExpressionPtr> BindColumn(const syntax::ColumnExpression& column);
  Result<std::optional<ExpressionPtr>> FindInLevel(const syntax::QualifiedName& names,
                                                   QueryLevel& level);
  Result<std::optional<ExpressionPtr>> FindUnqualified(const syntax::Identifier& name,
                                                       QueryLevel& level);
  Result<std::optional<ExpressionPtr>> FindAlias(const syntax::Identifier& name, QueryLevel& level);
  Result<std::optional<ExpressionPtr>> BindAlias(const SelectEntry& entry, QueryLevel& level,
                                                 const syntax::Identifier& name);
  Status NotFound(const syntax::QualifiedName& names) const;
  Result<ExpressionPtr> BindPositional(const syntax::PositionalExpression& column);
  Result<ExpressionPtr> BindParameter(const syntax::ParameterExpression& parameter);
  void NoteReference(const QueryLevel& level);

  // bind_operator.cc
  Result<ExpressionPtr> BindComparison(const syntax::ComparisonExpression& comparison);
  Result<ExpressionPtr> BindConjunction(const syntax::ConjunctionExpression& conjunction);
  Result<ExpressionPtr> BindBetween(const syntax::BetweenExpression& between);
  Result<ExpressionPtr> BindIn(const syntax::InExpression& in);
  Result<ExpressionPtr> BindCase(const syntax::CaseExpression& expression);
  Result<ExpressionPtr> BindCast(const syntax::CastExpression& cast);
  Result<ExpressionPtr> BindCollate(const syntax::CollateExpression& collate);
  Result<ExpressionPtr> BindSubscript(const syntax::SubscriptExpression& subscript);
  Result<ExpressionPtr> BindSlice(const syntax::SliceExpression& slice);
  Result<ExpressionPtr> CompareRows(Comparison comparison, const syntax::Expression& left,
                                    const syntax::Expression& right);
  Result<ExpressionPtr> NullsLastLess(const ExpressionPtr& a, const ExpressionPtr& b);
  Result<ExpressionPtr> BindRowBetween(const syntax::BetweenExpression& between);

  // bind_function.cc
  Result<ExpressionPtr> BindFunction(const syntax::FunctionExpression& function);
  Result<ExpressionPtr> BindScalarFunction(const syntax::FunctionExpression& function);
  Result<std::optional<ExpressionPtr>> BindSpecialFunction(
      const syntax::FunctionExpression& function);
  Result<ExpressionPtr> BindCoalesce(const syntax::FunctionExpression& function);
  Result<ExpressionPtr> BindNullIf(const syntax::FunctionExpression& function);
  Result<ExpressionPtr> BindIf(const syntax::FunctionExpression& function);
  Result<ExpressionPtr> BindCurrentSetting(const syntax::FunctionExpression& function);
  Result<std::vector<ExpressionPtr>> BindArguments(const syntax::FunctionExpression& function);

  // bind_aggregate.cc
  struct AggregateParts;
  Result<ExpressionPtr> BindAggregate(const syntax::FunctionExpression& function);
  Status BindAggregateParts(const syntax::FunctionExpression& function, AggregateParts& parts);
  Result<QueryLevel*> AggregateOwner(const syntax::FunctionExpression& function,
                                     const AggregateProbe& probe);
  Result<ExpressionPtr> AddAggregate(const syntax::FunctionExpression& function,
                                     AggregateParts parts, QueryLevel& owner);

  // bind_window.cc
  Result<ExpressionPtr> BindWindow(const syntax::WindowExpression& window);
  Status CheckWindowPlace(const syntax::WindowExpression& window) const;
  Result<RankingFunction> FindWindowFunction(const syntax::FunctionExpression& function) const;
  Result<std::unique_ptr<LogicalWindow>> BindWindowParts(const WindowParts& parts);

  // bind_subquery.cc
  Result<ExpressionPtr> BindSubquery(const syntax::SubqueryExpression& subquery);
  Result<ExpressionPtr> BindScalarSubquery(const syntax::SubqueryExpression& subquery);
  Result<ExpressionPtr> BindExists(const syntax::SubqueryExpression& subquery);
  Result<ExpressionPtr> BindAny(const syntax::SubqueryExpression& subquery);
  ExpressionPtr AddMark(PlanPtr plan, ExpressionPtr comparison, std::string name);

  StatementState& state_;
  QueryBinder& queries_;
  QueryLevel& level_;
  CteFrame* ctes_;
};

// The elements of `(a, b)`, or the expression itself.
std::vector<const syntax::Expression*> RowElements(const syntax::Expression& expression);

// The window that an OVER or a WINDOW clause describes, over the named ones before it.
Result<WindowParts> ResolveWindow(const syntax::WindowSpecification& window,
                                  const Windows& windows);

}  // namespace trivet::binder
