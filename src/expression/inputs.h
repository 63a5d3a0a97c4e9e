#pragma once

#include <set>

#include "expression/expression.h"

namespace trivet {

// Adds the positions of the columns that the expression reads; null reads none.
template <typename Position>
void CollectInputs(const ExpressionPtr& expression, std::set<Position>& inputs) {
  if (expression == nullptr || !expression->has_columns()) return;
  if (expression->kind() == ExpressionKind::kInput) inputs.insert(expression->input_index());
  for (const ExpressionPtr& child : expression->children()) CollectInputs(child, inputs);
}

}  // namespace trivet
