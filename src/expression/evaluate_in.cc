// IN over a list: a prepared set where the list is constant, comparisons one by one elsewhere.
#include <algorithm>
#include <cstring>

#include "expression/compare.h"
#include "expression/evaluation_node.h"
#include "expression/in_set.h"

namespace trivet {

namespace {

class InNode : public EvaluationNode {
 public:
  InNode(const ExpressionPtr& expression, const EvaluationContext& context)
      : EvaluationNode(expression), needle_(CompileExpression(expression->child(0), context)) {
    std::vector<Value> members;
    for (size_t i = 1; i < expression->children().size(); ++i) {
      const ExpressionPtr& child = expression->child(i);
      if (!child->IsConstant()) {
        others_.push_back(CompileExpression(child, context));
      } else if (child->value().is_null()) {
        has_null_ = true;
      } else {
        members.push_back(child->value());
      }
    }
    if (!members.empty()) set_ = InSet::Make(expression->child(0)->type(), members);
  }

  Status Evaluate(const Batch& input, LaneErrors& errors, Vector& result) override {
    const size_t count = input.row_count();
    TRIVET_RETURN_IF_ERROR(needle_->Evaluate(input, errors, value_));
    if (value_.IsConstantNull()) {
      result = Vector::MakeNull(TypeId::kBoolean);
      return Status::OK();
    }
    result.Reset(TypeId::kBoolean, std::max(count, kVectorSize));
    auto* found = result.mutable_data<uint8_t>();
    unknown_.assign(count, has_null_);
    std::memset(found, 0, count);
    if (set_ != nullptr) set_->Test(value_, count, found);
    for (const EvaluationNodePtr& other : others_) {
      TRIVET_RETURN_IF_ERROR(other->Evaluate(input, errors, member_));
      CompareVectors(Comparison::kEqual, value_, member_, count, equal_);
      const VectorView view = equal_.View();
      for (size_t row = 0; row < count; ++row) {
        const bool valid = view.IsValid(row);
        found[row] |= valid && view.Get<uint8_t>(row) != 0;
        unknown_[row] |= !valid;
      }
      member_.Recycle();
      equal_.Recycle();
    }
    MarkNulls(count, found, result);
    value_.Recycle();
    return Status::OK();
  }

 private:
  // NULL where the needle is, or where nothing was found and a member is NULL.
  void MarkNulls(size_t count, const uint8_t* found, Vector& result) {
    const VectorView view = value_.View();
    if (view.validity == nullptr && !has_null_ && others_.empty()) return;
    const bool list_is_empty = set_ == nullptr && others_.empty() && !has_null_;
    if (list_is_empty) return;
    for (size_t row = 0; row < count; ++row) {
      if (!view.IsValid(row) || (unknown_[row] && !found[row])) result.SetNull(row);
    }
  }

  EvaluationNodePtr needle_;
  std::unique_ptr<InSet> set_;
  std::vector<EvaluationNodePtr> others_;
  bool has_null_ = false;
  Vector value_;
  Vector member_;
  Vector equal_;
  std::vector<uint8_t> unknown_;
};

}  // namespace

EvaluationNodePtr CompileIn(const ExpressionPtr& expression, const EvaluationContext& context) {
  return std::make_unique<InNode>(expression, context);
}

}  // namespace trivet
