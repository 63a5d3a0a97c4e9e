// Comparisons, NOT and null tests.
#include <algorithm>

#include "expression/compare.h"
#include "expression/evaluation_node.h"

namespace trivet {

namespace {

bool IsLeaf(const Expression& expression) {
  return expression.kind() == ExpressionKind::kInput || expression.IsConstant();
}

class ComparisonNode : public EvaluationNode {
 public:
  ComparisonNode(const ExpressionPtr& expression, const EvaluationContext& context)
      : EvaluationNode(expression),
        left_(CompileExpression(expression->child(0), context)),
        right_(CompileExpression(expression->child(1), context)),
        is_direct_(IsLeaf(*expression->child(0)) && IsLeaf(*expression->child(1))) {}

  Status Evaluate(const Batch& input, LaneErrors& errors, Vector& result) override {
    TRIVET_RETURN_IF_ERROR(EvaluateOperands(input, errors));
    CompareVectors(expression().comparison(), left_value_, right_value_, input.row_count(), result);
    Recycle();
    return Status::OK();
  }

  Status Select(const Batch& input, RowSet live, LaneErrors& errors, uint32_t* out,
                size_t& out_count) override {
    const bool is_partial = live.count != input.row_count();
    if (is_partial && !is_direct_) return SelectFromRows(input, live, errors, out, out_count);
    TRIVET_RETURN_IF_ERROR(EvaluateOperands(input, errors));
    out_count = SelectComparison(expression().comparison(), left_value_, right_value_,
                                 is_partial ? live.rows : nullptr, live.count, out);
    Recycle();
    return Status::OK();
  }

 private:
  Status EvaluateOperands(const Batch& input, LaneErrors& errors) {
    TRIVET_RETURN_IF_ERROR(left_->Evaluate(input, errors, left_value_));
    return right_->Evaluate(input, errors, right_value_);
  }

  Status SelectFromRows(const Batch& input, RowSet live, LaneErrors& errors, uint32_t* out,
                        size_t& out_count) {
    TRIVET_RETURN_IF_ERROR(left_->EvaluateRows(input, live, errors, left_value_));
    TRIVET_RETURN_IF_ERROR(right_->EvaluateRows(input, live, errors, right_value_));
    positions_.resize(std::max(live.count, kVectorSize));
    out_count = SelectComparison(expression().comparison(), left_value_, right_value_, nullptr,
                                 live.count, positions_.data());
    // positions_ ascend, so that `out` may overwrite what `live` has been read from.
    for (size_t i = 0; i < out_count; ++i) out[i] = live[positions_[i]];
    Recycle();
    return Status::OK();
  }

  void Recycle() {
    left_value_.Recycle();
    right_value_.Recycle();
  }

  EvaluationNodePtr left_;
  EvaluationNodePtr right_;
  const bool is_direct_;
  Vector left_value_;
  Vector right_value_;
  std::vector<uint32_t> positions_;
};

class NotNode : public EvaluationNode {
 public:
  NotNode(const ExpressionPtr& expression, const EvaluationContext& context)
      : EvaluationNode(expression), child_(CompileExpression(expression->child(0), context)) {}

  Status Evaluate(const Batch& input, LaneErrors& errors, Vector& result) override {
    TRIVET_RETURN_IF_ERROR(child_->Evaluate(input, errors, operand_));
    const VectorView view = operand_.View();
    const bool once = operand_.is_constant();
    const size_t count = once ? 1 : input.row_count();
    result.Reset(TypeId::kBoolean, std::max(count, kVectorSize));
    auto* out = result.mutable_data<uint8_t>();
    for (size_t row = 0; row < count; ++row) out[row] = view.Get<uint8_t>(row) ^ 1;
    if (view.validity != nullptr) {
      for (size_t row = 0; row < count; ++row) {
        if (!view.IsValid(row)) result.SetNull(row);
      }
    }
    if (once) result.SetConstant();
    operand_.Recycle();
    return Status::OK();
  }

 private:
  EvaluationNodePtr child_;
  Vector operand_;
};

class NullTestNode : public EvaluationNode {
 public:
  NullTestNode(const ExpressionPtr& expression, const EvaluationContext& context)
      : EvaluationNode(expression),
        child_(CompileExpression(expression->child(0), context)),
        null_answer_(expression->kind() == ExpressionKind::kIsNull) {}

  Status Evaluate(const Batch& input, LaneErrors& errors, Vector& result) override {
    TRIVET_RETURN_IF_ERROR(child_->Evaluate(input, errors, operand_));
    const VectorView view = operand_.View();
    const bool once = operand_.is_constant() || view.validity == nullptr;
    const size_t count = once ? std::min<size_t>(input.row_count(), 1) : input.row_count();
    result.Reset(TypeId::kBoolean, std::max(count, kVectorSize));
    auto* out = result.mutable_data<uint8_t>();
    for (size_t row = 0; row < count; ++row) out[row] = view.IsValid(row) != null_answer_;
    if (once) result.SetConstant();
    operand_.Recycle();
    return Status::OK();
  }

 private:
  EvaluationNodePtr child_;
  const bool null_answer_;
  Vector operand_;
};

}  // namespace

EvaluationNodePtr CompileComparison(const ExpressionPtr& expression,
                                    const EvaluationContext& context) {
  return std::make_unique<ComparisonNode>(expression, context);
}

EvaluationNodePtr CompileNot(const ExpressionPtr& expression, const EvaluationContext& context) {
  return std::make_unique<NotNode>(expression, context);
}

EvaluationNodePtr CompileNullTest(const ExpressionPtr& expression,
                                  const EvaluationContext& context) {
  return std::make_unique<NullTestNode>(expression, context);
}

}  // namespace trivet
