#pragma once

#include <string>
#include <vector>

#include "sql/parser/expression_parser.h"
#include "sql/syntax/query.h"

namespace trivet {

// Queries and what stands in FROM.
class QueryParser : public ExpressionParser {
 protected:
  using TableResult = Result<syntax::TableReferencePtr>;
  using CommonTableExpressions = std::vector<syntax::CommonTableExpression>;

  using ExpressionParser::ExpressionParser;
  ~QueryParser() = default;

  bool AtQuery(size_t ahead = 0) const final;
  QueryResult ParseQuery() final;
  bool AtQueryRest() const final;
  QueryResult ParseQueryRest(QueryPtr first) final;

  // WITH; the keyword has been seen.
  Status ParseWith(CommonTableExpressions& with, bool& recursive);
  // Puts WITH in front of a query that may have its own.
  QueryResult AddWith(QueryPtr query, CommonTableExpressions with, bool recursive);
  QueryResult SelectAllFrom(syntax::TableReferencePtr table);
  Result<syntax::SelectItem> ParseSelectItem();
  // TABLE name, DESCRIBE, SUMMARIZE or SHOW as a query.
  QueryResult ParseTableQuery();
  QueryResult ParseShow();

 private:
  // query.cc
  QueryResult ParseUnions(QueryPtr left);
  QueryResult ParseIntersections(QueryPtr left);
  QueryResult ParseSetOperand();
  QueryResult ParseParenthesizedQuery();
  struct SetQuantifier {
    bool all = false;
    bool by_name = false;
  };
  Result<SetQuantifier> ParseSetQuantifier();
  QueryResult Combine(QueryPtr left, QueryPtr right, syntax::SetOperator operation,
                      SetQuantifier quantifier, size_t position);
  Result<syntax::CommonTableExpression> ParseCommonTableExpression();
  QueryResult ParseValues();
  QueryResult FinishQuery(QueryPtr query) const;

  // query_modifiers.cc
  QueryResult ParseModifiers(QueryPtr query);
  Status ParseLimit(syntax::Query& modifiers);
  Status ParseOffset(syntax::Query& modifiers);
  Status ParseFetch(syntax::Query& modifiers);
  Result<syntax::SampleClause> ParseSample();
  Status ParseSampleSize(syntax::SampleClause& sample);
  Status ParseSampleMethod(syntax::SampleClause& sample);

  // select.cc
  QueryResult ParseSelect();
  Status ParseSelectHead(syntax::SelectQuery& query);
  Status ParseSelectClauses(syntax::SelectQuery& query);
  Status ParseFrom(syntax::SelectQuery& query);
  Status ParseGroupBy(syntax::SelectQuery& query);
  Status ParseGroupingElement(std::vector<syntax::GroupingElement>& elements, bool in_sets);
  Status ParseGroupingChildren(syntax::GroupingElement& element);
  Status ParseWindowClause(syntax::SelectQuery& query);

  // table.cc, show.cc
  TableResult ParseTable();
  bool AtJoin() const;
  TableResult ParseJoins(syntax::TableReferencePtr left);
  Status ParseJoinOperator(syntax::JoinTable& join);
  Status ParseJoinRight(syntax::JoinTable& join);
  TableResult ParseTablePrimary();
  TableResult ParseTableBody();
  TableResult ParseNamedTable();
  TableResult ParseTableFunction(syntax::QualifiedName name);
  struct ParenthesizedTable {
    syntax::TableReferencePtr table;
    QueryPtr query;
  };
  Result<ParenthesizedTable> ParseTableParentheses();
  Result<ParenthesizedTable> ParseQueryOrShow();
  Result<ParenthesizedTable> ParseNestedTableParentheses();
  TableResult MakeSubqueryTable(QueryPtr query, size_t position);
  TableResult ParseTableSuffix(syntax::TableReferencePtr table);
  TableResult FinishTable(syntax::TableReferencePtr table) const;
  Status ParseShowOperand(syntax::ShowTable& show);
  Status ParseShowListing(syntax::ShowTable& show);
};

}  // namespace trivet
