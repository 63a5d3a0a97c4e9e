// The probe side of joins: one local transform for every kind, over JoinPairs.
#include "execution/operators/join_probe.h"

#include <algorithm>
#include <cstring>

#include "execution/operators/join_payload.h"
#include "execution/operators/join_swap.h"
#include "execution/spill/nested_texts.h"
#include "vector/hash_vector.h"

namespace trivet {

namespace {
// NULL-aware marks: what is known of a probe row's comparison so far.
enum Mark : uint8_t { kFalse = 0, kUnknown = 1, kTrue = 2 };

// A reducer looks at so many rows before it judges itself; then nine passing rows of ten are too
// many, as they are for filters of scans.
constexpr size_t kReducerTrialRows = 32'768;
}  // namespace

LocalJoinProbe::LocalJoinProbe(std::shared_ptr<JoinRuntime> runtime,
                               const ExecutionContext& context)
    : runtime_(std::move(runtime)),
      kind_(runtime_->fields->kind),
      table_(*runtime_->table),
      pairs_(*runtime_, context),
      context_(context),
      lets_all_pass_(runtime_->given_up) {
  if (runtime_->spill == nullptr) return;
  keys_ = std::make_unique<Evaluator>(runtime_->probe_keys, context);
  partitioner_ = std::make_unique<SpillPartitioner>(context, *runtime_->spill->probe(),
                                                    JoinSpill::kShift, "HASH_JOIN");
}

LocalJoinProbe::~LocalJoinProbe() = default;

Result<Outcome> LocalJoinProbe::Process(const Batch& input, Batch& out, const CallContext& call) {
  cancellation_ = call.execution.cancellation();
  if (partitioner_ == nullptr) return ProcessHere(input, out);
  if (!has_resident_) {
    TRIVET_RETURN_IF_ERROR(SpillRows(input));
    if (resident_.row_count() == 0) return Outcome::kNeedInput;
    has_resident_ = true;
  }
  TRIVET_ASSIGN_OR_RETURN(const Outcome outcome, ProcessHere(resident_, out));
  if (outcome == Outcome::kNeedInput) has_resident_ = false;
  return outcome;
}

Result<Outcome> LocalJoinProbe::Flush(Batch&, const CallContext&) {
  if (partitioner_ != nullptr) TRIVET_RETURN_IF_ERROR(partitioner_->Flush());
  return Outcome::kFinished;
}

Status LocalJoinProbe::SpillRows(const Batch& input) {
  const size_t count = input.row_count();
  std::vector<Vector> keys(keys_->size());
  for (size_t i = 0; i < keys.size(); ++i) {
    TRIVET_RETURN_IF_ERROR(keys_->Evaluate(i, input, keys[i]));
  }
  uint64_t hashes[kVectorSize];
  HashColumns(keys, count, hashes);
  const JoinSpill& spill = *runtime_->spill;
  uint32_t leaving[kVectorSize];
  size_t leaving_count = 0;
  auto staying = MakeIndices();
  size_t staying_count = 0;
  for (size_t row = 0; row < count; ++row) {
    const bool stays = spill.is_resident(spill.PartitionOf(hashes[row]));
    staying[staying_count] = static_cast<uint32_t>(row);
    staying_count += stays;
    leaving[leaving_count] = static_cast<uint32_t>(row);
    leaving_count += !stays;
  }
  if (leaving_count > 0) {
    std::vector<Vector> columns = input.columns();
    for (Vector& column : columns) {
      if (!column.type().IsNested()) continue;
      TRIVET_ASSIGN_OR_RETURN(column, WriteNested(column, leaving, leaving_count, context_));
    }
    TRIVET_RETURN_IF_ERROR(partitioner_->Append(columns, hashes, leaving, leaving_count));
  }
  resident_ = input;
  if (leaving_count > 0) resident_.Slice(staying, staying_count);
  resident_.set_row_count(staying_count);
  return Status::OK();
}

Result<Outcome> LocalJoinProbe::ProcessHere(const Batch& input, Batch& out) {
  if (runtime_->build_left()) return NoteMatches(input);
  if (GivesMarks()) return MarkRows(input, out);
  if (runtime_->fields->reducer) return Reduce(input, out);
  const bool is_semi = kind_ == JoinKind::kSemi || kind_ == JoinKind::kAnti;
  return is_semi ? SemiOrAnti(input, out) : Combine(input, out);
}

void LocalJoinProbe::EmitCarried(const Batch& input, const uint8_t* carried, Batch& out) {
  if (runtime_->build_left()) return;
  if (GivesMarks()) {
    EmitMarks(input, carried, out);
  } else if (kind_ == JoinKind::kSemi || kind_ == JoinKind::kAnti) {
    EmitRows(input, carried, kind_ == JoinKind::kSemi ? 1 : 0, out);
  } else if (KeepsProbeRows()) {
    EmitUnmatched(input, carried, out);
  }
}

void LocalJoinProbe::StartFlags(uint8_t* flags, size_t count) const {
  if (carried_ != nullptr) {
    std::memcpy(flags, carried_, count);
  } else {
    std::memset(flags, 0, count);
  }
}

void LocalJoinProbe::EmitPairs(const Batch& input, Batch& out) {
  const size_t count = pairs_.count();
  Indices selection = pairs_.probe_selection();
  std::vector<Vector> columns;
  columns.reserve(runtime_->probe_output().size() + runtime_->build_output().size());
  for (const uint64_t column : runtime_->probe_output()) columns.push_back(input.column(column));
  Batch probe(std::move(columns), input.row_count());
  // A run that is the whole batch in its order needs no selection.
  bool identity = count == input.row_count();
  for (size_t i = 0; identity && i < count; ++i) identity = selection[i] == i;
  if (!identity) probe.Slice(selection, count);
  AppendBuildColumns(*runtime_, runtime_->build_output(), pairs_.build_rows(), count,
                     probe.mutable_columns());
  probe.set_row_count(count);
  out = std::move(probe);
}

void LocalJoinProbe::EmitUnmatched(const Batch& input, const uint8_t* found, Batch& out) {
  EmitRows(input, found, 0, out);
  if (out.row_count() == 0) return;
  for (const uint64_t column : runtime_->build_output()) {
    out.mutable_columns().push_back(Vector::MakeNull(runtime_->right_types[column]));
  }
}

void LocalJoinProbe::EmitRows(const Batch& input, const uint8_t* flags, uint8_t wanted,
                              Batch& out) {
  auto rows = MakeIndices();
  size_t count = 0;
  for (size_t row = 0; row < input.row_count(); ++row) {
    rows[count] = static_cast<uint32_t>(row);
    count += flags[row] == wanted;
  }
  if (count == 0) return;
  std::vector<Vector> columns;
  for (const uint64_t column : runtime_->probe_output()) columns.push_back(input.column(column));
  out = Batch(std::move(columns), input.row_count());
  if (count < input.row_count()) out.Slice(rows, count);
  out.set_row_count(count);
}

Result<Outcome> LocalJoinProbe::Combine(const Batch& input, Batch& out) {
  if (!started_) {
    TRIVET_RETURN_IF_ERROR(pairs_.Start(input));
    StartFlags(found_, input.row_count());
    started_ = true;
  }
  const bool notes_matches = kind_ == JoinKind::kRight || kind_ == JoinKind::kFull;
  while (pairs_.Next()) {
    if (pairs_.has_residual()) TRIVET_RETURN_IF_ERROR(pairs_.FilterByResidual());
    for (size_t i = 0; i < pairs_.count(); ++i) {
      const uint32_t row = pairs_.probe_rows()[i];
      if (kind_ == JoinKind::kSingle && found_[row]) {
        return Status::InvalidInput("a scalar subquery returned more than one row")
            .WithHint("use LIMIT 1, or an aggregate such as first() or max()");
      }
      found_[row] = 1;
      if (notes_matches) table_.NoteMatch(pairs_.build_rows()[i]);
    }
    // Also without rows: a run of pairs that all fail must not keep the thread from looking up.
    if (pairs_.count() > 0) EmitPairs(input, out);
    return Outcome::kHaveOutput;
  }
  started_ = false;
  if (carried_ != nullptr) {
    std::memcpy(carried_, found_, input.row_count());
  } else if (KeepsProbeRows()) {
    EmitUnmatched(input, found_, out);
  }
  return Outcome::kNeedInput;
}

Status LocalJoinProbe::FindMatches(const Batch& input) {
  TRIVET_RETURN_IF_ERROR(pairs_.Start(input, JoinPairs::Runs::kOncePerRow));
  if (carried_ != nullptr) pairs_.Drop(found_);
  while (pairs_.Next()) {
    TRIVET_RETURN_IF_ERROR(cancellation_.Check());
    if (pairs_.has_residual()) TRIVET_RETURN_IF_ERROR(pairs_.FilterByResidual());
    for (size_t i = 0; i < pairs_.count(); ++i) found_[pairs_.probe_rows()[i]] = 1;
    pairs_.Drop(found_);
  }
  return Status::OK();
}

Result<Outcome> LocalJoinProbe::NoteMatches(const Batch& input) {
  TRIVET_RETURN_IF_ERROR(pairs_.Start(input));
  while (pairs_.Next()) {
    TRIVET_RETURN_IF_ERROR(cancellation_.Check());
    if (pairs_.has_residual()) TRIVET_RETURN_IF_ERROR(pairs_.FilterByResidual());
    for (size_t i = 0; i < pairs_.count(); ++i) table_.NoteMatch(pairs_.build_rows()[i]);
  }
  return Outcome::kNeedInput;
}

Result<Outcome> LocalJoinProbe::SemiOrAnti(const Batch& input, Batch& out) {
  StartFlags(found_, input.row_count());
  TRIVET_RETURN_IF_ERROR(FindMatches(input));
  if (carried_ != nullptr) {
    std::memcpy(carried_, found_, input.row_count());
  } else {
    EmitRows(input, found_, kind_ == JoinKind::kSemi ? 1 : 0, out);
  }
  return Outcome::kNeedInput;
}

Result<Outcome> LocalJoinProbe::Reduce(const Batch& input, Batch& out) {
  if (lets_all_pass_) {
    std::memset(found_, 1, input.row_count());
    EmitRows(input, found_, 1, out);
    return Outcome::kNeedInput;
  }
  TRIVET_ASSIGN_OR_RETURN(const Outcome outcome, SemiOrAnti(input, out));
  rows_seen_ += input.row_count();
  rows_passed_ += out.row_count();
  if (rows_seen_ >= kReducerTrialRows) {
    lets_all_pass_ = rows_passed_ >= rows_seen_ / 10 * 9;
    rows_seen_ = rows_passed_ = 0;
    if (lets_all_pass_) {
      runtime_->metrics->deviation.store("lets all pass", std::memory_order_relaxed);
    }
  }
  return outcome;
}

// Raises the marks of the run's probe rows by the comparison's value on each pair.
Status LocalJoinProbe::ApplyComparison() {
  if (pairs_.count() == 0) return Status::OK();
  Vector values;
  TRIVET_RETURN_IF_ERROR(pairs_.EvaluateOnPairs(pairs_.has_residual() ? 1 : 0, values));
  const VectorView view = values.View();
  for (size_t i = 0; i < pairs_.count(); ++i) {
    const Mark mark = !view.IsValid(i) ? kUnknown : (view.Get<uint8_t>(i) ? kTrue : kFalse);
    uint8_t& known = mark_[pairs_.probe_rows()[i]];
    known = std::max<uint8_t>(known, mark);
    found_[pairs_.probe_rows()[i]] = known == kTrue;
  }
  return Status::OK();
}

// The comparison is the equality of the keys, which only finds the TRUE pairs: a row without one is
// unknown where some pair compares to NULL, and only rows with a NULL on either side can.
Status LocalJoinProbe::CompareWithNulls(const Batch& input) {
  const bool single_key = runtime_->probe_keys.size() == 1;
  for (size_t row = 0; row < input.row_count(); ++row) {
    if (mark_[row] == kTrue || table_.row_count() == 0) continue;
    const bool probe_null = pairs_.KeyIsNull(row);
    if (single_key) {
      if (probe_null || table_.has_null_keys()) mark_[row] = kUnknown;
      continue;
    }
    if (!probe_null && !table_.has_null_keys()) continue;
    std::span<uint8_t* const> others = table_.null_rows();
    if (probe_null) {
      TRIVET_ASSIGN_OR_RETURN(others, pairs_.AllRows());
    }
    uint32_t same[kVectorSize];
    std::fill_n(same, kVectorSize, static_cast<uint32_t>(row));
    for (size_t begin = 0; begin < others.size() && mark_[row] != kUnknown; begin += kVectorSize) {
      TRIVET_RETURN_IF_ERROR(cancellation_.Check());
      const size_t count = std::min(kVectorSize, others.size() - begin);
      pairs_.SetRun(same, others.data() + begin, count);
      TRIVET_RETURN_IF_ERROR(ApplyComparison());
    }
  }
  return Status::OK();
}

Status LocalJoinProbe::FindMarks(const Batch& input) {
  const size_t count = input.row_count();
  StartFlags(mark_, count);
  for (size_t row = 0; row < count; ++row) found_[row] = mark_[row] == kTrue;
  const PhysicalJoin::Fields& fields = *runtime_->fields;
  if (!fields.comparison || fields.comparison_is_key) {
    TRIVET_RETURN_IF_ERROR(FindMatches(input));
    for (size_t row = 0; row < count; ++row) {
      if (found_[row]) mark_[row] = kTrue;
    }
    return fields.comparison ? CompareWithNulls(input) : Status::OK();
  }
  TRIVET_RETURN_IF_ERROR(pairs_.Start(input, JoinPairs::Runs::kOncePerRow));
  pairs_.Drop(found_);
  while (pairs_.Next()) {
    TRIVET_RETURN_IF_ERROR(cancellation_.Check());
    if (pairs_.has_residual()) TRIVET_RETURN_IF_ERROR(pairs_.FilterByResidual());
    TRIVET_RETURN_IF_ERROR(ApplyComparison());
    pairs_.Drop(found_);
  }
  return Status::OK();
}

Result<Outcome> LocalJoinProbe::MarkRows(const Batch& input, Batch& out) {
  TRIVET_RETURN_IF_ERROR(FindMarks(input));
  if (carried_ != nullptr) {
    std::memcpy(carried_, mark_, input.row_count());
  } else {
    EmitMarks(input, mark_, out);
  }
  return Outcome::kNeedInput;
}

void LocalJoinProbe::EmitMarks(const Batch& input, const uint8_t* known, Batch& out) {
  if (kind_ == JoinKind::kAnti) {
    EmitRows(input, known, kFalse, out);
    return;
  }
  std::vector<Vector> columns;
  for (const uint64_t column : runtime_->probe_output()) columns.push_back(input.column(column));
  Vector marks = Vector::MakeFlat(TypeId::kBoolean, input.row_count());
  for (size_t row = 0; row < input.row_count(); ++row) {
    marks.mutable_data<uint8_t>()[row] = known[row] == kTrue;
    if (known[row] == kUnknown) marks.SetNull(row);
  }
  columns.push_back(std::move(marks));
  out = Batch(std::move(columns), input.row_count());
}

namespace {
class JoinProbe final : public Transform {
 public:
  explicit JoinProbe(std::shared_ptr<JoinRuntime> runtime) : runtime_(std::move(runtime)) {}
  Result<std::unique_ptr<LocalTransform>> MakeLocal(const ExecutionContext& context) override {
    if (runtime_->swap != nullptr && runtime_->swap->is_on()) {
      return runtime_->swap->MakeLocalBuild(context);
    }
    return std::unique_ptr<LocalTransform>(std::make_unique<LocalJoinProbe>(runtime_, context));
  }

 private:
  std::shared_ptr<JoinRuntime> runtime_;
};

}  // namespace

std::shared_ptr<Transform> MakeJoinProbe(std::shared_ptr<JoinRuntime> runtime) {
  return std::make_shared<JoinProbe>(std::move(runtime));
}

}  // namespace trivet
