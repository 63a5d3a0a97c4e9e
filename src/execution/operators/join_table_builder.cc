#include "execution/operators/join_table_builder.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>

namespace trivet {

namespace {
// Direct addressing may take this many directory words, or this many a row, whichever is more.
constexpr uint64_t kMaxDirectWords = uint64_t{1} << 20;
constexpr uint64_t kMaxDirectWordsPerRow = 8;
// So many rows are copied side by side before anything else where no slot needs it (keys that come
// once over a dense range, no keys at all): that costs little, and gives them ordinals.
constexpr size_t kFewRows = JoinTable::kMostOrdinals;
// From so many rows on, direct addressing of keys that come again is shared out.
constexpr size_t kRowsWorthSharing = size_t{1} << 17;
// How many pages of each store are looked at for keys that come again, before all are.
constexpr size_t kSampledPages = 4;
constexpr uint32_t kBlock = 64;
constexpr uint64_t kUninterrupted = uint64_t{1} << 20;

// Rows are a multiple of 8 bytes, and short: calls of memcpy would take most of the time.
inline void CopyRow(uint8_t* to, const uint8_t* from, size_t bytes) {
  size_t at = 0;
  for (; at + 16 <= bytes; at += 16) std::memcpy(to + at, from + at, 16);
  if (at < bytes) std::memcpy(to + at, from + at, 8);
}

void AddAllRows(const RowStore& store, std::vector<uint8_t*>& all) {
  for (const RowStore::Page& page : store.pages()) {
    for (uint32_t i = 0; i < page.row_count; ++i) {
      all.push_back(page.rows + i * store.layout().row_bytes());
    }
  }
}
}  // namespace

bool JoinTableBuilder::LooksDirect(uint64_t range, size_t rows) {
  return range < std::max(kMaxDirectWords, kMaxDirectWordsPerRow * rows);
}

Status JoinTableBuilder::CollectBounds(const std::vector<GatheredRows>& gathered,
                                       KeyBounds& bounds) const {
  const PhysicalType type = table_.shape_.keys[0]->type().physical();
  const size_t offset = layout().offset(0);
  for (const GatheredRows& source : gathered) {
    if (source.partition == GatheredRows::kNullKeys) continue;
    if (source.bounds) {
      bounds.Add(*source.bounds);
      continue;
    }
    for (const RowStore::Page& page : source.rows.pages()) {
      TRIVET_RETURN_IF_ERROR(table_.context_.cancellation().Check());
      const uint8_t* row = page.rows;
      for (uint32_t i = 0; i < page.row_count; ++i, row += layout().row_bytes()) {
        if (!layout().IsValid(row, 0)) continue;
        bounds.Add(ReadIntegerKey(type, row + offset));
      }
    }
  }
  return Status::OK();
}

// And pointers, which may turn out not to be needed.
Status JoinTableBuilder::ReserveDirectory() {
  const size_t words = slot_count_ + 1 + row_count_;
  TRIVET_ASSIGN_OR_RETURN(
      table_.directory_reservation_,
      table_.context_.memory().TryReserve(words * sizeof(uint64_t), "HASH_JOIN directory"));
  return Status::OK();
}

// By their keys where the range allows it and memory is there; by their hashes otherwise.
Status JoinTableBuilder::Address(const std::vector<GatheredRows>& gathered) {
  table_.direct_ = false;
  table_.single_rows_ = false;
  if (table_.hash_tells_key_) {
    KeyBounds bounds;
    TRIVET_RETURN_IF_ERROR(CollectBounds(gathered, bounds));
    if (!bounds.is_none() && LooksDirect(bounds.range(), row_count_)) {
      slot_count_ = bounds.range() + 1;
      // More rows than keys, or none more.
      tries_single_ = row_count_ <= slot_count_;
      const Status reserved = ReserveDirectory();
      if (reserved.ok()) {
        table_.direct_ = true;
        table_.direct_min_ = bounds.min;
        table_.direct_size_ = slot_count_;
        return Status::OK();
      }
      if (reserved.code() != StatusCode::kOutOfMemory) return reserved;
    }
  }
  AddressByHash();
  return ReserveDirectory();
}

void JoinTableBuilder::AddressByHash() {
  tries_single_ = false;
  // A task's slots are whole ones.
  slot_count_ = std::max(std::bit_ceil(row_count_), size_t{1} << GatheredRows::kRadixBits);
  table_.shift_ = 64 - std::countr_zero(slot_count_);
}

Status JoinTableBuilder::Prepare(std::vector<GatheredRows>& gathered) {
  for (const GatheredRows& source : gathered) {
    if (source.partition != GatheredRows::kNullKeys) row_count_ += source.rows.row_count();
  }
  // Without keys, or rows, nobody looks anything up.
  if (table_.shape_.key_count() == 0 || row_count_ == 0) {
    gathered_ = std::exchange(gathered, {});
    if (row_count_ > 0 && row_count_ <= kFewRows) PlaceInOrder();
    return Status::OK();
  }
  TRIVET_RETURN_IF_ERROR(Address(gathered));
  gathered_ = std::exchange(gathered, {});
  const size_t bytes = (slot_count_ + 1) * sizeof(uint64_t);
  table_.directory_ = {static_cast<uint64_t*>(AllocateLarge(bytes)), FreeWords{bytes}};
  if (tries_single_) {
    TRIVET_RETURN_IF_ERROR(ClearSlots(0, slot_count_));
    const bool are_few = row_count_ <= kFewRows;
    if (are_few) PlaceInOrder();
    for (size_t i = 0; i < gathered_.size() && !are_few; ++i) {
      TRIVET_RETURN_IF_ERROR(LinkSingle<true>(i, kSampledPages));
    }
    if (!has_duplicates_) {
      for (size_t i = 0; i < gathered_.size(); ++i) tasks_.push_back({{i}, 0, slot_count_});
      return Status::OK();
    }
  }
  return PrepareItems();
}

Status JoinTableBuilder::PrepareItems() {
  tries_single_ = false;
  uint8_t* first_item;
  if (TakePlace()) {
    table_.items_ = JoinTable::Items::kRows;
    first_item = placed_;
  } else {
    const size_t bytes = row_count_ * sizeof(uint8_t*);
    table_.pointers_ = {static_cast<uint64_t*>(AllocateLarge(bytes)), FreeWords{bytes}};
    first_item = reinterpret_cast<uint8_t*>(table_.pointers_.get());
  }
  return MakeTasks(first_item);
}

Status JoinTableBuilder::MakeTasks(uint8_t* first_item) {
  bool are_partitioned = !table_.direct_;
  bool are_mixed = false;
  Task all{{}, 0, slot_count_, first_item};
  for (size_t i = 0; i < gathered_.size(); ++i) {
    if (gathered_[i].partition == GatheredRows::kNullKeys) continue;
    all.sources.push_back(i);
    are_partitioned &= gathered_[i].partition >= 0;
    are_mixed |= gathered_[i].partition == GatheredRows::kMixed;
  }
  if (are_partitioned && !all.sources.empty()) {
    MakePartitionTasks(first_item);
    return Status::OK();
  }
  const bool is_shared = table_.direct_ && thread_count_ > 1 && row_count_ >= kRowsWorthSharing &&
                         !are_mixed && !has_heaps_;
  if (is_shared) return MakeShares(all);
  tasks_.push_back(std::move(all));
  return Status::OK();
}

void JoinTableBuilder::MakePartitionTasks(uint8_t* first_item) {
  constexpr size_t kPartitions = size_t{1} << GatheredRows::kRadixBits;
  const uint64_t slots = slot_count_ / kPartitions;
  std::vector<size_t> row_counts(kPartitions, 0);
  for (size_t p = 0; p < kPartitions; ++p) tasks_.push_back({{}, p * slots, (p + 1) * slots});
  for (size_t i = 0; i < gathered_.size(); ++i) {
    if (gathered_[i].partition == GatheredRows::kNullKeys) continue;
    const auto p = static_cast<size_t>(gathered_[i].partition);
    tasks_[p].sources.push_back(i);
    row_counts[p] += gathered_[i].rows.row_count();
  }
  for (size_t p = 0; p < kPartitions; ++p) {
    tasks_[p].first_item = first_item;
    first_item += row_counts[p] * table_.item_bytes();
  }
}

// A task for each thread, which looks at all keys and takes those of its part of the slots.
Status JoinTableBuilder::MakeShares(const Task& all) {
  const uint64_t share = (slot_count_ + thread_count_ - 1) / thread_count_;
  std::vector<size_t> row_counts(thread_count_, 0);
  TRIVET_RETURN_IF_ERROR(ForEachBlock<true>(
      all, nullptr, [&](uint8_t* const*, const uint64_t* slots, const uint64_t*, size_t count) {
        for (size_t i = 0; i < count; ++i) ++row_counts[slots[i] / share];
      }));
  uint8_t* first_item = all.first_item;
  for (size_t t = 0; t < thread_count_; ++t) {
    const uint64_t first = std::min(slot_count_, t * share);
    tasks_.push_back({all.sources, first, std::min(slot_count_, first + share), first_item, true});
    first_item += row_counts[t] * table_.item_bytes();
  }
  return Status::OK();
}

Status JoinTableBuilder::RunTask(size_t task) {
  if (tries_single_) {
    const size_t source = tasks_[task].sources.front();
    return tasks_.size() == 1 ? LinkSingle<true>(source, ~size_t{0})
                              : LinkSingle<false>(source, ~size_t{0});
  }
  return table_.direct_ ? CountAndPlace<true>(tasks_[task]) : CountAndPlace<false>(tasks_[task]);
}

Status JoinTableBuilder::ClearSlots(uint64_t first, uint64_t end) {
  for (uint64_t begin = first; begin < end + 1; begin += kUninterrupted) {
    TRIVET_RETURN_IF_ERROR(table_.context_.cancellation().Check());
    std::fill_n(table_.directory_.get() + begin, std::min(kUninterrupted, end + 1 - begin),
                uint64_t{0});
  }
  return Status::OK();
}

bool JoinTableBuilder::IsMatchable(const uint8_t* row) const {
  const JoinTableShape& shape = table_.shape_;
  bool matchable = true;
  for (size_t key = 0; key < shape.key_count(); ++key) {
    matchable &= shape.null_safe[key] || layout().IsValid(row, key);
  }
  return matchable;
}

// Slots are computed for some rows before the first of them is looked at, so that the memory
// fetches many at a time.
template <bool kIsDirect, typename Visit>
Status JoinTableBuilder::ForEachBlock(const Task& task, std::vector<uint8_t*>* null_rows,
                                      const Visit& visit) const {
  uint8_t* rows[kBlock];
  uint64_t slots[kBlock];
  uint64_t tags[kBlock];
  const size_t stride = layout().row_bytes();
  for (const size_t source : task.sources) {
    const bool may_be_null =
        gathered_[source].partition == GatheredRows::kMixed && table_.shape_.keep_null_keys;
    for (const RowStore::Page& page : gathered_[source].rows.pages()) {
      TRIVET_RETURN_IF_ERROR(table_.context_.cancellation().Check());
      uint8_t* row = page.rows;
      for (uint32_t begin = 0; begin < page.row_count; begin += kBlock) {
        const uint32_t end = std::min(page.row_count, begin + kBlock);
        size_t count = 0;
        for (uint32_t i = begin; i < end; ++i, row += stride) {
          if (may_be_null && !IsMatchable(row)) {
            if (null_rows != nullptr) null_rows->push_back(row);
            continue;
          }
          rows[count] = row;
          if constexpr (kIsDirect) {
            slots[count] = DirectSlot(row);
            tags[count] = 0;
            if (task.is_share &&
                slots[count] - task.first_slot >= task.end_slot - task.first_slot) {
              continue;
            }
          } else {
            const uint64_t hash = RowLayout::Hash(row);
            slots[count] = hash >> table_.shift_;
            tags[count] = JoinTable::TagOf(hash);
          }
          __builtin_prefetch(&table_.directory_[slots[count] + 1], 1);
          ++count;
        }
        visit(rows, slots, tags, count);
      }
    }
  }
  return Status::OK();
}

template <bool kIsDirect>
Status JoinTableBuilder::CountAndPlace(const Task& task) {
  uint64_t* words = table_.directory_.get();
  const size_t item_bytes = table_.item_bytes();
  // Each slot's count, then its first item's address, then, as its items come, its end's.
  if (task.first_slot == 0) words[0] = reinterpret_cast<uint64_t>(task.first_item);
  if (task.first_slot == task.end_slot) return Status::OK();
  TRIVET_RETURN_IF_ERROR(ClearSlots(task.first_slot + 1, task.end_slot));
  std::vector<uint8_t*> null_rows;
  TRIVET_RETURN_IF_ERROR(ForEachBlock<kIsDirect>(
      task, &null_rows,
      [&](uint8_t* const*, const uint64_t* slots, const uint64_t* tags, size_t count) {
        for (size_t i = 0; i < count; ++i) {
          uint64_t& word = words[slots[i] + 1];
          word = (word + 1) | tags[i];
        }
      }));
  uint8_t* item = task.first_item;
  for (uint64_t begin = task.first_slot; begin < task.end_slot; begin += kUninterrupted) {
    TRIVET_RETURN_IF_ERROR(table_.context_.cancellation().Check());
    const uint64_t end = std::min(task.end_slot, begin + kUninterrupted);
    for (uint64_t slot = begin; slot < end; ++slot) {
      uint64_t& word = words[slot + 1];
      const uint64_t count = word & JoinTable::kPointerMask;
      word = (word & ~JoinTable::kPointerMask) | reinterpret_cast<uint64_t>(item);
      item += count * item_bytes;
    }
  }
  if (table_.items_ == JoinTable::Items::kPointers) {
    TRIVET_RETURN_IF_ERROR(ForEachBlock<kIsDirect>(
        task, nullptr,
        [&](uint8_t* const* rows, const uint64_t* slots, const uint64_t*, size_t count) {
          for (size_t i = 0; i < count; ++i) {
            uint64_t& word = words[slots[i] + 1];
            StoreAs(reinterpret_cast<uint8_t*>(word & JoinTable::kPointerMask), rows[i]);
            word += sizeof(uint8_t*);
          }
        }));
    if (!null_rows.empty()) table_.null_rows_ = std::move(null_rows);
    return Status::OK();
  }
  if (has_heaps_) {
    for (const size_t source : task.sources) MoveHeap(gathered_[source].rows, heaps_[source]);
  }
  TRIVET_RETURN_IF_ERROR(ForEachBlock<kIsDirect>(
      task, nullptr,
      [&](uint8_t* const* rows, const uint64_t* slots, const uint64_t*, size_t count) {
        uint8_t* places[kBlock];
        for (size_t i = 0; i < count; ++i) {
          uint64_t& word = words[slots[i] + 1];
          places[i] = reinterpret_cast<uint8_t*>(word & JoinTable::kPointerMask);
          word += item_bytes;
          __builtin_prefetch(places[i], 1);
        }
        for (size_t i = 0; i < count; ++i) CopyRow(places[i], rows[i], item_bytes);
      }));
  // Behind all slots.
  for (const uint8_t* row : null_rows) {
    CopyRow(item, row, item_bytes);
    table_.null_rows_.push_back(item);
    item += item_bytes;
  }
  return Status::OK();
}

// Puts rows' addresses into their slots, until a slot has one already. Other threads may do so at
// the same time, unless this one is alone.
template <bool kIsAlone>
Status JoinTableBuilder::LinkSingle(size_t source, size_t most_pages) {
  if (gathered_[source].partition == GatheredRows::kNullKeys) return Status::OK();
  const bool may_be_null =
      gathered_[source].partition == GatheredRows::kMixed && table_.shape_.keep_null_keys;
  const size_t stride = layout().row_bytes();
  uint64_t* words = table_.directory_.get();
  const std::vector<RowStore::Page>& pages = gathered_[source].rows.pages();
  for (size_t p = 0; p < std::min(pages.size(), most_pages); ++p) {
    TRIVET_RETURN_IF_ERROR(table_.context_.cancellation().Check());
    uint8_t* row = pages[p].rows;
    bool repeats = false;
    for (uint32_t begin = 0; begin < pages[p].row_count; begin += kBlock) {
      const uint32_t end = std::min(pages[p].row_count, begin + kBlock);
      uint64_t slots[kBlock];
      const uint8_t* at = row;
      for (uint32_t i = begin; i < end; ++i, at += stride) {
        slots[i - begin] = DirectSlot(at);  // anywhere, of a NULL
        const uint64_t address = reinterpret_cast<uint64_t>(words) + slots[i - begin] * 8;
        __builtin_prefetch(reinterpret_cast<const void*>(address), 1);
      }
      for (uint32_t i = begin; i < end; ++i, row += stride) {
        if (may_be_null && !IsMatchable(row)) continue;
        const auto address = reinterpret_cast<uint64_t>(row);
        uint64_t old;
        if constexpr (kIsAlone) {
          old = std::exchange(words[slots[i - begin]], address);
        } else {
          old = std::atomic_ref<uint64_t>(words[slots[i - begin]])
                    .exchange(address, std::memory_order_relaxed);
        }
        repeats |= old != 0 && old != address;
      }
    }
    if (repeats) has_duplicates_.store(true, std::memory_order_relaxed);
    if (has_duplicates_.load(std::memory_order_relaxed)) return Status::OK();
  }
  return Status::OK();
}

Status JoinTableBuilder::Finish() {
  if (tries_single_ && has_duplicates_) {
    tasks_.clear();
    thread_count_ = 1;
    TRIVET_RETURN_IF_ERROR(PrepareItems());
    TRIVET_RETURN_IF_ERROR(RunTask(0));
  }
  if (tries_single_) {
    table_.single_rows_ = true;
    TRIVET_RETURN_IF_ERROR(CollectNullRows());
  } else if (table_.items_ == JoinTable::Items::kRows && row_count_ > 0 && table_.can_match()) {
    UsePlacedRows(GatheredRows::kMatchable);
  }
  const bool has_pointers = table_.pointers_ != nullptr;
  if (!has_pointers) table_.directory_reservation_.Shrink(row_count_ * sizeof(uint8_t*));
  for (GatheredRows& source : gathered_) {
    table_.row_count_ += source.rows.row_count();
    if (source.partition == GatheredRows::kNullKeys) AddAllRows(source.rows, table_.null_rows_);
    table_.stores_.push_back(std::move(source.rows));
  }
  gathered_.clear();
  return Status::OK();
}

Status JoinTableBuilder::CollectNullRows() {
  if (!table_.shape_.keep_null_keys) return Status::OK();
  for (const GatheredRows& source : gathered_) {
    if (source.partition != GatheredRows::kMixed) continue;
    for (const RowStore::Page& page : source.rows.pages()) {
      TRIVET_RETURN_IF_ERROR(table_.context_.cancellation().Check());
      uint8_t* row = page.rows;
      for (uint32_t i = 0; i < page.row_count; ++i, row += layout().row_bytes()) {
        if (!IsMatchable(row)) table_.null_rows_.push_back(row);
      }
    }
  }
  return Status::OK();
}

}  // namespace trivet
