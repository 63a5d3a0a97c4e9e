// AND and OR: every operand sees only the rows that those written before it left undecided.
#include <algorithm>
#include <cstring>

#include "expression/evaluation_node.h"

namespace trivet {

namespace {

class JunctionNode : public EvaluationNode {
 public:
  JunctionNode(const ExpressionPtr& expression, const EvaluationContext& context)
      : EvaluationNode(expression), is_and_(expression->kind() == ExpressionKind::kAnd) {
    for (const ExpressionPtr& child : expression->children()) {
      children_.push_back(CompileExpression(child, context));
    }
  }

  Status Evaluate(const Batch& input, LaneErrors& errors, Vector& result) override {
    const size_t count = input.row_count();
    result.Reset(TypeId::kBoolean, std::max(count, kVectorSize));
    auto* values = result.mutable_data<uint8_t>();
    std::memset(values, is_and_, count);
    live_.resize(std::max(count, kVectorSize));
    RowSet live{nullptr, count};
    for (const EvaluationNodePtr& child : children_) {
      if (live.count == 0) break;
      TRIVET_RETURN_IF_ERROR(child->EvaluateRows(input, live, errors, operand_));
      live = Merge(live, result, values);
      operand_.Recycle();
    }
    return Status::OK();
  }

  Status Select(const Batch& input, RowSet live, LaneErrors& errors, uint32_t* out,
                size_t& out_count) override {
    return is_and_ ? SelectAnd(input, live, errors, out, out_count)
                   : SelectOr(input, live, errors, out, out_count);
  }

 private:
  // Puts operand_, whose row i is row live[i], into the result; returns the rows still undecided.
  RowSet Merge(RowSet live, Vector& result, uint8_t* values) {
    const VectorView view = operand_.View();
    size_t undecided = 0;
    for (size_t i = 0; i < live.count; ++i) {
      const uint32_t row = live[i];
      const bool valid = view.IsValid(i);
      const bool decides = valid && (view.Get<uint8_t>(i) != 0) != is_and_;
      live_[undecided] = row;
      undecided += !decides;
      if (decides) {
        values[row] = !is_and_;
        if (result.validity()) result.MutableValidity()[row >> 6] |= uint64_t{1} << (row & 63);
      } else if (!valid) {
        result.SetNull(row);
      }
    }
    return {live_.data(), undecided};
  }

  Status SelectAnd(const Batch& input, RowSet live, LaneErrors& errors, uint32_t* out,
                   size_t& out_count) {
    // A row for which one conjunct is NULL can no longer be TRUE, so it is dropped like a FALSE
    // one.
    out_count = 0;
    for (const EvaluationNodePtr& child : children_) {
      if (live.count == 0) break;
      TRIVET_RETURN_IF_ERROR(child->Select(input, live, errors, out, out_count));
      live = {out, out_count};
    }
    return Status::OK();
  }

  Status SelectOr(const Batch& input, RowSet live, LaneErrors& errors, uint32_t* out,
                  size_t& out_count) {
    live_.resize(std::max(input.row_count(), kVectorSize));
    found_.resize(live_.size());
    taken_.assign(live_.size(), 0);
    RowSet rest = live;
    for (const EvaluationNodePtr& child : children_) {
      if (rest.count == 0) break;
      size_t found = 0;
      TRIVET_RETURN_IF_ERROR(child->Select(input, rest, errors, found_.data(), found));
      for (size_t i = 0; i < found; ++i) taken_[found_[i]] = 1;
      rest = {live_.data(), SubtractRows(rest, {found_.data(), found}, live_.data())};
    }
    out_count = 0;
    for (size_t i = 0; i < live.count; ++i) {
      const uint32_t row = live[i];
      out[out_count] = row;
      out_count += taken_[row];
    }
    return Status::OK();
  }

  const bool is_and_;
  std::vector<EvaluationNodePtr> children_;
  Vector operand_;
  std::vector<uint32_t> live_;
  std::vector<uint32_t> found_;
  std::vector<uint8_t> taken_;
};

}  // namespace

EvaluationNodePtr CompileJunction(const ExpressionPtr& expression,
                                  const EvaluationContext& context) {
  return std::make_unique<JunctionNode>(expression, context);
}

}  // namespace trivet
