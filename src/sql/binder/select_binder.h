#pragma once

#include <optional>
#include <vector>

#include "sql/binder/group_rewriter.h"
#include "sql/binder/query_binder.h"
#include "sql/binder/sort_binder.h"

namespace trivet::binder {

// Binds one SELECT, clause by clause in the order in which they apply, and builds its plan.
// Expressions of the select list, HAVING and ORDER BY are bound over the FROM clause's columns and
// the aggregates' outputs; when all are known and the query turns out to aggregate, the columns in
// them, those of correlated subqueries included, are replaced by groups. Used once.
class SelectBinder {
 public:
  SelectBinder(StatementState& state, QueryBinder& queries, const syntax::SelectQuery& query,
               QueryLevel* outer, CteFrame* ctes);
  Result<BoundQuery> Bind();

 private:
  Status RejectUnsupported() const;
  Status BindFrom();
  Status ExpandItems();
  Status BindWhere();
  Status BindItems();
  Status BindHaving();
  Status BindDistinctOn();
  Status BindOrderBy();
  Result<OutputSortKey> BindOutputKey(const syntax::Expression& expression);

  // bind_group_by.cc
  Status BindGroups();
  Status BindGroupByAll();
  Status BindGroupElement(const syntax::GroupingElement& element);
  Status BindGroup(const syntax::Expression& expression);
  Status BindGroupEntry(const SelectEntry& entry);
  Status AddGroup(const syntax::Expression* written, ExpressionPtr bound, std::string name,
                  bool match_text);
  bool ContainsAggregate(const SelectEntry& entry) const;
  bool Aggregates() const;
  Status ApplyGrouping();

  // bind_window.cc
  Status BindNamedWindows();
  Status BindQualify();
  Status RewriteWindows(const GroupRewriter& rewriter);
  Status ApplyWindows();

  // bind_select.cc
  Status ApplyHaving();
  Result<BoundQuery> BuildOutput();
  void ProjectOutput(BoundQuery& output, std::vector<SortKey>& sort,
                     std::vector<ExpressionPtr>& on);
  void ApplyDistinct(BoundQuery& output, std::vector<SortKey>& sort, bool hidden);

  ExpressionBinder Expressions() { return ExpressionBinder(state_, queries_, level_, ctes_); }

  StatementState& state_;
  QueryBinder& queries_;
  const syntax::SelectQuery& query_;
  CteFrame* ctes_;

  QueryLevel level_;
  FromScope from_;
  PlanPtr plan_;
  std::vector<syntax::ExpressionPtr> expanded_;  // trees that expansion of COLUMNS has made
  std::vector<SelectEntry> entries_;
  Grouping grouping_;
  PendingJoins select_joins_;
  PendingJoins having_joins_;
  ExpressionPtr having_;
  Windows windows_;
  PendingJoins qualify_joins_;
  ExpressionPtr qualify_;
  std::vector<OutputSortKey> distinct_on_;
  std::vector<OutputSortKey> order_by_;
};

}  // namespace trivet::binder
