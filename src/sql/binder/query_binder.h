#pragma once

#include <string>
#include <vector>

#include "plan/bound_statement.h"
#include "sql/binder/expression_binder.h"

namespace trivet::binder {

// Binds queries: WITH, set operations, VALUES, ORDER BY and LIMIT around them; one SELECT is the
// SelectBinder's and a FROM clause the TableBinder's. One for each statement.
class QueryBinder {
 public:
  explicit QueryBinder(StatementState& state) : state_(state) {}

  // `outer`: the level to whose columns the query may refer; null for none.
  Result<BoundQuery> Bind(const syntax::Query& query, QueryLevel* outer, CteFrame* ctes);
  // The query of a view, or other text that sees no names from around it; its errors point to
  // `position` of the text at hand.
  Result<BoundQuery> BindText(const std::string& sql, const std::string& what, size_t position);

  // OFFSET and LIMIT as written.
  Result<PlanPtr> ApplyLimit(const syntax::Query& query, PlanPtr plan);

  StatementState& state() { return state_; }

 private:
  // bind_query.cc
  Result<BoundQuery> BindBody(const syntax::Query& query, QueryLevel* outer, CteFrame* ctes);
  Result<BoundQuery> BindValues(const syntax::ValuesQuery& query, QueryLevel* outer,
                                CteFrame* ctes);
  Result<std::vector<ExpressionPtr>> BindRow(const std::vector<syntax::ExpressionPtr>& row,
                                             ExpressionBinder& binder, const InsertTarget* target);
  Result<Value> LimitConstant(const syntax::Expression& expression, const LogicalType& type);
  Result<PlanPtr> ValuesWithColumns(std::vector<std::vector<ExpressionPtr>> rows,
                                    std::vector<PendingJoins> joins,
                                    const std::vector<OutputColumn>& columns);

  // bind_with.cc
  Status BindCommonTables(const syntax::Query& query, QueryLevel* outer, CteFrame& frame);
  Status BindCommonTable(const syntax::CommonTableExpression& written, QueryLevel* outer,
                         CteFrame& frame);
  Result<PlanPtr> ResolveCommonTables(PlanPtr body, CteFrame& frame);
  Result<PlanPtr> ResolveCommonTable(PlanPtr body, CteEntry& entry);

  // bind_set_operation.cc
  Result<BoundQuery> BindSetOperation(const syntax::SetOperationQuery& query, QueryLevel* outer,
                                      CteFrame* ctes);
  Result<BoundQuery> Combine(const syntax::SetOperationQuery& query,
                             std::vector<BoundQuery> inputs);
  Status MatchByName(std::vector<BoundQuery>& inputs);
  Status UnifyColumns(const syntax::SetOperationQuery& query, std::vector<BoundQuery>& inputs);
  // ORDER BY over the output columns, and LIMIT; `operand_names` are further names of the columns.
  Result<BoundQuery> OrderOutput(const syntax::Query& query, BoundQuery bound,
                                 const std::vector<std::vector<std::string>>& operand_names,
                                 QueryLevel* outer, CteFrame* ctes);

  StatementState& state_;
};

// An aggregate without aggregates: each distinct row once. Columns keep names and get new ids.
BoundQuery MakeDistinct(BoundQuery query, ColumnIdGenerator& ids);
// A projection of the columns in order, casts included, that gives new ids.
PlanPtr ProjectColumns(PlanPtr plan, const std::vector<ExpressionPtr>& expressions,
                       std::vector<OutputColumn>& columns, ColumnIdGenerator& ids);

}  // namespace trivet::binder
