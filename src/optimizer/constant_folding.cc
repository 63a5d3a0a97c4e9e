#include <algorithm>

#include "expression/custom_function.h"
#include "expression/evaluator.h"
#include "expression/parameter.h"
#include "expression/rewrite.h"
#include "optimizer/expression_rules.h"
#include "optimizer/rules.h"

namespace trivet {

namespace {

// A longer string is computed when it is needed: a plan's constants are not reserved memory.
constexpr size_t kMaxFoldedStringBytes = size_t{1} << 20;

bool IsTooLong(const Value& value) {
  return !value.is_null() && value.type().physical() == PhysicalType::kString &&
         value.string().size() > kMaxFoldedStringBytes;
}

// Code of users never runs while a statement is planned: it may not even be in this process.
bool CallsCustom(const ExpressionPtr& node) {
  return node->kind() == ExpressionKind::kCall && CustomFunctionOf(node->function()) != nullptr;
}

}  // namespace

ExpressionPtr FoldConstants(const ExpressionPtr& root, const EvaluationContext& evaluation) {
  return RewriteExpression(root, [&](const ExpressionPtr& node) -> ExpressionPtr {
    if (node->IsConstant() || node->has_columns() || node->is_volatile()) return node;
    if (CallsCustom(node) || PlanParameter::Of(*node) != nullptr) return node;
    if (!std::ranges::all_of(node->children(),
                             [](const ExpressionPtr& child) { return child->IsConstant(); })) {
      return node;
    }
    Result<Value> value = EvaluateConstant(node, evaluation);
    if (!value.ok() || !(value->type() == node->type()) || IsTooLong(*value)) return node;
    ExpressionPtr constant = Expression::Constant(std::move(value).value());
    return node->position() ? constant->WithPosition(*node->position()) : constant;
  });
}

Result<size_t> FoldConstants(PlanPtr& plan, OptimizerContext& context) {
  size_t folded = 0;
  const std::function<void(LogicalOperator&)> fold = [&](LogicalOperator& node) {
    node.ForEachExpression([&](ExpressionPtr& expression) {
      ExpressionPtr result = FoldConstants(expression, context.evaluation);
      folded += !ExpressionsEqual(result, expression);
      expression = std::move(result);
    });
    for (PlanPtr& child : node.children()) fold(*child);
  };
  fold(*plan);
  return folded;
}

}  // namespace trivet
