#include "expression/evaluator.h"

#include "base/assert.h"
#include "expression/evaluation_node.h"

namespace trivet {

namespace {

class ConstantNode : public EvaluationNode {
 public:
  explicit ConstantNode(const ExpressionPtr& expression)
      : EvaluationNode(expression), constant_(Vector::MakeConstant(expression->value())) {}
  Status Evaluate(const Batch&, LaneErrors&, Vector& result) override {
    result = constant_;
    return Status::OK();
  }

 private:
  Vector constant_;
};

class InputNode : public EvaluationNode {
 public:
  using EvaluationNode::EvaluationNode;
  Status Evaluate(const Batch& input, LaneErrors&, Vector& result) override {
    result = input.column(expression().input_index());
    TRIVET_ASSERT(result.type() == type());
    return Status::OK();
  }
};

EvaluationNodePtr CompileNode(const ExpressionPtr& expression, const EvaluationContext& context) {
  switch (expression->kind()) {
    case ExpressionKind::kConstant: return std::make_unique<ConstantNode>(expression);
    case ExpressionKind::kInput: return std::make_unique<InputNode>(expression);
    case ExpressionKind::kCall:
      return IsWorthRemembering(*expression) ? CompileMemo(expression, context)
                                             : CompileCall(expression, context);
    case ExpressionKind::kCast: return CompileCast(expression, context);
    case ExpressionKind::kComparison: return CompileComparison(expression, context);
    case ExpressionKind::kAnd:
    case ExpressionKind::kOr: return CompileJunction(expression, context);
    case ExpressionKind::kNot: return CompileNot(expression, context);
    case ExpressionKind::kIsNull:
    case ExpressionKind::kIsNotNull: return CompileNullTest(expression, context);
    case ExpressionKind::kCase: return CompileCase(expression, context);
    case ExpressionKind::kCoalesce: return CompileCoalesce(expression, context);
    case ExpressionKind::kIn: return CompileIn(expression, context);
    case ExpressionKind::kColumn: break;
  }
  // Plans reach execution with their columns resolved (ResolveInputs).
  TRIVET_ASSERT(false);
  return nullptr;
}

}  // namespace

EvaluationNodePtr CompileExpression(const ExpressionPtr& expression,
                                    const EvaluationContext& context) {
  EvaluationNodePtr node = CompileNode(expression, context);
  const bool is_leaf =
      expression->children().empty() && expression->kind() != ExpressionKind::kCall;
  if (is_leaf || expression->is_volatile()) return node;
  if (node->inputs().empty()) return CompileOnce(std::move(node));
  // A null test of a column is as cheap as the look-up in its dictionary's answers.
  const bool is_null_test = (expression->kind() == ExpressionKind::kIsNull ||
                             expression->kind() == ExpressionKind::kIsNotNull) &&
                            expression->child(0)->kind() == ExpressionKind::kInput;
  if (node->inputs().size() == 1 && !is_null_test) {
    return CompileDictionary(std::move(node), context);
  }
  return node;
}

class Evaluator::State {
 public:
  State(const std::vector<ExpressionPtr>& expressions, const EvaluationContext& context) {
    for (const ExpressionPtr& expression : expressions) {
      nodes_.push_back(CompileExpression(expression, context));
    }
  }

 private:
  friend class Evaluator;
  std::vector<EvaluationNodePtr> nodes_;
};

// Callers hand over what they have made for it.
// NOLINTNEXTLINE(performance-unnecessary-value-param)
Evaluator::Evaluator(std::vector<ExpressionPtr> expressions, const EvaluationContext& context)
    : state_(std::make_unique<State>(expressions, context)) {}
Evaluator::~Evaluator() = default;
Evaluator::Evaluator(Evaluator&&) noexcept = default;
Evaluator& Evaluator::operator=(Evaluator&&) noexcept = default;

size_t Evaluator::size() const { return state_->nodes_.size(); }

Status Evaluator::Evaluate(size_t i, const Batch& input, Vector& result) {
  LaneErrors errors;
  TRIVET_RETURN_IF_ERROR(state_->nodes_[i]->Evaluate(input, errors, result));
  TRIVET_ASSERT(result.type() == state_->nodes_[i]->type());
  return errors.First();
}

Status Evaluator::EvaluateAll(const Batch& input, Batch& output) {
  std::vector<Vector>& columns = output.mutable_columns();
  columns.resize(size());
  LaneErrors errors;
  for (size_t i = 0; i < size(); ++i) {
    TRIVET_RETURN_IF_ERROR(state_->nodes_[i]->Evaluate(input, errors, columns[i]));
    TRIVET_ASSERT(columns[i].type() == state_->nodes_[i]->type());
  }
  output.set_row_count(input.row_count());
  output.set_order(input.order());
  return errors.First();
}

Status Evaluator::Select(size_t i, const Batch& input, uint32_t* rows, size_t& count) {
  LaneErrors errors;
  TRIVET_RETURN_IF_ERROR(
      state_->nodes_[i]->Select(input, {nullptr, input.row_count()}, errors, rows, count));
  return errors.First();
}

Result<Value> EvaluateConstant(const ExpressionPtr& expression, const EvaluationContext& context) {
  TRIVET_ASSERT(!expression->has_columns());
  if (expression->IsConstant()) return expression->value();
  Evaluator evaluator({expression}, context);
  Vector result;
  TRIVET_RETURN_IF_ERROR(evaluator.Evaluate(0, Batch({}, 1), result));
  return result.GetValue(0);
}

}  // namespace trivet
