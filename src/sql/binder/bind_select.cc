#include <algorithm>

#include "base/string_concat.h"
#include "expression/rewrite.h"
#include "sql/binder/select_binder.h"
#include "sql/binder/star_expansion.h"
#include "sql/binder/table_binder.h"
#include "sql/syntax/compare.h"

namespace trivet::binder {

namespace {

// Stars multiply: a short text may ask for millions.
constexpr size_t kMaxColumns = 50'000;

// Does the condition, or a subquery in it, use a column that one of the joins makes?
bool UsesAny(const ExpressionPtr& condition, const PendingJoins& subqueries,
             const PendingJoins& joins) {
  std::set<ColumnId> used = ColumnsOf(condition);
  for (const PendingJoin& subquery : subqueries) used.merge(ColumnsUsedBy(subquery));
  for (const PendingJoin& join : joins) {
    if (join.kind == JoinKind::kMark && used.contains(join.mark.id)) return true;
    if (join.kind == JoinKind::kMark) continue;
    for (ColumnId id : OutputIds(*join.plan)) {
      if (used.contains(id)) return true;
    }
  }
  return false;
}

}  // namespace

SelectBinder::SelectBinder(StatementState& state, QueryBinder& queries,
                           const syntax::SelectQuery& query, QueryLevel* outer, CteFrame* ctes)
    : state_(state), queries_(queries), query_(query), ctes_(ctes) {
  level_.outer = outer;
}

Result<BoundQuery> SelectBinder::Bind() {
  TRIVET_RETURN_IF_ERROR(RejectUnsupported());
  TRIVET_RETURN_IF_ERROR(BindFrom());
  TRIVET_RETURN_IF_ERROR(ExpandItems());
  TRIVET_RETURN_IF_ERROR(BindNamedWindows());
  TRIVET_RETURN_IF_ERROR(BindWhere());
  TRIVET_RETURN_IF_ERROR(BindGroups());
  TRIVET_RETURN_IF_ERROR(BindItems());
  TRIVET_RETURN_IF_ERROR(BindHaving());
  TRIVET_RETURN_IF_ERROR(BindQualify());
  TRIVET_RETURN_IF_ERROR(BindDistinctOn());
  TRIVET_RETURN_IF_ERROR(BindOrderBy());
  if (Aggregates()) TRIVET_RETURN_IF_ERROR(ApplyGrouping());
  TRIVET_RETURN_IF_ERROR(ApplyHaving());
  TRIVET_RETURN_IF_ERROR(ApplyWindows());
  return BuildOutput();
}

Status SelectBinder::RejectUnsupported() const {
  if (query_.sample) return Unsupported("USING SAMPLE is", query_.sample->position);
  return Status::OK();
}

Status SelectBinder::BindFrom() {
  TableBinder tables(state_, queries_, ctes_);
  TRIVET_ASSIGN_OR_RETURN(BoundTable from, tables.BindList(query_.from, level_.outer));
  plan_ = std::move(from.plan);
  from_ = std::move(from.scope);
  level_.from = &from_;
  level_.entries = &entries_;
  level_.grouping = &grouping_;
  level_.windows = &windows_;
  return Status::OK();
}

Status SelectBinder::ExpandItems() {
  for (const syntax::SelectItem& item : query_.items) {
    TRIVET_RETURN_IF_ERROR(ExpandSelectItem(item, from_, state_, expanded_, entries_));
    if (entries_.size() > kMaxColumns) {
      return Status::InvalidInput(StrCat("a SELECT list has more than ", kMaxColumns, " columns"))
          .WithPosition(item.position);
    }
  }
  if (entries_.empty()) {
    return Status::InvalidInput("SELECT list is empty after resolving * expressions!")
        .WithPosition(query_.position);
  }
  return Status::OK();
}

Status SelectBinder::BindWhere() {
  if (query_.where == nullptr) return Status::OK();
  PendingJoins joins;
  ClauseGuard guard(level_, "WHERE clause", AliasRule::kRebind, &joins, false);
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr condition, Expressions().BindCondition(*query_.where));
  plan_ = AttachJoins(std::move(plan_), std::move(joins));
  plan_ = std::make_unique<LogicalFilter>(std::move(plan_), SplitConjuncts(condition));
  return Status::OK();
}

Status SelectBinder::BindItems() {
  ClauseGuard guard(level_, "SELECT clause", AliasRule::kEarlierBound, &select_joins_, true);
  level_.windows_allowed = true;
  level_.match_groups_by_text = true;
  for (size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].bound != nullptr) continue;
    level_.visible_entries = i;
    TRIVET_ASSIGN_OR_RETURN(entries_[i].bound, Expressions().Bind(*entries_[i].expression));
  }
  return Status::OK();
}

Status SelectBinder::BindHaving() {
  level_.prefer_ungrouped_aliases = Aggregates() || query_.having != nullptr;
  if (query_.having == nullptr) return Status::OK();
  ClauseGuard guard(level_, "HAVING clause", AliasRule::kBound, &having_joins_, true);
  TRIVET_ASSIGN_OR_RETURN(having_, Expressions().BindCondition(*query_.having));
  std::set<ColumnId> used = ColumnsOf(having_);
  for (const PendingJoin& join : having_joins_) used.merge(ColumnsUsedBy(join));
  if (std::ranges::any_of(used, [&](ColumnId id) { return windows_.columns.contains(id); })) {
    return Status::InvalidInput("HAVING clause cannot contain window functions!")
        .WithPosition(query_.having->position);
  }
  return Status::OK();
}

Status SelectBinder::BindDistinctOn() {
  if (query_.distinct != syntax::DistinctKind::kDistinctOn) return Status::OK();
  ClauseGuard guard(level_, "DISTINCT ON clause", AliasRule::kBound, &select_joins_, true);
  level_.windows_allowed = true;
  for (const syntax::ExpressionPtr& expression : query_.distinct_on) {
    TRIVET_ASSIGN_OR_RETURN(OutputSortKey key, BindOutputKey(*expression));
    distinct_on_.push_back(std::move(key));
  }
  return Status::OK();
}

Status SelectBinder::BindOrderBy() {
  ClauseGuard guard(level_, "ORDER BY clause", AliasRule::kBound, &select_joins_, true);
  level_.windows_allowed = true;
  for (const syntax::OrderItem& item : query_.order_by) {
    const bool descending = Expressions().IsDescending(item);
    const bool nulls_first = Expressions().NullsFirst(item);
    if (item.all) {
      for (size_t i = 0; i < entries_.size(); ++i) {
        order_by_.push_back({i, nullptr, descending, nulls_first});
      }
      continue;
    }
    TRIVET_ASSIGN_OR_RETURN(OutputSortKey key, BindOutputKey(*item.expression));
    key.descending = descending;
    key.nulls_first = nulls_first;
    order_by_.push_back(std::move(key));
  }
  return Status::OK();
}

// An output column by number, name, text or value; else an expression of its own.
Result<OutputSortKey> SelectBinder::BindOutputKey(const syntax::Expression& expression) {
  OutputSortKey key;
  TRIVET_ASSIGN_OR_RETURN(key.entry, OrdinalOf(expression, entries_.size(), "ORDER"));
  if (key.entry) return key;
  const auto* column = expression.TryAs<syntax::ColumnExpression>();
  for (size_t i = 0; i < entries_.size(); ++i) {
    const SelectEntry& entry = entries_[i];
    const bool same_name = column != nullptr && column->names.size() == 1 &&
                           syntax::EqualIgnoringCase(entry.name, column->names[0].text);
    if (same_name || (entry.expression && syntax::Equal(*entry.expression, expression))) {
      key.entry = i;
      return key;
    }
  }
  TRIVET_ASSIGN_OR_RETURN(key.expression, Expressions().Bind(expression));
  for (size_t i = 0; i < entries_.size(); ++i) {
    if (!key.expression->is_volatile() && ExpressionsEqual(entries_[i].bound, key.expression)) {
      key.entry = i;
      break;
    }
  }
  return key;
}

Status SelectBinder::ApplyHaving() {
  for (const PendingJoin& join : select_joins_) {
    const std::set<ColumnId> used = ColumnsUsedBy(join);
    if (std::ranges::any_of(used, [&](ColumnId id) { return windows_.columns.contains(id); })) {
      return Unsupported("a subquery that uses a window function of the query around it is",
                         query_.position);
    }
  }
  if (having_ == nullptr) {
    plan_ = AttachJoins(std::move(plan_), std::move(select_joins_));
    return Status::OK();
  }
  // Subqueries of the select list are joined after the filter, unless it uses one through its
  // alias.
  const bool early = UsesAny(having_, having_joins_, select_joins_);
  if (early) plan_ = AttachJoins(std::move(plan_), std::move(select_joins_));
  plan_ = AttachJoins(std::move(plan_), std::move(having_joins_));
  plan_ = std::make_unique<LogicalFilter>(std::move(plan_), SplitConjuncts(having_));
  if (!early) plan_ = AttachJoins(std::move(plan_), std::move(select_joins_));
  return Status::OK();
}

// The projection of the select list and, behind it, of keys that are not in it; keys become
// references to its columns.
void SelectBinder::ProjectOutput(BoundQuery& output, std::vector<SortKey>& sort,
                                 std::vector<ExpressionPtr>& on) {
  const std::set<ColumnId> available = OutputIds(*plan_);
  std::set<ColumnId> passed;
  std::vector<LogicalProject::Entry> project;
  const auto add = [&](const std::string& name, const ExpressionPtr& expression) -> ExpressionPtr {
    OutputColumn column{kInvalidColumn, name, expression->type()};
    // A column keeps its id as long as it is the only one of that id.
    const bool passes = expression->IsColumn() && available.contains(expression->column()) &&
                        passed.insert(expression->column()).second;
    column.id = passes ? expression->column() : state_.ids().Next();
    project.push_back({column, expression});
    return column.Reference();
  };
  for (const SelectEntry& entry : entries_) {
    add(entry.name, entry.bound);
    output.columns.push_back(project.back().column);
  }
  const auto reference = [&](const OutputSortKey& key) {
    if (key.entry) return output.columns[*key.entry].Reference();
    for (size_t i = entries_.size(); i < project.size(); ++i) {
      if (ExpressionsEqual(project[i].expression, key.expression)) {
        return project[i].column.Reference();
      }
    }
    return add("sort key", key.expression);
  };
  for (const OutputSortKey& key : order_by_) {
    sort.push_back({reference(key), key.descending, key.nulls_first});
  }
  for (const OutputSortKey& key : distinct_on_) on.push_back(reference(key));
  output.plan = std::make_unique<LogicalProject>(std::move(plan_), std::move(project));
}

// DISTINCT keeps each row once. With a sort key that is no output column, the first row of each set
// of equal ones gives the key.
void SelectBinder::ApplyDistinct(BoundQuery& output, std::vector<SortKey>& sort, bool hidden) {
  if (hidden) {
    std::vector<ExpressionPtr> keys;
    for (const OutputColumn& column : output.columns) keys.push_back(column.Reference());
    output.plan = std::make_unique<LogicalDistinctOn>(std::move(output.plan), std::move(keys));
    return;
  }
  const std::vector<OutputColumn> before = output.columns;
  output = MakeDistinct(std::move(output), state_.ids());
  for (SortKey& key : sort) {
    for (size_t i = 0; i < before.size(); ++i) {
      if (before[i].id == key.expression->column()) {
        key.expression = output.columns[i].Reference();
        break;
      }
    }
  }
}

Result<BoundQuery> SelectBinder::BuildOutput() {
  BoundQuery output;
  std::vector<SortKey> sort;
  std::vector<ExpressionPtr> on;
  ProjectOutput(output, sort, on);
  const bool hidden = output.plan->Columns().size() > output.columns.size();
  if (query_.distinct == syntax::DistinctKind::kDistinct) ApplyDistinct(output, sort, hidden);
  if (!sort.empty()) {
    output.plan = std::make_unique<LogicalSort>(std::move(output.plan), std::move(sort));
  }
  if (!on.empty()) {
    output.plan = std::make_unique<LogicalDistinctOn>(std::move(output.plan), std::move(on));
  }
  if (hidden) {
    std::vector<LogicalProject::Entry> entries;
    for (const OutputColumn& column : output.columns)
      entries.push_back({column, column.Reference()});
    output.plan = std::make_unique<LogicalProject>(std::move(output.plan), std::move(entries));
  }
  TRIVET_ASSIGN_OR_RETURN(output.plan, queries_.ApplyLimit(query_, std::move(output.plan)));
  return output;
}

}  // namespace trivet::binder
