#include <algorithm>

#include "base/string_concat.h"
#include "sql/binder/group_rewriter.h"
#include "sql/binder/select_binder.h"
#include "sql/syntax/print.h"
#include "sql/syntax/visit.h"

namespace trivet::binder {

namespace {

std::string_view GroupingName(syntax::GroupingKind kind) {
  switch (kind) {
    case syntax::GroupingKind::kRollup: return "ROLLUP is";
    case syntax::GroupingKind::kCube: return "CUBE is";
    default: return "GROUPING SETS is";
  }
}

// Calls `visit` with every expression of the tree until it says true; does not look into queries.
bool AnyExpression(const syntax::Expression& root,
                   const std::function<bool(const syntax::Expression&)>& visit) {
  if (visit(root)) return true;
  bool found = false;
  syntax::VisitExpression(root, [&](const auto& node) {
    syntax::ForEachChild(node, [&](const auto& child) {
      if constexpr (std::is_base_of_v<syntax::Expression, std::decay_t<decltype(child)>>) {
        found = found || AnyExpression(child, visit);
      }
    });
  });
  return found;
}

}  // namespace

bool SelectBinder::Aggregates() const {
  return !grouping_.keys.empty() || !grouping_.aggregates.empty() || query_.having != nullptr ||
         !query_.group_by.empty() || query_.group_by_all;
}

Status SelectBinder::BindGroups() {
  if (query_.group_by_all) return BindGroupByAll();
  ClauseGuard guard(level_, "GROUP BY clause", AliasRule::kRebind, &grouping_.joins, false);
  for (const syntax::GroupingElement& element : query_.group_by) {
    TRIVET_RETURN_IF_ERROR(BindGroupElement(element));
  }
  return Status::OK();
}

Status SelectBinder::BindGroupElement(const syntax::GroupingElement& element) {
  if (element.kind == syntax::GroupingKind::kEmpty) return Status::OK();
  if (element.kind != syntax::GroupingKind::kExpression) {
    return Unsupported(GroupingName(element.kind), element.position);
  }
  for (const syntax::ExpressionPtr& expression : element.expressions) {
    for (const syntax::Expression* part : RowElements(*expression)) {
      TRIVET_RETURN_IF_ERROR(BindGroup(*part));
    }
  }
  return Status::OK();
}

Status SelectBinder::BindGroup(const syntax::Expression& expression) {
  TRIVET_ASSIGN_OR_RETURN(std::optional<size_t> ordinal,
                          OrdinalOf(expression, entries_.size(), "GROUP BY"));
  if (ordinal) return BindGroupEntry(entries_[*ordinal]);
  // A bare name that no table has is the select item of that name, found again there by its text.
  const auto* column = expression.TryAs<syntax::ColumnExpression>();
  if (column != nullptr && column->names.size() == 1 &&
      from_.FindColumns(column->names[0].text).empty()) {
    for (const SelectEntry& entry : entries_) {
      if (entry.has_alias && syntax::EqualIgnoringCase(entry.name, column->names[0].text)) {
        return BindGroupEntry(entry);
      }
    }
  }
  const size_t joins = grouping_.joins.size();
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr bound, Expressions().Bind(expression));
  const bool match_text = grouping_.joins.size() > joins || bound->is_volatile();
  return AddGroup(&expression, std::move(bound), syntax::ColumnName(expression), match_text);
}

Status SelectBinder::BindGroupEntry(const SelectEntry& entry) {
  if (entry.expression == nullptr) return AddGroup(nullptr, entry.bound, entry.name, false);
  const size_t joins = grouping_.joins.size();
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr bound, Expressions().Bind(*entry.expression));
  const bool match_text = grouping_.joins.size() > joins || bound->is_volatile();
  return AddGroup(entry.expression, std::move(bound), entry.name, match_text);
}

Status SelectBinder::AddGroup(const syntax::Expression* written, ExpressionPtr bound,
                              std::string name, bool match_text) {
  for (const GroupKey& known : grouping_.keys) {
    if (ExpressionsEqual(known.expression, bound) && !bound->is_volatile()) return Status::OK();
  }
  const OutputColumn column = {state_.ids().Next(), std::move(name), bound->type()};
  grouping_.keys.push_back({written, std::move(bound), column, match_text});
  return Status::OK();
}

// GROUP BY ALL: every item without an aggregate is a group.
Status SelectBinder::BindGroupByAll() {
  ClauseGuard guard(level_, "GROUP BY clause", AliasRule::kRebind, &grouping_.joins, false);
  for (const SelectEntry& entry : entries_) {
    if (ContainsAggregate(entry)) continue;
    TRIVET_RETURN_IF_ERROR(BindGroupEntry(entry));
  }
  return Status::OK();
}

bool SelectBinder::ContainsAggregate(const SelectEntry& entry) const {
  if (entry.expression == nullptr) return false;
  const FunctionRegistry& functions = *state_.input().functions;
  return AnyExpression(*entry.expression, [&](const syntax::Expression& node) {
    if (const auto* function = node.TryAs<syntax::FunctionExpression>()) {
      return functions.HasAggregate(function->name) && !functions.HasScalar(function->name);
    }
    const auto* column = node.TryAs<syntax::ColumnExpression>();
    if (column == nullptr || column->names.size() != 1) return false;
    if (!from_.FindColumns(column->names[0].text).empty()) return false;
    // The alias of an item in front: it is an aggregate where that item is one.
    for (const SelectEntry& earlier : entries_) {
      if (&earlier == &entry) return false;
      if (earlier.has_alias && syntax::EqualIgnoringCase(earlier.name, column->names[0].text)) {
        return ContainsAggregate(earlier);
      }
    }
    return false;
  });
}

// Builds the aggregate and rewrites all that stands above it.
Status SelectBinder::ApplyGrouping() {
  plan_ = AttachJoins(std::move(plan_), std::move(grouping_.joins));
  const GroupRewriter rewriter(grouping_, OutputIds(*plan_));
  for (SelectEntry& entry : entries_) {
    TRIVET_ASSIGN_OR_RETURN(entry.bound, rewriter.Rewrite(entry.bound));
  }
  if (having_ != nullptr) {
    TRIVET_ASSIGN_OR_RETURN(having_, rewriter.Rewrite(having_));
  }
  for (std::vector<OutputSortKey>* keys : {&distinct_on_, &order_by_}) {
    for (OutputSortKey& key : *keys) {
      if (key.entry) continue;
      TRIVET_ASSIGN_OR_RETURN(key.expression, rewriter.Rewrite(key.expression));
    }
  }
  TRIVET_RETURN_IF_ERROR(rewriter.RewriteAll(select_joins_));
  TRIVET_RETURN_IF_ERROR(rewriter.RewriteAll(having_joins_));
  TRIVET_RETURN_IF_ERROR(RewriteWindows(rewriter));

  auto aggregate = std::make_unique<LogicalAggregate>(std::move(plan_));
  for (const GroupKey& key : grouping_.keys) {
    aggregate->groups.push_back({key.column, key.expression});
  }
  aggregate->aggregates = std::move(grouping_.aggregates);
  plan_ = std::move(aggregate);
  return Status::OK();
}

}  // namespace trivet::binder
