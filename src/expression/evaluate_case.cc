// CASE and COALESCE: a branch is evaluated on the rows that reach it and scattered back.
#include <algorithm>

#include "expression/evaluation_node.h"

namespace trivet {

namespace {

// Collects the parts of a result that is put together from branches.
class BranchingNode : public EvaluationNode {
 public:
  BranchingNode(const ExpressionPtr& expression, const EvaluationContext& context)
      : EvaluationNode(expression) {
    for (const ExpressionPtr& child : expression->children()) {
      children_.push_back(CompileExpression(child, context));
    }
  }

 protected:
  void Begin(size_t count) {
    rest_rows_.resize(std::max(count, kVectorSize));
    rest_ = {nullptr, count};
    has_result_ = false;
  }

  // Puts branch_, whose row i is row rows[i], into the result.
  void Scatter(RowSet rows, size_t count, Vector& result) {
    if (!has_result_) {
      result.Reset(type(), std::max(count, kVectorSize));
      has_result_ = true;
    }
    if (rows.rows == nullptr) {
      CopyRows(branch_, nullptr, rows.count, result, 0);
    } else {
      ScatterRows(branch_, rows.count, rows.rows, result);
    }
    branch_.Recycle();
  }

  std::vector<EvaluationNodePtr> children_;
  std::vector<uint32_t> rest_rows_;
  RowSet rest_;  // rows that no branch has taken yet
  Vector branch_;
  bool has_result_ = false;
};

class CaseNode : public BranchingNode {
 public:
  using BranchingNode::BranchingNode;

  Status Evaluate(const Batch& input, LaneErrors& errors, Vector& result) override {
    const size_t count = input.row_count();
    Begin(count);
    taken_.resize(std::max(count, kVectorSize));
    for (size_t i = 0; i + 1 < children_.size() && rest_.count > 0; i += 2) {
      size_t taken = 0;
      TRIVET_RETURN_IF_ERROR(children_[i]->Select(input, rest_, errors, taken_.data(), taken));
      if (taken == 0) continue;
      if (taken == count) return children_[i + 1]->Evaluate(input, errors, result);
      const RowSet rows{taken_.data(), taken};
      TRIVET_RETURN_IF_ERROR(children_[i + 1]->EvaluateRows(input, rows, errors, branch_));
      Scatter(rows, count, result);
      rest_ = {rest_rows_.data(), SubtractRows(rest_, rows, rest_rows_.data())};
    }
    if (rest_.count == count) return children_.back()->Evaluate(input, errors, result);
    if (rest_.count > 0) {
      TRIVET_RETURN_IF_ERROR(children_.back()->EvaluateRows(input, rest_, errors, branch_));
      Scatter(rest_, count, result);
    }
    return Status::OK();
  }

 private:
  std::vector<uint32_t> taken_;
};

class CoalesceNode : public BranchingNode {
 public:
  using BranchingNode::BranchingNode;

  Status Evaluate(const Batch& input, LaneErrors& errors, Vector& result) override {
    const size_t count = input.row_count();
    Begin(count);
    for (size_t i = 0; i < children_.size() && rest_.count > 0; ++i) {
      TRIVET_RETURN_IF_ERROR(children_[i]->EvaluateRows(input, rest_, errors, branch_));
      const bool is_last = i + 1 == children_.size();
      if (rest_.count == count && (is_last || branch_.View().validity == nullptr)) {
        result = std::move(branch_);
        branch_ = Vector();
        return Status::OK();
      }
      if (branch_.IsConstantNull() && !is_last) continue;
      // NULL rows are scattered as well and overwritten by the branch that has a value for them.
      const RowSet missing = NullRows();
      Scatter(rest_, count, result);
      if (is_last) break;
      std::copy_n(missing_.data(), missing.count, rest_rows_.data());
      rest_ = {rest_rows_.data(), missing.count};
      Revive(rest_, result);
    }
    return Status::OK();
  }

 private:
  RowSet NullRows() {
    missing_.resize(rest_rows_.size());
    const VectorView view = branch_.View();
    size_t count = 0;
    if (view.validity != nullptr) {
      for (size_t i = 0; i < rest_.count; ++i) {
        missing_[count] = rest_[i];
        count += !view.IsValid(i);
      }
    }
    return {missing_.data(), count};
  }

  // ScatterRows only ever clears validity bits, so rows still to be written start as valid again.
  static void Revive(RowSet rows, Vector& result) {
    if (rows.count == 0) return;
    uint64_t* bits = result.MutableValidity();
    for (size_t i = 0; i < rows.count; ++i) bits[rows[i] >> 6] |= uint64_t{1} << (rows[i] & 63);
  }

  std::vector<uint32_t> missing_;
};

}  // namespace

EvaluationNodePtr CompileCase(const ExpressionPtr& expression, const EvaluationContext& context) {
  return std::make_unique<CaseNode>(expression, context);
}

EvaluationNodePtr CompileCoalesce(const ExpressionPtr& expression,
                                  const EvaluationContext& context) {
  return std::make_unique<CoalesceNode>(expression, context);
}

}  // namespace trivet
