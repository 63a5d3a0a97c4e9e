#include "execution/operators/sort_sink.h"

#include <algorithm>

#include "base/interruptible_sort.h"
#include "execution/operators/row_sorter.h"
#include "execution/operators/sort_merge.h"

namespace trivet {

namespace {

// Rows that a range is meant to have. Ranges differ, for their bounds come from a sample.
constexpr size_t kRowsPerRange = size_t{1} << 16;
constexpr size_t kRowsPerSample = 1024;

class LocalSort final : public LocalSink {
 public:
  LocalSort(SortSink& sink, SortRun& run, const ExecutionContext& context)
      : sink_(sink), evaluator_(sink.shape().keys, context), run_(run) {}

  Result<Outcome> Consume(const Batch& batch, const CallContext& call) override {
    Status status = Append(batch);
    while (status.code() == StatusCode::kOutOfMemory) {
      TRIVET_ASSIGN_OR_RETURN(const bool spilled, sink_.SpillLargest());
      if (!spilled) break;
      status = Append(batch);
    }
    TRIVET_RETURN_IF_ERROR(status);
    if (sink_.share().MustSpill(run_.told_bytes(), call.execution.thread_count())) {
      TRIVET_RETURN_IF_ERROR(sink_.Spill(run_));
    }
    return Outcome::kNeedInput;
  }

  Status Combine(const CallContext&) override {
    // Once one thread has spilled, all rows will be merged on disk.
    if (!sink_.spilled().empty()) return sink_.Spill(run_);
    Status status;
    {
      std::lock_guard lock(run_.mutex());
      status = run_.EndInput();
    }
    const bool refused = status.code() == StatusCode::kOutOfMemory;
    return refused && sink_.spilled().is_possible() ? sink_.Spill(run_) : status;
  }

 private:
  Status Append(const Batch& batch) {
    std::vector<Vector> keys(evaluator_.size());
    for (size_t i = 0; i < keys.size(); ++i) {
      TRIVET_RETURN_IF_ERROR(evaluator_.Evaluate(i, batch, keys[i]));
    }
    std::lock_guard lock(run_.mutex());
    return run_.Append(batch, keys);
  }

  SortSink& sink_;
  Evaluator evaluator_;
  SortRun& run_;
};

}  // namespace

Result<std::unique_ptr<LocalSink>> SortSink::MakeLocal(const ExecutionContext& context) {
  auto run = std::make_unique<SortRun>(shape_, context, *share_);
  auto local = std::make_unique<LocalSort>(*this, *run, context);
  std::lock_guard lock(mutex_);
  runs_.push_back(std::move(run));
  return std::unique_ptr<LocalSink>(std::move(local));
}

Status SortSink::Spill(SortRun& run) {
  if (!spilled_.is_possible()) return Status::OK();
  metrics_.NotePeakMemory(share_->held_bytes());
  std::lock_guard lock(run.mutex());
  return run.Spill(spilled_);
}

Result<bool> SortSink::SpillLargest() {
  if (!spilled_.is_possible()) return false;
  SortRun* largest = nullptr;
  {
    std::lock_guard lock(mutex_);
    for (const auto& run : runs_) {
      if (largest == nullptr || run->told_bytes() > largest->told_bytes()) largest = run.get();
    }
  }
  if (largest == nullptr || largest->told_bytes() == 0) return false;
  TRIVET_RETURN_IF_ERROR(Spill(*largest));
  return true;
}

void SortSink::OwnAll(Vector& vector) const {
  for (const auto& run : runs_) OwnRows(run->store(), vector);
}

Status SortSink::Prepare() {
  pieces_.clear();
  size_t total = 0;
  size_t memory = 0;
  for (const auto& run : runs_) {
    total += run->row_count();
    memory += run->memory_bytes();
    const auto pieces = run->pieces();
    pieces_.insert(pieces_.end(), pieces.begin(), pieces.end());
  }
  std::ranges::sort(pieces_, {}, &SortPiece::first);
  in_order_ = true;
  for (size_t i = 0; i < pieces_.size(); ++i) {
    in_order_ &= pieces_[i].in_order && (i == 0 || pieces_[i - 1].last < pieces_[i].first);
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
  for (const SortPiece& piece : pieces_) {
    const Part entries = piece.entries;
    const size_t count = (entries.size() + kRowsPerSample - 1) / kRowsPerSample;
    for (size_t i = 0; i < count; ++i) samples.push_back(entries[i * entries.size() / count]);
  }
  std::sort(samples.begin(), samples.end(),
            [&](const SortEntry& a, const SortEntry& b) { return SortsBefore(shape_, a, b); });
  for (size_t i = 1; i < range_count; ++i) {
    bounds_.push_back(samples[i * samples.size() / range_count]);
  }
}

size_t SortSink::FinishTaskCount() {
  on_disk_ = !spilled_.empty();
  if (!on_disk_) {
    prepared_ = Prepare();
    // All rows fit, but what merging takes does not.
    on_disk_ = prepared_.code() == StatusCode::kOutOfMemory && spilled_.is_possible();
  }
  if (!on_disk_) return bounds_.size() + 1;
  spilled_.Divide(runs_.size());
  return runs_.size();
}

size_t SortSink::source_threads() const {
  if (on_disk_) return spilled_.threads();
  const bool counts_ranks =
      std::ranges::find(shape_.functions, RankingFunction::kDenseRank) != shape_.functions.end();
  return counts_ranks ? 1 : ~size_t{0};
}

size_t SortSink::BeginOf(const SortPiece& piece, size_t range, size_t from) const {
  const Part entries = piece.entries;
  if (range == 0) return 0;
  if (range > bounds_.size()) return entries.size();
  const auto is_before = [&](const SortEntry& entry) {
    return SortsBefore(shape_, entry, bounds_[range - 1]);
  };
  // With many ranges it is close by.
  size_t steps = 1;
  size_t end = from;
  while (end < entries.size() && is_before(entries[end])) {
    from = end + 1;
    end += steps;
    steps *= 2;
  }
  end = std::min(end, entries.size());
  const Part rest = entries.subspan(from, end - from);
  return from + static_cast<size_t>(std::ranges::partition_point(rest, is_before) - rest.begin());
}

Status SortSink::RunFinishTask(size_t task, const CallContext&) {
  if (on_disk_) {
    // All of them, so that no task has to merge beside rows of another; its own first.
    for (size_t i = 0; i < runs_.size(); ++i) {
      TRIVET_RETURN_IF_ERROR(Spill(*runs_[(task + i) % runs_.size()]));
    }
    return spilled_.Reduce(task);
  }
  TRIVET_RETURN_IF_ERROR(prepared_);
  std::vector<Part> parts;
  size_t position = 0;  // of the range's first row in the whole order
  size_t count = 0;
  for (const SortPiece& piece : pieces_) {
    const size_t begin = BeginOf(piece, task, 0);
    const size_t end = BeginOf(piece, task + 1, begin);
    position += begin;
    count += end - begin;
    if (begin != end) parts.push_back(piece.entries.subspan(begin, end - begin));
  }
  if (position >= row_count_) return Status::OK();
  return MergeRange(std::move(parts), count, std::min(count, row_count_ - position),
                    rows_.get() + position);
}

// Whether the parts follow upon each other in the order; if not all, they stay as they are.
bool SortSink::FollowEachOther(std::vector<Part>& parts) const {
  const auto follow = [&](const std::vector<Part>& these) {
    for (size_t i = 1; i < these.size(); ++i) {
      if (!SortsBefore(shape_, these[i - 1].back(), these[i].front())) return false;
    }
    return true;
  };
  // Of input in the opposite order, the last part is the first.
  std::vector<Part> sorted = parts;
  std::ranges::sort(sorted, [&](const Part& a, const Part& b) {
    return SortsBefore(shape_, a.front(), b.front());
  });
  if (!follow(sorted)) return false;
  parts = std::move(sorted);
  return true;
}

// Writes the first `wanted` of the parts' `count` rows.
Status SortSink::MergeRange(std::vector<Part> parts, size_t count, size_t wanted, uint8_t** rows) {
  Reservation reservation(&context_.memory(), "ORDER_BY");
  if (!reservation.Grow(2 * count * sizeof(SortEntry)).ok()) {
    // Slower, but without memory.
    uint8_t** const end = rows + wanted;
    return MergePieces(shape_, parts, [&](const SortEntry& entry) -> Result<bool> {
      if ((end - rows) % kSortPiece == 0) TRIVET_RETURN_IF_ERROR(context_.cancellation().Check());
      *rows++ = entry.row;
      return rows < end;
    });
  }
  std::vector<SortEntry> entries;
  entries.reserve(count);
  const bool are_in_order = FollowEachOther(parts);
  for (const Part& part : parts) entries.insert(entries.end(), part.begin(), part.end());
  if (!are_in_order) {
    const auto scratch = std::make_unique_for_overwrite<SortEntry[]>(count);
    RowSorter sorter(shape_, in_order_, context_.cancellation());
    TRIVET_RETURN_IF_ERROR(sorter.Sort(entries, {scratch.get(), count}));
  }
  for (size_t i = 0; i < wanted; ++i) rows[i] = entries[i].row;
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

Status SortSink::Finish(const CallContext& call) {
  share_->SetComplete();
  if (on_disk_) {
    runs_.clear();
    TRIVET_RETURN_IF_ERROR(spilled_.CutRanges(counts_places() ? 1 : call.execution.thread_count()));
    metrics_.NotePeakMemory(share_->held_bytes());
    return Status::OK();
  }
  pieces_.clear();
  bounds_.clear();
  if (shape_.partition_keys > 0) return gives_all_rows() ? Status::OK() : LimitGroups();
  first_ = std::min<uint64_t>(offset_, row_count_);
  row_count_ -= first_;
  return Status::OK();
}

}  // namespace trivet
