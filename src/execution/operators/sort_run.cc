#include "execution/operators/sort_run.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/interruptible_sort.h"
#include "execution/operators/row_sorter.h"
#include "execution/operators/sort_merge.h"
#include "execution/operators/sort_spill.h"
#include "execution/operators/top_boundary.h"
#include "execution/operators/top_filter.h"

namespace trivet {

namespace {
// Pruning copies rows, so it waits until this many are there even for a small bound.
constexpr size_t kMinPruneRows = 8192;
// Sooner where a scan is waiting to hear of it.
constexpr size_t kMinBoundaryRows = 512;
// With so many rows, a piece ends with its morsel: pieces of several threads then follow upon each
// other in the input, and merging need not look at the places of rows.
constexpr size_t kLeastPiece = kSortPiece / 4;
// A bound above this is no bound worth pruning for.
constexpr uint64_t kMaxPrunedKeep = uint64_t{1} << 20;

RowMemoryPtr MakeMemory(MemoryManager& memory) {
  return std::make_shared<RowMemory>(Reservation(&memory, "ORDER_BY"));
}
}  // namespace

Result<SortShape> SortShape::Make(const std::vector<LogicalType>& types,
                                  const std::vector<SortKey>& keys) {
  SortShape shape;
  shape.column_count = types.size();
  std::vector<LogicalType> stored = types;
  std::vector<size_t> string_columns;
  for (size_t i = 0; i < keys.size(); ++i) {
    const ExpressionPtr& key = keys[i].expression;
    if (key->type().IsNested()) {
      return Status::NotImplemented("ORDER BY a value of type " + key->type().ToString());
    }
    shape.keys.push_back(key);
    if (key->type().physical() != PhysicalType::kString) continue;
    if (key->kind() == ExpressionKind::kInput) {
      string_columns.push_back(key->input_index());
    } else {
      string_columns.push_back(stored.size());
      shape.key_columns.push_back(i);
      stored.push_back(key->type());
    }
  }
  shape.compared_strings = string_columns;
  shape.encoder = std::make_unique<SortKeyEncoder>(keys, std::move(string_columns));
  TRIVET_ASSIGN_OR_RETURN(
      shape.layout,
      RowLayout::Make(std::move(stored), {.extra_bytes = shape.encoder->key_bytes()}));
  return shape;
}

SortRun::SortRun(const SortShape& shape, const EvaluationContext& context, MemoryShare& share)
    : shape_(shape),
      context_(context),
      share_(share),
      reservation_(&context.memory(), "ORDER_BY"),
      store_(std::make_unique<RowStore>(shape.layout, MakeMemory(context.memory()))),
      filter_(TopFilter::Make(shape, context)) {}

SortRun::~SortRun() { share_.Change(told_bytes(), 0); }

size_t SortRun::memory_bytes() const {
  size_t bytes = reservation_.bytes() + (filter_ ? filter_->memory_bytes() : 0);
  for (const RowMemoryPtr& memory : store_->memories()) bytes += memory->bytes();
  return bytes;
}

void SortRun::TellHeld() {
  const size_t bytes = memory_bytes();
  share_.Change(told_bytes(), bytes);
  told_bytes_.store(bytes, std::memory_order_relaxed);
}

bool SortRun::Prunes(const SortShape& shape) { return shape.keep <= kMaxPrunedKeep; }

size_t SortRun::min_prune_rows() const {
  return shape_.boundary != nullptr ? kMinBoundaryRows : kMinPruneRows;
}

bool SortRun::Less(const SortEntry& left, const SortEntry& right) const {
  return SortsBefore(shape_, left, right);
}

Status SortRun::Append(const Batch& batch, const std::vector<Vector>& keys) {
  Status status = AppendRows(batch, keys);
  // It took rows for held that may not be.
  if (!status.ok()) filter_.reset();
  // Without rows there is nothing to be had from spilling, and it should not look as if there were.
  if (!status.ok() && row_count() == 0) Clear();
  TellHeld();
  return status;
}

Status SortRun::AppendRows(const Batch& batch, const std::vector<Vector>& keys) {
  const size_t count = batch.row_count();
  if (shape_.keep == 0) return Status::OK();
  // Before the batch is taken: where memory for the survivors is refused, it may come again.
  if (Prunes(shape_) && entries_.size() >= std::max(2 * shape_.keep, min_prune_rows())) {
    TRIVET_RETURN_IF_ERROR(Prune());
  }
  if (filter_ && entries_.size() >= next_thinning_) TRIVET_RETURN_IF_ERROR(Thin());
  if (sorts_early() && entries_.size() >= kLeastPiece && batch.order().morsel != last_.morsel) {
    TRIVET_RETURN_IF_ERROR(ClosePiece());
  }
  uint32_t kept[kVectorSize];
  size_t kept_count = count;
  if (filter_) {
    kept_count = filter_->Select(keys, count, kept);
    if (filter_->is_done()) filter_.reset();
  }
  if (has_bound_) kept_count = SelectWithinBound(keys, batch.order(), kept_count, count, kept);
  if (kept_count == 0) return Status::OK();

  const uint32_t* const selection = kept_count < count ? kept : nullptr;
  std::vector<Vector> columns = batch.columns();
  for (const size_t key : shape_.key_columns) columns.push_back(keys[key]);
  uint8_t* rows[kVectorSize];
  TRIVET_RETURN_IF_ERROR(store_->Append(columns, nullptr, selection, kept_count, rows));
  TRIVET_RETURN_IF_ERROR(ReserveEntries(kept_count));
  uint8_t* encoded[kVectorSize];
  for (size_t i = 0; i < kept_count; ++i) encoded[i] = rows[i] + shape_.layout->extra_offset();
  shape_.encoder->Encode(keys, selection, kept_count, batch.order(), encoded);
  if (entries_.empty()) {
    first_ = batch.order();
    in_order_ = sorts_early();
  } else {
    in_order_ &= last_ < batch.order();
  }
  last_ = batch.order();
  for (size_t i = 0; i < kept_count; ++i) {
    entries_.push_back({SortKeyEncoder::Head(encoded[i]), rows[i]});
  }
  return sorts_early() && entries_.size() >= kSortPiece ? ClosePiece() : Status::OK();
}

// Encodes the keys beside the rows, few of which will stay.
size_t SortRun::SelectWithinBound(const std::vector<Vector>& keys, BatchOrder order,
                                  size_t kept_count, size_t count, uint32_t* kept) {
  const bool is_cut = kept_count < count;
  const size_t key_bytes = shape_.encoder->key_bytes();
  scratch_.resize(kept_count * key_bytes);
  uint8_t* encoded[kVectorSize];
  for (size_t i = 0; i < kept_count; ++i) encoded[i] = scratch_.data() + i * key_bytes;
  shape_.encoder->Encode(keys, is_cut ? kept : nullptr, kept_count, order, encoded);
  size_t within = 0;
  for (size_t i = 0; i < kept_count; ++i) {
    kept[within] = is_cut ? kept[i] : static_cast<uint32_t>(i);
    within += SortKeyEncoder::Head(encoded[i]) <= bound_head_;
  }
  return within;
}

Status SortRun::ReserveEntries(size_t more) {
  const size_t held = entries_.capacity();
  if (entries_.size() + more <= held) return Status::OK();
  size_t capacity = std::max(2 * held, 2 * kVectorSize);
  if (sorts_early()) capacity = std::min(capacity, kSortPiece + kVectorSize);
  TRIVET_RETURN_IF_ERROR(reservation_.Grow(capacity * sizeof(SortEntry)));
  entries_.reserve(capacity);
  reservation_.Shrink(held * sizeof(SortEntry));
  return Status::OK();
}

size_t SortRun::row_count() const {
  size_t count = entries_.size();
  for (const auto& piece : sorted_) count += piece.entries.size();
  return count;
}

std::vector<SortPiece> SortRun::pieces() const {
  std::vector<SortPiece> pieces;
  for (const auto& piece : sorted_) {
    pieces.push_back({piece.entries, piece.first, piece.last, piece.in_order});
  }
  for (size_t begin = 0; begin < entries_.size(); begin += kSortPiece) {
    const size_t count = std::min(kSortPiece, entries_.size() - begin);
    pieces.push_back({std::span(entries_).subspan(begin, count), first_, last_, in_order_});
  }
  return pieces;
}

Status SortRun::Prune() {
  const auto less = [&](const SortEntry& a, const SortEntry& b) { return Less(a, b); };
  TRIVET_RETURN_IF_ERROR(
      SelectInterruptibly<SortEntry>(entries_, shape_.keep - 1, less, context_.cancellation()));
  entries_.resize(shape_.keep);
  has_bound_ = true;
  bound_head_ = entries_.back().head;
  if (shape_.boundary != nullptr) shape_.boundary->Tighten(*shape_.layout, entries_.back().row);
  return KeepEntriesOnly();
}

Status SortRun::Thin() {
  const size_t before = entries_.size();
  filter_->Thin(entries_);
  if (filter_->is_done()) filter_.reset();
  next_thinning_ = std::max(kFirstThinning, 2 * entries_.size());
  if (entries_.size() > before / 2) return Status::OK();
  return KeepEntriesOnly();
}

Status SortRun::KeepEntriesOnly() {
  auto survivors = std::make_unique<RowStore>(shape_.layout, MakeMemory(context_.memory()));
  Status status = CopySurvivors(*survivors);
  // Where not all could be copied, rows lie in both.
  if (!status.ok()) {
    store_->Absorb(std::move(*survivors));
    return status;
  }
  store_ = std::move(survivors);
  return Status::OK();
}

Status SortRun::CopySurvivors(RowStore& survivors) {
  const RowLayout& layout = *shape_.layout;
  for (size_t begin = 0; begin < entries_.size(); begin += kVectorSize) {
    TRIVET_RETURN_IF_ERROR(context_.cancellation().Check());
    const size_t count = std::min(kVectorSize, entries_.size() - begin);
    uint8_t* old_rows[kVectorSize];
    for (size_t i = 0; i < count; ++i) old_rows[i] = entries_[begin + i].row;
    std::vector<Vector> columns;
    for (size_t column = 0; column < layout.column_count(); ++column) {
      columns.push_back(Vector::MakeFlat(layout.types()[column], count));
      GatherColumn(layout, column, old_rows, count, columns.back());
    }
    uint8_t* rows[kVectorSize];
    TRIVET_RETURN_IF_ERROR(survivors.Append(columns, nullptr, nullptr, count, rows));
    for (size_t i = 0; i < count; ++i) {
      std::memcpy(rows[i] + layout.extra_offset(), old_rows[i] + layout.extra_offset(),
                  layout.extra_bytes());
      entries_[begin + i].row = rows[i];
    }
  }
  return Status::OK();
}

Status SortRun::ClosePiece() {
  TRIVET_RETURN_IF_ERROR(SortEntries(entries_));
  sorted_.push_back({std::exchange(entries_, {}), first_, last_, in_order_});
  return Status::OK();
}

Status SortRun::SortEntries(std::span<SortEntry> entries) const {
  Reservation reservation(&context_.memory(), "ORDER_BY");
  if (!reservation.Grow(entries.size_bytes()).ok()) {
    // Slower, but without memory.
    std::ranges::sort(entries, [&](const SortEntry& a, const SortEntry& b) { return Less(a, b); });
    return Status::OK();
  }
  const auto scratch = std::make_unique_for_overwrite<SortEntry[]>(entries.size());
  RowSorter sorter(shape_, in_order_, context_.cancellation());
  TRIVET_RETURN_IF_ERROR(sorter.Sort(entries, {scratch.get(), entries.size()}));
  sorter.RestoreHeads(entries);
  return Status::OK();
}

Status SortRun::SortPieces() {
  for (size_t begin = 0; begin < entries_.size(); begin += kSortPiece) {
    TRIVET_RETURN_IF_ERROR(context_.cancellation().Check());
    const size_t count = std::min(kSortPiece, entries_.size() - begin);
    TRIVET_RETURN_IF_ERROR(SortEntries(std::span(entries_).subspan(begin, count)));
  }
  return Status::OK();
}

Status SortRun::EndInput() {
  if (Prunes(shape_) && shape_.keep < entries_.size()) {
    TRIVET_RETURN_IF_ERROR(Prune());
  }
  if (filter_) filter_->Thin(entries_);
  filter_.reset();
  TRIVET_RETURN_IF_ERROR(SortPieces());
  TellHeld();
  return Status::OK();
}

void SortRun::Clear() {
  sorted_.clear();
  std::vector<SortEntry>().swap(entries_);
  reservation_.Release();
  store_ = std::make_unique<RowStore>(shape_.layout, MakeMemory(context_.memory()));
}

Status SortRun::Spill(SpilledSort& spilled) {
  SortedRun written;
  if (filter_) {
    filter_->Thin(entries_);
    filter_->ForgetRows();
    // It must not be what has the run spilled again and again.
    const bool is_large = filter_->memory_bytes() > memory_bytes() / 4;
    if (filter_->is_done() || (is_large && !share_.always_spills())) filter_.reset();
  }
  if (row_count() > 0) {
    TRIVET_ASSIGN_OR_RETURN(written, Write(spilled.file()));
  }
  Clear();
  TellHeld();
  return written.row_count == 0 ? Status::OK() : spilled.Add(std::move(written));
}

Result<SortedRun> SortRun::Write(SortedRunFile& file) {
  TRIVET_RETURN_IF_ERROR(SortPieces());
  SortedRunWriter writer(file);
  uint64_t last_head = 0;
  const auto take = [&](const SortEntry& entry) -> Result<bool> {
    TRIVET_RETURN_IF_ERROR(writer.Append(entry.row));
    last_head = entry.head;
    return writer.row_count() < shape_.keep;
  };
  std::vector<std::span<const SortEntry>> sorted;
  for (const SortPiece& piece : pieces()) sorted.push_back(piece.entries);
  TRIVET_RETURN_IF_ERROR(MergePieces(shape_, std::move(sorted), take));
  // So many rows are there up to this one; what comes behind it does not matter.
  if (writer.row_count() == shape_.keep && (!has_bound_ || last_head < bound_head_)) {
    has_bound_ = true;
    bound_head_ = last_head;
  }
  return writer.Finish();
}

}  // namespace trivet
