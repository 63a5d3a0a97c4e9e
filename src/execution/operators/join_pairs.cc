#include "execution/operators/join_pairs.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <numeric>
#include <utility>

#include "execution/operators/join_payload.h"
#include "vector/hash_vector.h"

namespace trivet {

namespace {
// Of rows beyond this, most are in no near cache.
constexpr size_t kCacheBytes = size_t{256} << 10;
constexpr size_t kLookAhead = 24;
// From so many items a row on, on average, rows are looked at one after the other.
constexpr size_t kLongRange = 4;

std::vector<ExpressionPtr> PairPredicates(const JoinRuntime& runtime) {
  std::vector<ExpressionPtr> predicates;
  if (runtime.residual) predicates.push_back(runtime.residual);
  if (runtime.comparison) predicates.push_back(runtime.comparison);
  return predicates;
}
}  // namespace

JoinPairs::JoinPairs(const JoinRuntime& runtime, const ExecutionContext& context)
    : runtime_(runtime),
      table_(*runtime.table),
      context_(context),
      keys_(runtime.probe_keys, context),
      predicates_(PairPredicates(runtime), context),
      build_columns_(runtime.build_pair_columns()) {}

Status JoinPairs::Start(const Batch& batch, Runs runs) {
  batch_ = &batch;
  runs_ = runs;
  count_ = 0;
  active_count_ = 0;
  has_null_keys_ = false;
  const size_t key_count = runtime_.probe_keys.size();
  if (key_count == 0) {
    product_row_ = 0;
    product_build_ = 0;
    return AllRows().status();
  }
  key_columns_.resize(key_count);
  key_views_.resize(key_count);
  for (size_t i = 0; i < key_count; ++i) {
    TRIVET_RETURN_IF_ERROR(keys_.Evaluate(i, batch, key_columns_[i]));
    key_views_[i] = key_columns_[i].View();
  }
  for (size_t i = 0; i < key_count; ++i) {
    if (!key_views_[i].validity || table_.shape().null_safe[i]) continue;
    if (!has_null_keys_) std::memset(null_key_, 0, batch.row_count());
    has_null_keys_ = true;
    for (size_t row = 0; row < batch.row_count(); ++row) {
      null_key_[row] |= static_cast<uint8_t>(!key_views_[i].IsValid(row));
    }
  }
  if (!table_.can_match()) return Status::OK();
  if (table_.is_direct()) {
    StartDirect();
  } else {
    StartHashed();
  }
  return Status::OK();
}

Result<std::span<uint8_t* const>> JoinPairs::AllRows() {
  if (all_rows_.empty()) {
    TRIVET_ASSIGN_OR_RETURN(
        all_rows_reservation_,
        context_.memory().TryReserve(table_.row_count() * sizeof(uint8_t*), "NESTED_LOOP_JOIN"));
    all_rows_.reserve(table_.row_count());
    for (const RowStore& store : table_.stores()) {
      RowStore::Cursor cursor(store);
      uint8_t* rows[kVectorSize];
      while (const size_t count = cursor.Next(rows)) {
        TRIVET_RETURN_IF_ERROR(context_.cancellation().Check());
        all_rows_.insert(all_rows_.end(), rows, rows + count);
      }
    }
  }
  return std::span<uint8_t* const>(all_rows_);
}

namespace {
// Calls `body` with the physical type's C++ type, for types of direct keys.
template <typename Body>
void DispatchDirectKey(PhysicalType type, const Body& body) {
  switch (type) {
    case PhysicalType::kInt8: return body(int8_t{});
    case PhysicalType::kInt16: return body(int16_t{});
    case PhysicalType::kInt32: return body(int32_t{});
    case PhysicalType::kInt64: return body(int64_t{});
    case PhysicalType::kUInt8: return body(uint8_t{});
    case PhysicalType::kUInt16: return body(uint16_t{});
    case PhysicalType::kUInt32: return body(uint32_t{});
    default: return;
  }
}
}  // namespace

void JoinPairs::StartDirect() {
  const size_t count = batch_->row_count();
  const VectorView view = key_views_[0];
  const size_t item_bytes = table_.item_bytes();
  DispatchDirectKey(key_columns_[0].type().physical(), [&](auto tag) {
    using T = decltype(tag);
    const T* data = reinterpret_cast<const T*>(view.data);
    size_t active = 0;
    if (table_.has_single_rows()) {
      for (size_t row = 0; row < count; ++row) {
        const uint8_t* found = table_.FindSingle(static_cast<int64_t>(data[view.Index(row)]));
        next_[row] = found;
        active_[active] = static_cast<uint32_t>(row);
        active += found != nullptr && !KeyIsNull(row);
      }
    } else {
      size_t bytes = 0;
      for (size_t row = 0; row < count; ++row) {
        const auto [begin, end] = table_.FindDirect(static_cast<int64_t>(data[view.Index(row)]));
        __builtin_prefetch(begin);
        next_[row] = begin;
        end_[row] = end;
        bytes += static_cast<size_t>(end - begin);
        active_[active] = static_cast<uint32_t>(row);
        active += begin != end && !KeyIsNull(row);
      }
      has_long_ranges_ = bytes > kLongRange * item_bytes * active;
    }
    active_count_ = active;
  });
}

void JoinPairs::StartHashed() {
  const size_t count = batch_->row_count();
  HashColumns(key_columns_, count, hashes_);
  const size_t item_bytes = table_.item_bytes();
  const bool is_large = table_.row_count() * table_.layout().row_bytes() > kCacheBytes;
  size_t active = 0;
  size_t bytes = 0;
  for (size_t row = 0; row < count; ++row) {
    // Work on one row is too long for the processor to see many further ones' loads by itself.
    if (is_large) table_.Prefetch(hashes_[std::min(row + kLookAhead, count - 1)]);
    const auto [begin, end] = table_.Find(hashes_[row]);
    if (is_large) {  // all of few items is wanted soon
      __builtin_prefetch(begin);
      __builtin_prefetch(reinterpret_cast<const void*>(reinterpret_cast<uintptr_t>(end) - 1));
    }
    next_[row] = begin;
    end_[row] = end;
    bytes += static_cast<size_t>(end - begin);
    active_[active] = static_cast<uint32_t>(row);
    active += begin != end && !KeyIsNull(row);
  }
  has_long_ranges_ = bytes > kLongRange * item_bytes * active;
  active_count_ = active;
  if (is_large && table_.items() == JoinTable::Items::kPointers) {
    for (size_t i = 0; i < active; ++i) {
      __builtin_prefetch(LoadAs<const uint8_t*>(next_[active_[i]]));
    }
  }
}

bool JoinPairs::Next() {
  if (probe_rows_ == nullptr || probe_rows_.use_count() > 1) probe_rows_ = MakeIndices();
  return runtime_.probe_keys.empty() ? NextProduct() : NextMatches();
}

namespace {
template <JoinTable::Items kItems>
uint8_t* RowOf(const uint8_t* item) {
  if constexpr (kItems == JoinTable::Items::kRows) {
    return const_cast<uint8_t*>(item);
  } else {
    return LoadAs<uint8_t*>(item);
  }
}
}  // namespace

template <JoinTable::Items kItems, bool kChecksHash>
void JoinPairs::AddRound(size_t active) {
  const size_t item_bytes = table_.item_bytes();
  uint32_t* probe_rows = probe_rows_.get();
  size_t count = count_;
  size_t left = 0;
  for (size_t i = 0; i < active; ++i) {
    const uint32_t row = active_[i];
    const uint8_t* item = next_[row];
    uint8_t* const found = RowOf<kItems>(item);
    item += item_bytes;
    next_[row] = item;
    found_[row] = found;
    build_rows_[count] = found;
    probe_rows[count] = row;
    count += !kChecksHash || RowLayout::Hash(found) == hashes_[row];
    active_[left] = row;
    left += item != end_[row];
  }
  std::copy(active_ + active, active_ + active_count_, active_ + left);
  active_count_ -= active - left;
  count_ = count;
}

template <JoinTable::Items kItems, bool kChecksHash>
void JoinPairs::AddRanges() {
  const size_t item_bytes = table_.item_bytes();
  uint32_t* probe_rows = probe_rows_.get();
  size_t count = count_;
  size_t done = 0;
  for (; done < active_count_; ++done) {
    const uint32_t row = active_[done];
    const uint8_t* item = next_[row];
    const size_t left = static_cast<size_t>(end_[row] - item) / item_bytes;
    const size_t taken = std::min(left, kVectorSize - count);
    for (size_t i = 0; i < taken; ++i, item += item_bytes) {
      uint8_t* const found = RowOf<kItems>(item);
      build_rows_[count] = found;
      probe_rows[count] = row;
      count += !kChecksHash || RowLayout::Hash(found) == hashes_[row];
    }
    next_[row] = item;
    if (taken < left) break;
  }
  std::copy(active_ + done, active_ + active_count_, active_);
  active_count_ -= done;
  count_ = count;
}

// The pairs from `first` on, each of another probe row.
void JoinPairs::MatchRound(size_t first) {
  uint32_t* candidates = probe_rows_.get() + first;
  count_ = first +
           table_.matcher().Match(key_views_, found_, candidates, count_ - first, nullptr, nullptr);
  for (size_t i = first; i < count_; ++i) build_rows_[i] = found_[probe_rows_[i]];
}

// All pairs of the run.
void JoinPairs::MatchPairs() {
  std::vector<VectorView> views = key_views_;
  std::vector<std::vector<uint32_t>> selections(views.size());
  for (size_t key = 0; key < views.size(); ++key) {
    selections[key].resize(count_);
    for (size_t i = 0; i < count_; ++i) {
      selections[key][i] = static_cast<uint32_t>(views[key].Index(probe_rows_[i]));
    }
    views[key].selection = selections[key].data();
  }
  uint32_t positions[kVectorSize];
  std::iota(positions, positions + count_, 0u);
  const size_t kept =
      table_.matcher().Match(views, build_rows_, positions, count_, nullptr, nullptr);
  if (kept < count_) Keep(positions, kept);
}

bool JoinPairs::NextMatches() {
  count_ = 0;
  if (active_count_ == 0) return false;
  if (table_.is_direct() && table_.has_single_rows()) {
    std::copy_n(active_, active_count_, probe_rows_.get());
    for (size_t i = 0; i < active_count_; ++i) {
      build_rows_[i] = const_cast<uint8_t*>(next_[active_[i]]);
    }
    count_ = std::exchange(active_count_, 0);
    return true;
  }
  const auto dispatch = [&](const auto& add) {
    using Items = JoinTable::Items;
    const bool has_rows = table_.items() == Items::kRows;
    if (table_.is_direct()) {
      has_rows ? add.template operator()<Items::kRows, false>()
               : add.template operator()<Items::kPointers, false>();
    } else {
      has_rows ? add.template operator()<Items::kRows, true>()
               : add.template operator()<Items::kPointers, true>();
    }
  };
  if (has_long_ranges_ && runs_ == Runs::kFull) {
    dispatch(
        [&]<JoinTable::Items kItems, bool kChecksHash>() { AddRanges<kItems, kChecksHash>(); });
    if (!table_.hash_tells_key()) MatchPairs();
    return true;
  }
  // Rounds give few pairs each, once most rows have none left.
  do {
    const size_t first = count_;
    const size_t active = std::min(active_count_, kVectorSize - count_);
    dispatch([&]<JoinTable::Items kItems, bool kChecksHash>() {
      AddRound<kItems, kChecksHash>(active);
    });
    if (!table_.hash_tells_key()) MatchRound(first);
  } while (runs_ == Runs::kFull && active_count_ > 0 && count_ < kVectorSize);
  return true;
}

bool JoinPairs::NextProduct() {
  count_ = 0;
  const size_t rows = batch_->row_count();
  const size_t build = all_rows_.size();
  if (build == 0) return false;
  while (count_ < kVectorSize && product_row_ < rows) {
    const size_t take = std::min(kVectorSize - count_, build - product_build_);
    std::fill_n(probe_rows_.get() + count_, take, static_cast<uint32_t>(product_row_));
    std::copy_n(all_rows_.data() + product_build_, take, build_rows_ + count_);
    count_ += take;
    product_build_ += take;
    if (product_build_ == build) {
      product_build_ = 0;
      ++product_row_;
    }
  }
  return count_ > 0;
}

void JoinPairs::Keep(const uint32_t* positions, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    probe_rows_[i] = probe_rows_[positions[i]];
    build_rows_[i] = build_rows_[positions[i]];
  }
  count_ = count;
}

void JoinPairs::Drop(const uint8_t* done) {
  size_t left = 0;
  for (size_t i = 0; i < active_count_; ++i) {
    active_[left] = active_[i];
    left += !done[active_[i]];
  }
  active_count_ = left;
  while (product_row_ < batch_->row_count() && runtime_.probe_keys.empty() && done[product_row_]) {
    ++product_row_;
    product_build_ = 0;
  }
}

void JoinPairs::SetRun(const uint32_t* probe_rows, uint8_t* const* build_rows, size_t count) {
  if (probe_rows_ == nullptr || probe_rows_.use_count() > 1) probe_rows_ = MakeIndices();
  std::copy_n(probe_rows, count, probe_rows_.get());
  std::copy_n(build_rows, count, build_rows_);
  count_ = count;
}

Batch JoinPairs::PairBatch() {
  std::vector<Vector> probed;
  const size_t left_count = runtime_.left_types.size();
  for (const uint64_t column : runtime_.pair_columns) {
    const bool is_left = column < left_count;
    if (is_left == runtime_.build_left()) continue;
    probed.push_back(batch_->column(is_left ? column : column - left_count));
  }
  // The selection must not change while the pairs' batch lives.
  auto selection = MakeIndices(std::max<size_t>(count_, 1));
  std::copy_n(probe_rows_.get(), count_, selection.get());
  Batch pairs(std::move(probed), batch_->row_count());
  pairs.Slice(std::move(selection), count_);
  std::vector<Vector> built;
  AppendBuildColumns(runtime_, build_columns_, build_rows_, count_, built);
  // The left side's columns come first, whichever side that is.
  std::vector<Vector>& columns = pairs.mutable_columns();
  columns.insert(runtime_.build_left() ? columns.begin() : columns.end(),
                 std::make_move_iterator(built.begin()), std::make_move_iterator(built.end()));
  return pairs;
}

Status JoinPairs::EvaluateOnPairs(size_t predicate, Vector& result) {
  return predicates_.Evaluate(predicate, PairBatch(), result);
}

Status JoinPairs::FilterByResidual() {
  if (count_ == 0) return Status::OK();
  uint32_t passing[kVectorSize];
  size_t passing_count = 0;
  TRIVET_RETURN_IF_ERROR(predicates_.Select(0, PairBatch(), passing, passing_count));
  if (passing_count < count_) Keep(passing, passing_count);
  return Status::OK();
}

}  // namespace trivet
