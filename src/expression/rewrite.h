#pragma once

#include <functional>
#include <set>
#include <unordered_map>
#include <vector>

#include "expression/expression.h"

namespace trivet {

// Bottom-up rewriting: `rule` sees every node after its children were rewritten and returns its
// replacement (or the node itself). Untouched subtrees are shared with the input.
ExpressionPtr RewriteExpression(const ExpressionPtr& root,
                                const std::function<ExpressionPtr(const ExpressionPtr&)>& rule);

// Replaces columns by expressions; columns that the map does not name stay.
using ColumnMap = std::unordered_map<ColumnId, ExpressionPtr>;
ExpressionPtr ReplaceColumns(const ExpressionPtr& root, const ColumnMap& map);

// The columns that the tree refers to, added to `columns`.
void CollectColumns(const ExpressionPtr& root, std::set<ColumnId>& columns);
std::set<ColumnId> ColumnsOf(const ExpressionPtr& root);

// The conjuncts of a predicate, in written order; a predicate that is no AND is its own conjunct.
std::vector<ExpressionPtr> SplitConjuncts(const ExpressionPtr& predicate);

// Columns to positions in the input batch: the last step before execution. Internal error when a
// column is not among `layout`.
Result<ExpressionPtr> ResolveInputs(const ExpressionPtr& root, const std::vector<ColumnId>& layout);

}  // namespace trivet
