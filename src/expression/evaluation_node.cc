#include "expression/evaluation_node.h"

#include <algorithm>
#include <set>

#include "base/assert.h"
#include "expression/inputs.h"

namespace trivet {

EvaluationNode::EvaluationNode(ExpressionPtr expression) : expression_(std::move(expression)) {
  std::set<uint32_t> inputs;
  CollectInputs(expression_, inputs);
  inputs_.assign(inputs.begin(), inputs.end());
}

void EvaluationNode::SliceInputs(const Batch& input, RowSet rows, Batch& sliced) const {
  auto indices = MakeIndices(std::max<size_t>(rows.count, 1));
  std::copy_n(rows.rows, rows.count, indices.get());
  std::vector<Vector> columns(inputs_.size());
  for (size_t i = 0; i < inputs_.size(); ++i) columns[i] = input.column(inputs_[i]);
  Batch read(std::move(columns), input.row_count());
  read.Slice(std::move(indices), rows.count);
  std::vector<Vector> placed(inputs_.empty() ? 0 : inputs_.back() + 1);
  for (size_t i = 0; i < inputs_.size(); ++i) {
    placed[inputs_[i]] = std::move(read.mutable_column(i));
  }
  sliced = Batch(std::move(placed), rows.count);
}

Status EvaluationNode::EvaluateRows(const Batch& input, RowSet rows, LaneErrors& errors,
                                    Vector& result) {
  if (rows.count == input.row_count()) return Evaluate(input, errors, result);
  TRIVET_ASSERT(rows.rows != nullptr);
  Batch sliced;
  SliceInputs(input, rows, sliced);
  LaneErrors slice_errors;
  TRIVET_RETURN_IF_ERROR(Evaluate(sliced, slice_errors, result));
  MapErrors(slice_errors, rows, errors);
  return Status::OK();
}

Status EvaluationNode::Select(const Batch& input, RowSet live, LaneErrors& errors, uint32_t* out,
                              size_t& out_count) {
  out_count = 0;
  if (live.count == 0) return Status::OK();
  TRIVET_RETURN_IF_ERROR(EvaluateRows(input, live, errors, select_scratch_));
  out_count = SelectTrue(select_scratch_, live, out);
  select_scratch_.Recycle();
  return Status::OK();
}

size_t SelectTrue(const Vector& values, RowSet live, uint32_t* out) {
  const VectorView view = values.View();
  const auto* bytes = reinterpret_cast<const uint8_t*>(view.data);
  size_t count = 0;
  if (values.is_constant()) {
    if (!view.IsValid(0) || bytes[0] == 0) return 0;
    for (size_t i = 0; i < live.count; ++i) out[i] = live[i];
    return live.count;
  }
  if (view.validity == nullptr) {
    if (view.selection == nullptr && live.rows == nullptr) {
      for (size_t i = 0; i < live.count; ++i) {
        out[count] = static_cast<uint32_t>(i);
        count += bytes[i];
      }
      return count;
    }
    for (size_t i = 0; i < live.count; ++i) {
      out[count] = live[i];
      count += bytes[view.Index(i)];
    }
    return count;
  }
  for (size_t i = 0; i < live.count; ++i) {
    const size_t index = view.Index(i);
    out[count] = live[i];
    count += bytes[index] & static_cast<uint8_t>(BitIsSet(view.validity, index));
  }
  return count;
}

size_t SubtractRows(RowSet all, RowSet some, uint32_t* out) {
  size_t count = 0;
  size_t next = 0;
  for (size_t i = 0; i < all.count; ++i) {
    const uint32_t row = all[i];
    const bool taken = next < some.count && some[next] == row;
    out[count] = row;
    count += !taken;
    next += taken;
  }
  return count;
}

void MapErrors(const LaneErrors& slice_errors, RowSet rows, LaneErrors& errors) {
  for (const LaneErrors::Entry& entry : slice_errors.entries()) {
    errors.Add(rows[entry.row], entry.status);
  }
}

}  // namespace trivet
