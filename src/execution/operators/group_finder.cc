#include "execution/operators/group_finder.h"

#include <algorithm>

#include "vector/hash_vector.h"

namespace trivet {

namespace {

// Slots of integer addressing: at least the first, at most the second, between them this many a
// row.
constexpr size_t kFewSlots = size_t{1} << 16;
constexpr size_t kManySlots = size_t{1} << 20;
constexpr size_t kSlotsPerRow = 4;
// Bounds that do not fit are tried again after eight times the rows, up to this many.
constexpr uint64_t kLastAttempt = uint64_t{1} << 20;

// The index is reviewed after this many rows: where fewer than one row in ten met its like, and the
// table has left the caches, looking up is not worth it for a while.
constexpr uint64_t kReviewRows = uint64_t{1} << 18;
constexpr size_t kManyGroups = size_t{1} << 17;
constexpr double kMostlyNew = 0.9;
constexpr uint64_t kAppendRows = uint64_t{1} << 22;

uint8_t* const kPending = reinterpret_cast<uint8_t*>(1);

}  // namespace

GroupFinder::GroupFinder(GroupLayoutPtr layout, const EvaluationContext& context, int radix_bits,
                         size_t partition_keys, std::string_view consumer, bool yields)
    : partition_keys_(partition_keys),
      radix_bits_(radix_bits),
      table_(layout, context, radix_bits, consumer, yields),
      direct_(context.memory(), consumer),
      integers_possible_(DirectGroups::AreIntegers(*layout)) {}

// The uppermost bits, which choose the partition, come from the partitioning keys alone.
void GroupFinder::HashKeys(std::span<const Vector> keys, size_t count) {
  HashColumns(keys, count, hashes_);
  if (partition_keys_ == keys.size() || radix_bits_ == 0) return;
  uint64_t partition_hashes[kVectorSize];
  HashColumns(keys.first(partition_keys_), count, partition_hashes);
  const uint64_t low_bits = ~uint64_t{0} >> kPartitionBits;
  for (size_t i = 0; i < count; ++i) {
    hashes_[i] = (partition_hashes[i] & ~low_bits) | (hashes_[i] & low_bits);
  }
}

Status GroupFinder::Find(std::span<const Vector> keys, size_t count, uint8_t** rows,
                         GroupRuns& runs) {
  runs.count = 0;
  if (count == 0) return Status::OK();
  if (keys.empty()) {
    const uint32_t first = 0;
    hashes_[0] = 0;
    TRIVET_RETURN_IF_ERROR(table_.FindOrAddSelected(keys, hashes_, &first, 1, rows));
    std::fill_n(rows, count, rows[0]);
    return Status::OK();
  }
  TRIVET_RETURN_IF_ERROR(FindAny(keys, count, rows, runs));
  if (!table_.layout().interval_columns.empty()) UnifyIntervals(keys, count, rows);
  return Status::OK();
}

Status GroupFinder::Append(std::span<const Vector> keys, size_t count, uint8_t** rows) {
  HashKeys(keys, count);
  return table_.Append(keys, hashes_, nullptr, count, rows);
}

void GroupFinder::EndInput() {
  table_.index().Release();
  direct_.Release();
}

void GroupFinder::UnifyIntervals(std::span<const Vector> keys, size_t count,
                                 uint8_t* const* rows) const {
  const GroupLayout& layout = table_.layout();
  for (size_t column : layout.interval_columns) {
    const VectorView view = keys[column].View();
    for (size_t i = 0; i < count; ++i) {
      if (view.IsValid(i)) layout.UnifyInterval(column, rows[i], view.Get<Interval>(i));
    }
  }
}

Status GroupFinder::FindAny(std::span<const Vector> keys, size_t count, uint8_t** rows,
                            GroupRuns& runs) {
  rows_seen_ += count;
  if (mode_ == Mode::kIndex && direct_.SlotByCodes(keys, count)) {
    return FindByCodes(keys, count, rows, runs);
  }
  if (mode_ == Mode::kIndex && integers_possible_ && rows_seen_ > next_attempt_) {
    TRIVET_RETURN_IF_ERROR(TryIntegers(keys, count));
  }
  if (mode_ == Mode::kIntegers) {
    TRIVET_ASSIGN_OR_RETURN(const bool found, FindByIntegers(keys, count, rows, runs));
    if (found) return Status::OK();
    mode_ = Mode::kIndex;
    integers_possible_ = false;
    TRIVET_RETURN_IF_ERROR(table_.RebuildIndex());
    reviewed_rows_ = rows_seen_;
    reviewed_groups_ = table_.index().size();
  }
  HashKeys(keys, count);
  if (mode_ == Mode::kAppend) {
    TRIVET_RETURN_IF_ERROR(table_.Append(keys, hashes_, nullptr, count, rows));
    if (rows_seen_ >= append_until_) {
      mode_ = Mode::kIndex;
      reviewed_rows_ = rows_seen_;
      reviewed_groups_ = 0;
    }
    return Status::OK();
  }
  TRIVET_RETURN_IF_ERROR(table_.FindOrAdd(keys, hashes_, count, rows));
  if (rows_seen_ - reviewed_rows_ >= kReviewRows) ReviewIndex();
  return Status::OK();
}

size_t GroupFinder::ReserveSlots(size_t count, uint32_t* first_rows) {
  size_t new_count = 0;
  for (size_t i = 0; i < count; ++i) {
    uint8_t*& row = direct_.row(direct_.slot(i));
    if (row != nullptr) continue;
    row = kPending;
    first_rows[new_count++] = static_cast<uint32_t>(i);
  }
  return new_count;
}

Status GroupFinder::FindByCodes(std::span<const Vector> keys, size_t count, uint8_t** rows,
                                GroupRuns& runs) {
  if (!direct_.GatherRows(count, rows)) {
    uint32_t first_rows[kVectorSize];
    const size_t new_count = ReserveSlots(count, first_rows);
    HashKeys(keys, count);
    TRIVET_RETURN_IF_ERROR(table_.FindOrAddSelected(keys, hashes_, first_rows, new_count, rows));
    for (size_t i = 0; i < new_count; ++i) {
      direct_.row(direct_.slot(first_rows[i])) = rows[first_rows[i]];
    }
    direct_.GatherRows(count, rows);
  }
  direct_.MakeRuns(count, runs);
  return Status::OK();
}

Status GroupFinder::TryIntegers(std::span<const Vector> keys, size_t count) {
  next_attempt_ = std::max<uint64_t>(8 * rows_seen_, 8 * kVectorSize);
  if (next_attempt_ > kLastAttempt) integers_possible_ = false;
  const size_t limit = std::clamp(kSlotsPerRow * rows_seen_, kFewSlots, kManySlots);
  if (!table_.is_unique() || table_.index().size() > limit) return Status::OK();
  // The groups there are must fit as well.
  uint8_t* rows[kVectorSize];
  for (size_t p = 0; p < table_.store().partition_count(); ++p) {
    RowStore::Cursor cursor(table_.store().partition(p));
    while (const size_t row_count = cursor.Next(rows)) {
      std::vector<Vector> values;
      for (size_t k = 0; k < keys.size(); ++k) {
        values.push_back(Vector::MakeFlat(keys[k].type(), row_count));
        GatherColumn(*table_.layout().rows, k, rows, row_count, values.back());
      }
      direct_.Cover(values, row_count);
    }
  }
  direct_.Cover(keys, count);
  if (!direct_.Widen(limit)) return Status::OK();
  mode_ = Mode::kIntegers;
  PlaceRows();
  table_.index().Release();
  return Status::OK();
}

void GroupFinder::PlaceRows() {
  uint8_t* rows[kVectorSize];
  for (size_t p = 0; p < table_.store().partition_count(); ++p) {
    RowStore::Cursor cursor(table_.store().partition(p));
    while (const size_t count = cursor.Next(rows)) {
      for (size_t i = 0; i < count; ++i) {
        direct_.row(direct_.SlotOfRow(table_.layout(), rows[i])) = rows[i];
      }
    }
  }
}

Result<bool> GroupFinder::FindByIntegers(std::span<const Vector> keys, size_t count, uint8_t** rows,
                                         GroupRuns& runs) {
  if (!direct_.SlotByIntegers(keys, count)) {
    const size_t limit = std::clamp(kSlotsPerRow * rows_seen_, kFewSlots, kManySlots);
    direct_.Cover(keys, count);
    if (!direct_.Widen(limit)) return false;
    PlaceRows();
    direct_.SlotByIntegers(keys, count);
  }
  if (!direct_.GatherRows(count, rows)) {
    uint32_t new_rows[kVectorSize];
    const size_t new_count = ReserveSlots(count, new_rows);
    HashKeys(keys, count);
    TRIVET_RETURN_IF_ERROR(table_.Append(keys, hashes_, new_rows, new_count, rows));
    for (size_t i = 0; i < new_count; ++i) direct_.row(direct_.slot(new_rows[i])) = rows[i];
    direct_.GatherRows(count, rows);
  }
  direct_.MakeRuns(count, runs);
  return true;
}

void GroupFinder::ReviewIndex() {
  const auto new_groups = static_cast<double>(table_.index().size() - reviewed_groups_);
  const auto new_rows = static_cast<double>(rows_seen_ - reviewed_rows_);
  reviewed_rows_ = rows_seen_;
  reviewed_groups_ = table_.index().size();
  if (reviewed_groups_ < kManyGroups || new_groups < kMostlyNew * new_rows) return;
  mode_ = Mode::kAppend;
  append_until_ = rows_seen_ + kAppendRows;
  table_.ForgetIndex();
  table_.index().Release();
}

}  // namespace trivet
