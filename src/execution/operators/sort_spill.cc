#include "execution/operators/sort_spill.h"

#include <algorithm>
#include <utility>

#include "base/interruptible_sort.h"
#include "context/memory_shares.h"
#include "execution/operators/sort_merge.h"

namespace trivet {

namespace {

constexpr size_t kLeastBlockBytes = size_t{4} << 10;
constexpr size_t kMostBlockBytes = size_t{64} << 10;
constexpr size_t kLeastRangeBlocks = 16;
constexpr size_t kMostRangeBytes = size_t{32} << 20;
// Runs merged at once; where every batch is spilled, few, so that passes are seen with few rows.
constexpr size_t kMostInputs = 256;
constexpr size_t kMostInputsInTests = 8;
// A row's entry, and its room while entries are merged.
constexpr size_t kEntryBytes = 2 * sizeof(SortEntry);

// Blocks are small beside the memory, since merging takes one of each run.
size_t BlockBytes(const ExecutionContext& context, const MemoryShare& share) {
  if (share.always_spills()) return kLeastBlockBytes;
  const size_t part = context.memory().limit_bytes() / (512 * context.thread_count());
  return std::clamp(part, kLeastBlockBytes, kMostBlockBytes);
}

size_t NeedOf(size_t bytes, size_t rows) { return bytes + rows * kEntryBytes; }

}  // namespace

SpilledSort::SpilledSort(const SortShape& shape, const ExecutionContext& context,
                         MemoryShare& share, OperatorMetrics& metrics)
    : shape_(shape),
      context_(context),
      share_(share),
      file_(context, shape.layout, shape.compared_strings, BlockBytes(context, share), &metrics),
      index_(&context.memory(), "ORDER_BY") {}

SpilledSort::~SpilledSort() { share_.Change(index_.bytes() + ranges_.bytes(), 0); }

bool SpilledSort::is_possible() const {
  return context_.temporary_files() != nullptr && context_.temporary_files()->is_enabled();
}

Status SpilledSort::ResizeIndex(size_t more, size_t less) {
  const size_t before = index_.bytes();
  index_.Shrink(less);
  Status status = index_.Grow(more);
  share_.Change(before, index_.bytes());
  return status;
}

Status SpilledSort::Add(SortedRun run) {
  std::lock_guard lock(mutex_);
  TRIVET_RETURN_IF_ERROR(ResizeIndex(run.index_bytes, 0));
  if (run.row_count > 0) runs_.push_back(std::move(run));
  has_runs_.store(true, std::memory_order_release);
  return Status::OK();
}

size_t SpilledSort::PartBytes(size_t threads) const {
  const size_t least = kLeastRangeBlocks * file_.block_bytes();
  if (share_.always_spills()) return least;
  return std::clamp(share_.allowance() / (2 * threads), least, std::max(least, kMostRangeBytes));
}

void SpilledSort::Divide(size_t tasks) {
  std::lock_guard lock(mutex_);
  size_t most_need = 1;
  for (const SortedRun& run : runs_) {
    most_need = std::max(most_need, NeedOf(run.most_block_bytes, run.most_block_rows));
  }
  // A range takes a block of each run, and as much again.
  const size_t fitting = PartBytes(context_.thread_count()) / (2 * most_need);
  most_inputs_ =
      std::clamp<size_t>(fitting, 2, share_.always_spills() ? kMostInputsInTests : kMostInputs);
  // What each task still adds comes on top.
  target_ = std::max<size_t>(most_inputs_ / tasks, 2) - 1;
  parts_.resize(tasks);
  for (size_t i = 0; i < runs_.size(); ++i) parts_[i % tasks].push_back(std::move(runs_[i]));
  runs_.clear();
}

Status SpilledSort::Reduce(size_t task) {
  Runs runs = std::exchange(parts_[task], {});
  while (runs.size() > target_) {
    // The smallest ones first: their rows are then written again most often.
    std::sort(runs.begin(), runs.end(),
              [](const SortedRun& a, const SortedRun& b) { return a.bytes > b.bytes; });
    TRIVET_RETURN_IF_ERROR(MergeSmallest(runs, std::min(most_inputs_, runs.size() - target_ + 1)));
  }
  std::lock_guard lock(mutex_);
  runs_.insert(runs_.end(), std::make_move_iterator(runs.begin()),
               std::make_move_iterator(runs.end()));
  return Status::OK();
}

// Reads one run row by row, a block at a time, each for the last time.
class SpilledSort::Reader {
 public:
  Reader(const SortShape& shape, const SortedRunFile& file, const SortedRun& run)
      : shape_(shape),
        file_(file),
        run_(run),
        bytes_(std::make_unique_for_overwrite<uint8_t[]>(run.most_block_bytes)) {}

  // The next row's entry, valid until the next call; without a row at the end.
  Result<SortEntry> Next() {
    if (row_ == row_count_) {
      if (block_ == run_.blocks.size()) return SortEntry{};
      const SortedRun::Block& block = run_.blocks[block_++];
      TRIVET_RETURN_IF_ERROR(file_.Read(block, bytes_.get()));
      file_.Discard(block);
      row_ = 0;
      row_count_ = block.row_count;
    }
    return EntryOf(shape_, bytes_.get() + row_++ * shape_.layout->row_bytes());
  }

 private:
  const SortShape& shape_;
  const SortedRunFile& file_;
  const SortedRun& run_;
  std::unique_ptr<uint8_t[]> bytes_;
  size_t block_ = 0;
  size_t row_ = 0;
  size_t row_count_ = 0;
};

// Merges the last `count` runs, or fewer where memory for them is refused, into one.
Status SpilledSort::MergeSmallest(Runs& runs, size_t count) {
  Reservation reservation(&context_.memory(), "ORDER_BY");
  while (true) {
    size_t bytes = 0;
    for (size_t i = runs.size() - count; i < runs.size(); ++i) bytes += runs[i].most_block_bytes;
    const Status status = reservation.Grow(bytes);
    if (status.ok()) break;
    if (count == 2) return status;
    count = std::max<size_t>(2, count / 2);
  }
  share_.Change(0, reservation.bytes());
  Result<SortedRun> merged = Merge(runs, count);
  share_.Change(reservation.bytes(), 0);
  TRIVET_RETURN_IF_ERROR(merged.status());
  size_t index_bytes = 0;
  for (size_t i = runs.size() - count; i < runs.size(); ++i) index_bytes += runs[i].index_bytes;
  runs.resize(runs.size() - count);
  {
    std::lock_guard lock(mutex_);
    TRIVET_RETURN_IF_ERROR(ResizeIndex(merged->index_bytes, index_bytes));
  }
  runs.push_back(std::move(*merged));
  return Status::OK();
}

Result<SortedRun> SpilledSort::Merge(Runs& runs, size_t count) {
  std::vector<Reader> readers;
  std::vector<SortEntry> heads;
  for (size_t i = runs.size() - count; i < runs.size(); ++i) {
    readers.emplace_back(shape_, file_, runs[i]);
    TRIVET_ASSIGN_OR_RETURN(const SortEntry head, readers.back().Next());
    heads.push_back(head);
  }
  SortTournament tournament(shape_, std::move(heads));
  SortedRunWriter writer(file_);
  while (!tournament.done() && writer.row_count() < shape_.keep) {
    TRIVET_RETURN_IF_ERROR(writer.Append(tournament.first().row));
    TRIVET_ASSIGN_OR_RETURN(const SortEntry next, readers[tournament.input()].Next());
    tournament.Replace(next);
  }
  return writer.Finish();
}

// Blocks in the order of their first rows: a range is as many of them as fit, besides those blocks
// begun before it that reach into it, of each run at most one.
void SpilledSort::ChooseBounds(size_t most_bytes) {
  struct Mark {
    SortEntry entry;
    size_t run;
    size_t need;  // of the block that begins here; 0: the run ends here
  };
  std::vector<Mark> marks;
  for (size_t i = 0; i < runs_.size(); ++i) {
    for (const SortedRun::Block& block : runs_[i].blocks) {
      marks.push_back({FirstOf(block), i, NeedOf(block.bytes, block.row_count)});
    }
    marks.push_back({EntryOf(shape_, runs_[i].last_row.get()), i, 0});
  }
  std::stable_sort(marks.begin(), marks.end(),
                   [&](const Mark& a, const Mark& b) { return Before(a.entry, b.entry); });
  std::vector<size_t> open(runs_.size());  // the block of each run that is under way
  size_t open_bytes = 0;
  size_t begun_before = 0;
  size_t begun = 0;
  for (size_t i = 0; i < marks.size(); ++i) {
    const Mark& mark = marks[i];
    const size_t room = std::max(most_bytes - std::min(most_bytes, begun_before), most_bytes / 4);
    if (begun > 0 && mark.need > 0 && begun + mark.need > room &&
        Before(marks[i - 1].entry, mark.entry)) {
      bounds_.push_back(mark.entry);
      begun_before = open_bytes;
      begun = 0;
    }
    begun += mark.need;
    open_bytes += mark.need - open[mark.run];  // wraps where it shrinks
    open[mark.run] = mark.need;
  }
}

std::vector<SpilledSort::Slice> SpilledSort::SlicesOf(size_t range) const {
  const SortEntry* const lower = range > 0 ? &bounds_[range - 1] : nullptr;
  const SortEntry* const upper = range < bounds_.size() ? &bounds_[range] : nullptr;
  std::vector<Slice> slices;
  for (size_t i = 0; i < runs_.size(); ++i) {
    const SortedRun& run = runs_[i];
    if (lower && Before(EntryOf(shape_, run.last_row.get()), *lower)) continue;
    const auto begun_before = [&](const SortEntry& bound) {
      const auto found = std::partition_point(
          run.blocks.begin(), run.blocks.end(),
          [&](const SortedRun::Block& block) { return Before(FirstOf(block), bound); });
      return static_cast<size_t>(found - run.blocks.begin());
    };
    size_t first = lower ? begun_before(*lower) : 0;
    // The block before may hold rows of the range as well.
    if (first > 0) --first;
    const size_t end = upper ? begun_before(*upper) : run.blocks.size();
    if (first < end) slices.push_back({i, first, end});
  }
  return slices;
}

Status SpilledSort::MeasureRanges() {
  uses_.clear();
  for (const SortedRun& run : runs_) {
    uses_.push_back(std::make_unique<std::atomic<uint32_t>[]>(run.blocks.size()));
  }
  most_bytes_ = most_rows_ = 0;
  for (size_t range = 0; range < range_count(); ++range) {
    if (range % 64 == 0) TRIVET_RETURN_IF_ERROR(context_.cancellation().Check());
    size_t bytes = 0;
    size_t rows = 0;
    for (const Slice& slice : SlicesOf(range)) {
      for (size_t block = slice.first_block; block < slice.end_block; ++block) {
        bytes += runs_[slice.run].blocks[block].bytes;
        rows += runs_[slice.run].blocks[block].row_count;
        uses_[slice.run][block].fetch_add(1, std::memory_order_relaxed);
      }
    }
    most_bytes_ = std::max(most_bytes_, bytes);
    most_rows_ = std::max(most_rows_, rows);
  }
  return Status::OK();
}

// All that loading will take is reserved at once, so that nothing is refused half-way.
Status SpilledSort::CutRanges(size_t threads) {
  std::lock_guard lock(mutex_);
  ranges_ = Reservation(&context_.memory(), "ORDER_BY");
  const size_t least = kLeastRangeBlocks * file_.block_bytes();
  size_t part = PartBytes(threads);
  while (true) {
    bounds_.clear();
    ChooseBounds(part);
    TRIVET_RETURN_IF_ERROR(MeasureRanges());
    threads_ = std::min(threads, range_count());
    Status status = ranges_.Grow(threads_ * NeedOf(most_bytes_, most_rows_));
    if (status.ok()) break;
    if (part > least) {
      part = std::max(least, part / 2);
    } else if (threads > 1) {
      --threads;
    } else {
      return status;
    }
  }
  share_.Change(0, ranges_.bytes());
  return Status::OK();
}

Status SpilledSort::Load(size_t range, SortRange& out) {
  if (out.bytes == nullptr) {
    out.bytes = std::make_unique_for_overwrite<uint8_t[]>(most_bytes_);
    out.scratch = std::make_unique_for_overwrite<SortEntry[]>(most_rows_);
    out.entries.reserve(most_rows_);
  }
  out.entries.clear();
  const SortEntry* const lower = range > 0 ? &bounds_[range - 1] : nullptr;
  const SortEntry* const upper = range < bounds_.size() ? &bounds_[range] : nullptr;
  uint8_t* next = out.bytes.get();
  std::vector<size_t> ends = {0};
  for (const Slice& slice : SlicesOf(range)) {
    const auto begin = static_cast<ptrdiff_t>(out.entries.size());
    for (size_t i = slice.first_block; i < slice.end_block; ++i) {
      const SortedRun::Block& block = runs_[slice.run].blocks[i];
      TRIVET_RETURN_IF_ERROR(file_.Read(block, next));
      // Who reads it last gives its space back.
      if (uses_[slice.run][i].fetch_sub(1, std::memory_order_acq_rel) == 1) file_.Discard(block);
      for (size_t row = 0; row < block.row_count; ++row) {
        out.entries.push_back(EntryOf(shape_, next + row * shape_.layout->row_bytes()));
      }
      next += block.bytes;
    }
    // Blocks at the ends belong to the range in part.
    const auto begin_of = [&](const SortEntry& bound) {
      return std::partition_point(out.entries.begin() + begin, out.entries.end(),
                                  [&](const SortEntry& entry) { return Before(entry, bound); });
    };
    if (upper) out.entries.erase(begin_of(*upper), out.entries.end());
    if (lower) out.entries.erase(out.entries.begin() + begin, begin_of(*lower));
    ends.push_back(out.entries.size());
  }
  if (out.entries.empty()) return Status::OK();
  return MergeRuns<SortEntry>(
      out.entries, {out.scratch.get(), out.entries.size()}, std::move(ends),
      [&](const SortEntry& a, const SortEntry& b) { return Before(a, b); },
      context_.cancellation());
}

}  // namespace trivet
