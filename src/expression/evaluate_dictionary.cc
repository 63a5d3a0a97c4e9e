// Caching nodes: once per dictionary entry, and once at all for what reads no column.
#include <algorithm>
#include <cstring>

#include "expression/evaluation_node.h"

namespace trivet {

namespace {

// Failing entries that are remembered; with more of them a dictionary is not worth evaluating.
constexpr size_t kMaxFailingEntries = 256;

// Evaluates a node over one column on the column's dictionary, in pieces of kVectorSize entries,
// once the rows seen with that dictionary outnumber its entries. Errors of entries stay with them
// and are raised for the rows that use them.
class DictionaryNode : public EvaluationNode {
 public:
  DictionaryNode(EvaluationNodePtr inner, const EvaluationContext& context)
      : EvaluationNode(inner->expression().shared_from_this()),
        inner_(std::move(inner)),
        column_(inputs().front()),
        reservation_(&context.memory(), "dictionary evaluation") {}

  Status Evaluate(const Batch& input, LaneErrors& errors, Vector& result) override {
    const Vector& column = input.column(column_);
    const size_t count = input.row_count();
    if (column.is_constant() && count > 0) return EvaluateConstantColumn(input, errors, result);
    TRIVET_RETURN_IF_ERROR(Prepare(column, count));
    if (!IsReady(column)) return inner_->Evaluate(input, errors, result);
    result =
        Vector::MakeDictionary(answers_, column.codes(), column.dictionary_size(), answers_id_);
    RaiseFor(column, {nullptr, count}, errors);
    return Status::OK();
  }

  Status Select(const Batch& input, RowSet live, LaneErrors& errors, uint32_t* out,
                size_t& out_count) override {
    const Vector& column = input.column(column_);
    out_count = 0;
    if (live.count == 0) return Status::OK();
    if (column.is_constant()) {
      TRIVET_RETURN_IF_ERROR(EvaluateConstantColumn(input, errors, scratch_));
      if (scratch_.IsConstantNull() || scratch_.data<uint8_t>()[0] == 0) return Status::OK();
      for (size_t i = 0; i < live.count; ++i) out[i] = live[i];
      out_count = live.count;
      return Status::OK();
    }
    TRIVET_RETURN_IF_ERROR(Prepare(column, live.count));
    if (!IsReady(column)) return inner_->Select(input, live, errors, out, out_count);
    RaiseFor(column, live, errors);
    const uint32_t* codes = column.codes().get();
    const uint8_t* passes = passes_.data();
    for (size_t i = 0; i < live.count; ++i) {
      const uint32_t row = live[i];
      out[out_count] = row;
      out_count += passes[codes[row]];
    }
    return Status::OK();
  }

 private:
  bool IsReady(const Vector& column) const {
    return column.is_dictionary() && column.dictionary_id() != 0 &&
           column.dictionary_id() == answered_id_;
  }

  // Decides whether this batch's dictionary is evaluated now.
  Status Prepare(const Vector& column, size_t count) {
    if (!column.is_dictionary() || column.dictionary_id() == 0) return Status::OK();
    if (column.dictionary_id() == answered_id_) return Status::OK();
    if (column.dictionary_id() != seen_id_) {
      seen_id_ = column.dictionary_id();
      seen_rows_ = 0;
      is_refused_ = false;
    }
    seen_rows_ += count;
    if (is_refused_ || seen_rows_ <= column.dictionary_size()) return Status::OK();
    return EvaluateEntries(column);
  }

  Status EvaluateEntries(const Vector& column) {
    const size_t size = column.dictionary_size();
    answered_id_ = 0;
    answers_.reset();
    // Without memory for the answers the rows are evaluated one by one, as before.
    if (!reservation_.Resize(size * (TypeSize(type()) + 2)).ok()) {
      is_refused_ = true;
      return Status::OK();
    }
    auto answers = std::make_shared<Vector>(Vector::MakeFlat(type(), std::max<size_t>(size, 1)));
    entry_errors_.Clear();
    for (size_t offset = 0; offset < size; offset += kVectorSize) {
      const size_t count = std::min(kVectorSize, size - offset);
      LaneErrors errors;
      Vector part;
      Status status = inner_->Evaluate(PieceOf(column, offset, count), errors, part);
      if (status.code() == StatusCode::kOutOfMemory) {
        is_refused_ = true;
        return Status::OK();
      }
      TRIVET_RETURN_IF_ERROR(std::move(status));
      CopyRows(part, nullptr, count, *answers, offset);
      for (const LaneErrors::Entry& entry : errors.entries()) {
        entry_errors_.Add(entry.row + offset, entry.status);
      }
      if (entry_errors_.entries().size() > kMaxFailingEntries) {
        is_refused_ = true;
        return Status::OK();
      }
    }
    answers_ = std::move(answers);
    answers_id_ = Vector::NextDictionaryId();
    answered_id_ = column.dictionary_id();
    RememberPassing(size);
    return Status::OK();
  }

  // Entries [offset, offset + count) as a batch with the column in its place.
  Batch PieceOf(const Vector& column, size_t offset, size_t count) const {
    const Vector& entries = *column.dictionary();
    Vector piece = entries;
    if (entries.type().IsNested()) {
      auto rows = MakeIndices(count);
      for (size_t i = 0; i < count; ++i) rows[i] = static_cast<uint32_t>(offset + i);
      piece.Slice(rows, count);
    } else if (offset > 0) {
      // Offsets are multiples of 64, so that validity starts at a word.
      const uint64_t* validity = entries.validity() ? entries.validity() + offset / 64 : nullptr;
      piece =
          Vector::Wrap(entries.type(), entries.data<uint8_t>() + offset * TypeSize(entries.type()),
                       validity, column.dictionary());
      piece.ShareOwners(entries);
    }
    std::vector<Vector> columns(column_ + 1);
    columns[column_] = std::move(piece);
    return Batch(std::move(columns), count);
  }

  void RememberPassing(size_t size) {
    passes_.clear();
    if (type() != TypeId::kBoolean) return;
    passes_.resize(size);
    const VectorView view = answers_->View();
    for (size_t i = 0; i < size; ++i) passes_[i] = view.IsValid(i) && view.Get<uint8_t>(i) != 0;
  }

  void RaiseFor(const Vector& column, RowSet live, LaneErrors& errors) const {
    if (entry_errors_.empty()) return;
    for (size_t i = 0; i < live.count; ++i) {
      const uint32_t code = column.codes()[live[i]];
      if (!entry_errors_.Has(code)) continue;
      for (const LaneErrors::Entry& entry : entry_errors_.entries()) {
        if (entry.row == code) errors.Add(live[i], entry.status);
      }
    }
  }

  // All rows alike: one is enough, and its error stands for all of them.
  Status EvaluateConstantColumn(const Batch& input, LaneErrors& errors, Vector& result) {
    std::vector<Vector> columns(column_ + 1);
    columns[column_] = input.column(column_);
    TRIVET_RETURN_IF_ERROR(inner_->Evaluate(Batch(std::move(columns), 1), errors, result));
    if (result.is_constant()) return Status::OK();
    result.Flatten(1);
    result.SetConstant();
    return Status::OK();
  }

  EvaluationNodePtr inner_;
  const uint32_t column_;
  uint64_t seen_id_ = 0;      // of the dictionary met last
  size_t seen_rows_ = 0;      // rows met with it
  bool is_refused_ = false;   // it is not to be evaluated
  uint64_t answered_id_ = 0;  // of the dictionary that the answers belong to
  std::shared_ptr<const Vector> answers_;
  uint64_t answers_id_ = 0;
  std::vector<uint8_t> passes_;  // boolean answers that are TRUE
  LaneErrors entry_errors_;      // by entry
  Reservation reservation_;
  Vector scratch_;
};

class OnceNode : public EvaluationNode {
 public:
  explicit OnceNode(EvaluationNodePtr inner)
      : EvaluationNode(inner->expression().shared_from_this()), inner_(std::move(inner)) {}

  Status Evaluate(const Batch& input, LaneErrors& errors, Vector& result) override {
    if (input.row_count() == 0) {
      result = Vector::MakeNull(type());
      return Status::OK();
    }
    if (inner_ != nullptr) {
      LaneErrors own;
      TRIVET_RETURN_IF_ERROR(inner_->Evaluate(Batch({}, 1), own, value_));
      if (!value_.is_constant()) {
        value_.Flatten(1);
        value_.SetConstant();
      }
      error_ = own.First();
      inner_.reset();
    }
    if (!error_.ok()) errors.Add(0, error_);
    result = value_;
    return Status::OK();
  }

 private:
  EvaluationNodePtr inner_;  // null once evaluated
  Vector value_;
  Status error_;
};

}  // namespace

EvaluationNodePtr CompileDictionary(EvaluationNodePtr inner, const EvaluationContext& context) {
  return std::make_unique<DictionaryNode>(std::move(inner), context);
}

EvaluationNodePtr CompileOnce(EvaluationNodePtr inner) {
  return std::make_unique<OnceNode>(std::move(inner));
}

}  // namespace trivet
