#include "sql/binder/group_rewriter.h"

#include <algorithm>

#include "base/string_concat.h"

namespace trivet::binder {

GroupRewriter::GroupRewriter(const Grouping& grouping, std::set<ColumnId> below)
    : below_(std::move(below)) {
  for (const GroupKey& key : grouping.keys) {
    if (key.expression->has_columns()) keys_.emplace(key.expression->Hash(), &key);
  }
}

const GroupKey* GroupRewriter::FindKey(const Expression& expression) const {
  const auto [begin, end] = keys_.equal_range(expression.Hash());
  for (auto it = begin; it != end; ++it) {
    if (it->second->expression->Equals(expression)) return it->second;
  }
  return nullptr;
}

Result<ExpressionPtr> GroupRewriter::Rewrite(const ExpressionPtr& expression) const {
  if (!expression->has_columns()) return expression;
  if (const GroupKey* key = FindKey(*expression)) {
    ExpressionPtr column = key->column.Reference();
    return expression->position() ? column->WithPosition(*expression->position()) : column;
  }
  if (expression->IsColumn()) {
    if (!below_.contains(expression->column())) return expression;
    const std::string& name = expression->name();
    Status status = Status::InvalidInput(
        StrCat("column \"", name,
               "\" must appear in the GROUP BY clause or must be part of an aggregate function."));
    if (expression->position()) status = std::move(status).WithPosition(*expression->position());
    return std::move(status).WithHint(
        StrCat("Either add it to the GROUP BY list, or use ANY_VALUE(\"", name,
               "\") if the exact value of \"", name, "\" is not important."));
  }
  std::vector<ExpressionPtr> children;
  bool changed = false;
  for (const ExpressionPtr& child : expression->children()) {
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr rewritten, Rewrite(child));
    changed = changed || rewritten != child;
    children.push_back(std::move(rewritten));
  }
  return changed ? expression->WithChildren(std::move(children)) : expression;
}

Status GroupRewriter::RewriteAll(PendingJoins& joins) const {
  for (PendingJoin& join : joins) {
    if (join.comparison != nullptr) {
      TRIVET_ASSIGN_OR_RETURN(join.comparison, Rewrite(join.comparison));
    }
    const std::set<ColumnId> used = FreeColumns(*join.plan);
    if (std::ranges::any_of(used, [&](ColumnId id) { return below_.contains(id); })) {
      TRIVET_RETURN_IF_ERROR(RewritePlan(*join.plan));
    }
  }
  return Status::OK();
}

Status GroupRewriter::RewritePlan(LogicalOperator& plan) const {
  Status status;
  plan.ForEachExpression([&](ExpressionPtr& expression) {
    if (!status.ok()) return;
    Result<ExpressionPtr> rewritten = Rewrite(expression);
    if (rewritten.ok()) {
      expression = std::move(rewritten).value();
    } else {
      status = std::move(rewritten).status();
    }
  });
  TRIVET_RETURN_IF_ERROR(status);
  for (PlanPtr& child : plan.children()) TRIVET_RETURN_IF_ERROR(RewritePlan(*child));
  return Status::OK();
}

}  // namespace trivet::binder
