#include "execution/required_columns.h"

#include "expression/rewrite.h"

namespace trivet {

RequiredColumns::RequiredColumns(const LogicalOperator& root,
                                 const std::vector<OutputColumn>& result) {
  std::set<ColumnId> required;
  for (const OutputColumn& column : result) required.insert(column.id);
  Visit(root, std::move(required));
}

bool RequiredColumns::Contains(const LogicalOperator& node, ColumnId column) const {
  const auto found = required_.find(&node);
  return found == required_.end() || found->second.contains(column);
}

void RequiredColumns::Visit(const LogicalOperator& node, std::set<ColumnId> required) {
  required_[&node] = required;
  // Expressions are only read; the visitor takes them by reference for rules that replace them.
  const_cast<LogicalOperator&>(node).ForEachExpression(
      [&](ExpressionPtr& expression) { CollectColumns(expression, required); });
  switch (node.kind()) {
    case LogicalKind::kCte:
      // Whoever scans the definition names its columns: all of them are kept.
      Visit(node.child(0), OutputIds(node.child(0)));
      Visit(node.child(1), required_[&node]);
      return;
    case LogicalKind::kSetOperation: {
      const auto& set = static_cast<const LogicalSetOperation&>(node);
      for (size_t i = 0; i < node.children().size(); ++i) {
        Visit(node.child(i), {set.input_columns[i].begin(), set.input_columns[i].end()});
      }
      return;
    }
    default:
      for (const PlanPtr& child : node.children()) Visit(*child, required);
  }
}

}  // namespace trivet
