#include "expression/rewrite.h"

#include <algorithm>

#include "base/string_concat.h"

namespace trivet {

ExpressionPtr RewriteExpression(const ExpressionPtr& root,
                                const std::function<ExpressionPtr(const ExpressionPtr&)>& rule) {
  std::vector<ExpressionPtr> children;
  for (size_t i = 0; i < root->children().size(); ++i) {
    ExpressionPtr child = RewriteExpression(root->child(i), rule);
    if (children.empty() && child != root->child(i)) children = root->children();
    if (!children.empty()) children[i] = std::move(child);
  }
  return children.empty() ? rule(root) : rule(root->WithChildren(std::move(children)));
}

ExpressionPtr ReplaceColumns(const ExpressionPtr& root, const ColumnMap& map) {
  return RewriteExpression(root, [&](const ExpressionPtr& node) {
    if (!node->IsColumn()) return node;
    const auto found = map.find(node->column());
    return found == map.end() ? node : found->second;
  });
}

void CollectColumns(const ExpressionPtr& root, std::set<ColumnId>& columns) {
  if (!root->has_columns()) return;
  if (root->IsColumn()) columns.insert(root->column());
  for (const ExpressionPtr& child : root->children()) CollectColumns(child, columns);
}

std::set<ColumnId> ColumnsOf(const ExpressionPtr& root) {
  std::set<ColumnId> columns;
  CollectColumns(root, columns);
  return columns;
}

std::vector<ExpressionPtr> SplitConjuncts(const ExpressionPtr& predicate) {
  if (predicate->kind() == ExpressionKind::kAnd) return predicate->children();
  return {predicate};
}

Result<ExpressionPtr> ResolveInputs(const ExpressionPtr& root,
                                    const std::vector<ColumnId>& layout) {
  Status status;
  ExpressionPtr resolved = RewriteExpression(root, [&](const ExpressionPtr& node) {
    if (!node->IsColumn()) return node;
    const auto place = std::ranges::find(layout, node->column());
    if (place == layout.end()) {
      if (status.ok()) {
        status = Status::Internal(StrCat("column ", node->ToString(), " (", node->column(),
                                         ") is not among the operator's inputs"));
      }
      return node;
    }
    return Expression::Input(static_cast<uint32_t>(place - layout.begin()), node->type(),
                             node->name());
  });
  TRIVET_RETURN_IF_ERROR(status);
  return resolved;
}

}  // namespace trivet
