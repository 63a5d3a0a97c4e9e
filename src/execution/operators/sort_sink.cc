#include "execution/operators/sort_sink.h"

#include <algorithm>

#include "base/interruptible_sort.h"

namespace trivet {

namespace {

// Rows that a range is meant to have. Ranges differ, for their bounds come from a sample.
constexpr size_t kRowsPerRange = size_t{1} << 16;
constexpr size_t kSamplesPerPiece = 32;

class LocalSort final : public LocalSink {
 public:
  LocalSort(SortSink& sink, const ExecutionContext& context)
      : sink_(sink),
        evaluator_(sink.shape().keys, context),
        run_(std::make_unique<SortRun>(sink.shape(), context)) {}

  Result<Outcome> Consume(const Batch& batch, const CallContext&) override {
    std::vector<Vector> keys(evaluator_.size());
    for (size_t i = 0; i < keys.size(); ++i) {
      TRIVET_RETURN_IF_ERROR(evaluator_.Evaluate(i, batch, keys[i]));
    }
    TRIVET_RETURN_IF_ERROR(run_->Append(batch, keys));
    return Outcome::kNeedInput;
  }
  Status Combine(const CallContext&) override {
    TRIVET_RETURN_IF_ERROR(run_->EndInput());
    sink_.Add(std::move(run_));
    return Status::OK();
  }

 private:
  SortSink& sink_;
  Evaluator evaluator_;
  std::unique_ptr<SortRun> run_;
};

}  // namespace

Result<std::unique_ptr<LocalSink>> SortSink::MakeLocal(const ExecutionContext& context) {
  return std::unique_ptr<LocalSink>(std::make_unique<LocalSort>(*this, context));
}

void SortSink::Add(std::unique_ptr<SortRun> run) {
  std::lock_guard lock(mutex_);
  runs_.push_back(std::move(run));
}

void SortSink::OwnAll(Vector& vector) const {
  for (const auto& run : runs_) OwnRows(run->store(), vector);
}

Status SortSink::Prepare() {
  size_t total = 0;
  size_t memory = 0;
  for (const auto& run : runs_) {
    total += run->row_count();
    memory += run->memory_bytes();
    const auto pieces = run->pieces();
    pieces_.insert(pieces_.end(), pieces.begin(), pieces.end());
  }
  row_count_ = shape_.partition_keys > 0 ? total : std::min<uint64_t>(total, shape_.keep);
  TRIVET_ASSIGN_OR_RETURN(reservation_,
                          context_.memory().TryReserve(row_count_ * sizeof(uint8_t*), "ORDER_BY"));
  metrics_.NotePeakMemory(memory + reservation_.bytes());
  rows_ = std::make_unique_for_overwrite<uint8_t*[]>(row_count_);
  ChooseBounds(std::max<size_t>(1, total / kRowsPerRange));
  return Status::OK();
}

// Regular samples of all pieces, sorted: every so many of them is a bound.
void SortSink::ChooseBounds(size_t range_count) {
  std::vector<SortEntry> samples;
  for (const Piece& piece : pieces_) {
    const size_t count = std::min(kSamplesPerPiece, piece.size());
    for (size_t i = 0; i < count; ++i) samples.push_back(piece[i * piece.size() / count]);
  }
  std::sort(samples.begin(), samples.end(),
            [&](const SortEntry& a, const SortEntry& b) { return SortsBefore(shape_, a, b); });
  for (size_t i = 1; i < range_count; ++i) {
    bounds_.push_back(samples[i * samples.size() / range_count]);
  }
}

size_t SortSink::FinishTaskCount() {
  prepared_ = Prepare();
  return bounds_.size() + 1;
}

size_t SortSink::BeginOf(const Piece& piece, size_t range) const {
  if (range == 0) return 0;
  if (range > bounds_.size()) return piece.size();
  const auto found = std::lower_bound(
      piece.begin(), piece.end(), bounds_[range - 1],
      [&](const SortEntry& a, const SortEntry& b) { return SortsBefore(shape_, a, b); });
  return static_cast<size_t>(found - piece.begin());
}

Status SortSink::RunFinishTask(size_t range, const CallContext& call) {
  TRIVET_RETURN_IF_ERROR(prepared_);
  std::vector<Piece> parts;
  size_t position = 0;  // of the range's first row in the whole order
  size_t count = 0;
  for (const Piece& piece : pieces_) {
    const size_t begin = BeginOf(piece, range);
    const size_t end = BeginOf(piece, range + 1);
    position += begin;
    count += end - begin;
    if (begin != end) parts.push_back(piece.subspan(begin, end - begin));
  }
  if (position >= row_count_) return Status::OK();
  TRIVET_ASSIGN_OR_RETURN(
      const Reservation reservation,
      call.execution.memory().TryReserve(2 * count * sizeof(SortEntry), "ORDER_BY"));
  std::vector<SortEntry> entries;
  entries.reserve(count);
  std::vector<size_t> bounds = {0};
  for (const Piece& part : parts) {
    entries.insert(entries.end(), part.begin(), part.end());
    bounds.push_back(entries.size());
  }
  const auto scratch = std::make_unique_for_overwrite<SortEntry[]>(count);
  TRIVET_RETURN_IF_ERROR(MergeRuns<SortEntry>(
      entries, {scratch.get(), count}, std::move(bounds),
      [&](const SortEntry& a, const SortEntry& b) { return SortsBefore(shape_, a, b); },
      call.execution.cancellation()));
  const size_t wanted = std::min(count, row_count_ - position);
  for (size_t i = 0; i < wanted; ++i) rows_[position + i] = entries[i].row;
  return Status::OK();
}

// Keeps rows [offset, offset + limit) of every run of rows with equal partition keys.
Status SortSink::LimitGroups() {
  size_t kept = 0;
  uint64_t position = 0;
  const uint8_t* previous = nullptr;
  for (size_t i = 0; i < row_count_; ++i) {
    if (i % kSortPiece == 0) TRIVET_RETURN_IF_ERROR(context_.cancellation().Check());
    uint8_t* row = rows_[i];
    const bool same_group =
        previous && shape_.encoder->SameKeys(*shape_.layout, previous, row, shape_.partition_keys);
    position = same_group ? position + 1 : 0;
    previous = row;
    if (position >= offset_ && position - offset_ < limit_) rows_[kept++] = row;
  }
  row_count_ = kept;
  return Status::OK();
}

Status SortSink::Finish(const CallContext&) {
  pieces_.clear();
  bounds_.clear();
  if (shape_.partition_keys > 0) return LimitGroups();
  first_ = std::min<uint64_t>(offset_, row_count_);
  row_count_ -= first_;
  return Status::OK();
}

}  // namespace trivet
