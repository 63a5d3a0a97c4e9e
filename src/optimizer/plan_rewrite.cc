#include "optimizer/plan_rewrite.h"

#include <algorithm>

#include "optimizer/conjunct_list.h"

namespace trivet {

void ForEachNode(PlanPtr& root, const std::function<void(PlanPtr&)>& visit) {
  for (PlanPtr& child : root->children()) ForEachNode(child, visit);
  visit(root);
}

Status ForEachNodeUntilError(PlanPtr& root, const std::function<Status(PlanPtr&)>& visit) {
  for (PlanPtr& child : root->children()) {
    TRIVET_RETURN_IF_ERROR(ForEachNodeUntilError(child, visit));
  }
  return visit(root);
}

void ForEachNodeTopDown(PlanPtr& root, const std::function<bool(PlanPtr&)>& visit) {
  if (!visit(root)) return;
  for (PlanPtr& child : root->children()) ForEachNodeTopDown(child, visit);
}

void ReplaceColumnsInPlan(LogicalOperator& plan, const ColumnMap& map) {
  if (map.empty()) return;
  plan.ForEachExpression(
      [&](ExpressionPtr& expression) { expression = ReplaceColumns(expression, map); });
  for (PlanPtr& child : plan.children()) ReplaceColumnsInPlan(*child, map);
}

bool Intersects(const ColumnSet& a, const ColumnSet& b) {
  const ColumnSet& small = a.size() < b.size() ? a : b;
  const ColumnSet& large = a.size() < b.size() ? b : a;
  return std::ranges::any_of(small, [&](ColumnId id) { return large.contains(id); });
}

bool Contains(const ColumnSet& all, const ColumnSet& part) {
  return std::ranges::includes(all, part);
}

bool UsesAny(const ExpressionPtr& expression, const ColumnSet& columns) {
  if (expression->IsColumn()) return columns.contains(expression->column());
  return expression->has_columns() &&
         std::ranges::any_of(expression->children(),
                             [&](const ExpressionPtr& child) { return UsesAny(child, columns); });
}

bool UsesOnly(const ExpressionPtr& expression, const ColumnSet& columns) {
  if (expression->IsColumn()) return columns.contains(expression->column());
  return !expression->has_columns() ||
         std::ranges::all_of(expression->children(),
                             [&](const ExpressionPtr& child) { return UsesOnly(child, columns); });
}

bool ConjunctList::Add(const ExpressionPtr& predicate) {
  const size_t before = list_.size();
  for (const ExpressionPtr& conjunct : SplitConjuncts(predicate)) {
    if (conjunct->IsConstantTrue()) continue;
    if (known_.Insert(conjunct).second || conjunct->is_volatile()) list_.push_back(conjunct);
  }
  return list_.size() > before;
}

void AppendConjuncts(std::vector<ExpressionPtr>& list, const std::vector<ExpressionPtr>& more) {
  if (more.empty()) return;
  ConjunctList all(std::move(list));
  for (const ExpressionPtr& predicate : more) all.Add(predicate);
  list = std::move(all).Take();
}

void AddFilter(PlanPtr& plan, const std::vector<ExpressionPtr>& conjuncts) {
  auto* filter = As<LogicalFilter>(plan);
  if (filter != nullptr) {
    AppendConjuncts(filter->predicates, conjuncts);
    return;
  }
  std::vector<ExpressionPtr> list;
  AppendConjuncts(list, conjuncts);
  if (!list.empty()) plan = std::make_unique<LogicalFilter>(std::move(plan), std::move(list));
}

LogicalProject::Entry PassOn(const OutputColumn& column) { return {column, column.Reference()}; }

LogicalProject::Entry Compute(const OutputColumn& column, ExpressionPtr expression) {
  return {column, std::move(expression)};
}

bool PassesOn(const LogicalProject::Entry& entry) {
  return entry.expression->IsColumn() && entry.expression->column() == entry.column.id;
}

std::unique_ptr<LogicalProject> ProjectAll(PlanPtr plan) {
  std::vector<LogicalProject::Entry> entries;
  for (const OutputColumn& column : plan->Columns()) entries.push_back(PassOn(column));
  return std::make_unique<LogicalProject>(std::move(plan), std::move(entries));
}

ColumnMap DefinitionsOf(const LogicalProject& project) {
  ColumnMap map;
  for (const auto& entry : project.entries) map.emplace(entry.column.id, entry.expression);
  return map;
}

std::optional<JoinEquality> AsJoinEquality(const ExpressionPtr& conjunct, const ColumnSet& left,
                                           const ColumnSet& right) {
  if (conjunct->kind() != ExpressionKind::kComparison) return std::nullopt;
  const Comparison comparison = conjunct->comparison();
  if (comparison != Comparison::kEqual && comparison != Comparison::kNotDistinctFrom) {
    return std::nullopt;
  }
  const ExpressionPtr& a = conjunct->child(0);
  const ExpressionPtr& b = conjunct->child(1);
  if (!a->has_columns() || !b->has_columns()) return std::nullopt;
  const bool null_equal = comparison == Comparison::kNotDistinctFrom;
  if (UsesOnly(a, left) && UsesOnly(b, right)) return JoinEquality{a, b, null_equal};
  if (UsesOnly(b, left) && UsesOnly(a, right)) return JoinEquality{b, a, null_equal};
  return std::nullopt;
}

void ReplaceByChild(PlanPtr& node, size_t child) {
  PlanPtr kept = std::move(node->children()[child]);
  node = std::move(kept);
}

PlanPtr MakeEmptyRows(size_t count) {
  auto values = std::make_unique<LogicalValues>();
  values->rows.resize(count);
  return values;
}

PlanPtr MakeNoRows(std::vector<OutputColumn> columns) {
  auto values = std::make_unique<LogicalValues>();
  values->columns = std::move(columns);
  return values;
}

bool IsVolatilePlan(const LogicalOperator& plan) {
  bool found = false;
  const_cast<LogicalOperator&>(plan).ForEachExpression(
      [&](ExpressionPtr& expression) { found |= expression->is_volatile(); });
  return found || std::ranges::any_of(plan.children(),
                                      [](const PlanPtr& child) { return IsVolatilePlan(*child); });
}

}  // namespace trivet
