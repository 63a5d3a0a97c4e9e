#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "base/large_memory.h"
#include "execution/operators/direct_key.h"
#include "expression/evaluator.h"
#include "vector/row_match.h"
#include "vector/row_store.h"

namespace trivet {

// How the rows of a build side are kept: keys first, then the columns that output and predicates
// use.
struct JoinTableShape {
  RowLayoutPtr layout;
  std::vector<ExpressionPtr> keys;  // over the build child's columns
  std::vector<bool> null_safe;      // per key
  std::vector<uint64_t> columns;    // build child's columns stored after the keys
  bool keep_null_keys = false;      // rows that can match nothing stay (outer joins, marks)
  size_t key_count() const { return keys.size(); }
  // The layout's column that holds the child's column.
  size_t StoredColumn(uint64_t column) const;
};

// Gives words back that AllocateLarge gave.
struct FreeWords {
  size_t bytes = 0;
  void operator()(uint64_t* words) const noexcept { FreeLarge(words, bytes); }
};

// The finished build side: rows, and a directory that tells where those of a hash's slot lie. An
// "unchained" table (Birler et al., "Simple, Efficient, and Robust Hash Tables for Join
// Processing", DaMoN 2024): what belongs to a slot lies side by side, so that a probe takes one
// load of two adjacent directory words, and then scans; rows have no room for chains. A word's low
// 48 bits point to the end of its slot, which begins where the one before it ends; its upper 16 are
// a small Bloom filter of the slot's hashes, so that most misses cost that one load.
//
// A slot's items are the rows themselves, copied into place, or, where that does not pay or memory
// is short (see JoinTableBuilder), pointers to rows that stay where they were gathered. A single
// integer key over a dense range addresses the directory directly, and then all rows of a slot
// match; where no key comes twice, its words are the rows' addresses and there are no items.
//
// Measured beside chains through the rows: probes take from half to four fifths of the time, of
// keys with 64 rows a third, whatever the size; making the table takes 3 to 7 ns a row more, and 5
// to 12 where dense keys come again. So there is one kind of table for all sizes, but rows of dense
// keys that come once are not copied.
//
// Read-only once built; thread-safe then.
class JoinTable {
 public:
  static constexpr uint64_t kPointerMask = (uint64_t{1} << 48) - 1;
  // What belongs to a slot.
  enum class Items : uint8_t {
    kRows,      // rows, layout().row_bytes() long
    kPointers,  // pointers to rows
  };
  // A slot's items, from `begin` on, `end` exclusive; two nulls, or any place twice, where there
  // are none.
  struct Range {
    const uint8_t* begin;
    const uint8_t* end;
  };

  JoinTable(JoinTableShape shape, const EvaluationContext& context);

  // Takes rows and makes the table complete: for one thread that builds alone.
  Status Build(RowStore&& rows);
  // What the directory and pointers to rows take at most, as long as these are not addressed
  // directly, and some room to copy them.
  static constexpr size_t kDirectoryBytesPerRow = 40;
  size_t memory_bytes() const;
  // Drops the rows, which nobody looks up any more; batches made of them keep their strings.
  void Release();

  const JoinTableShape& shape() const { return shape_; }
  const RowLayout& layout() const { return *shape_.layout; }
  const RowMatcher& matcher() const { return matcher_; }
  bool is_direct() const { return direct_; }
  // Rows whose hashes agree have the same key.
  bool hash_tells_key() const { return hash_tells_key_; }
  Items items() const { return items_; }
  size_t item_bytes() const {
    return items_ == Items::kRows ? layout().row_bytes() : sizeof(uint8_t*);
  }
  size_t row_count() const { return row_count_; }
  // Some row can match something.
  bool can_match() const { return directory_ != nullptr; }
  // Rows with a NULL in a key that is not null-safe; kept where the shape says so.
  bool has_null_keys() const { return !null_rows_.empty(); }
  const std::vector<uint8_t*>& null_rows() const { return null_rows_; }
  // Where all rows lie, those with such NULLs as well.
  const std::vector<RowStore>& stores() const { return stores_; }
  // Few rows lie side by side, all of them, and are numbered from 0 on in that order.
  static constexpr size_t kMostOrdinals = size_t{1} << 16;
  bool has_ordinals() const {
    return first_row_ != nullptr && stores_.size() == 1 && row_count_ <= kMostOrdinals;
  }
  uint32_t OrdinalOf(const uint8_t* row) const {  // exact: a product next to a small integer
    // NOLINTNEXTLINE(bugprone-incorrect-roundings): never negative
    return static_cast<uint32_t>(static_cast<double>(row - first_row_) * rows_per_byte_ + 0.5);
  }

  void Prefetch(uint64_t hash) const { __builtin_prefetch(directory_.get() + (hash >> shift_)); }
  // What may hold the hash; empty: certainly nothing.
  Range Find(uint64_t hash) const {
    const uint64_t* words = directory_.get() + (hash >> shift_);
    const uint64_t tag = TagOf(hash);
    const uint64_t mask = (words[1] & tag) == tag ? kPointerMask : 0;
    return {Pointer(words[0] & mask), Pointer(words[1] & mask)};
  }
  // Direct addressing: the items of exactly this key.
  Range FindDirect(int64_t key) const {
    const uint64_t slot = static_cast<uint64_t>(key) - static_cast<uint64_t>(direct_min_);
    if (slot >= direct_size_) return {nullptr, nullptr};
    return {Pointer(directory_[slot]), Pointer(directory_[slot + 1])};
  }
  // Direct addressing: the keys' bounds, and whether the one that lies so far behind the least is a
  // key.
  KeyBounds direct_bounds() const {
    const uint64_t max = static_cast<uint64_t>(direct_min_) + direct_size_ - 1;
    return {direct_min_, static_cast<int64_t>(max)};
  }
  bool HasDirect(uint64_t slot) const {
    const uint8_t* before = single_rows_ ? nullptr : Pointer(directory_[slot]);
    return Pointer(directory_[slot + !single_rows_]) != before;
  }
  // The same where no key comes twice: the row, or null.
  bool has_single_rows() const { return single_rows_; }
  const uint8_t* FindSingle(int64_t key) const {
    const uint64_t slot = static_cast<uint64_t>(key) - static_cast<uint64_t>(direct_min_);
    return slot < direct_size_ ? Pointer(directory_[slot]) : nullptr;
  }
  // Rows note whether they found a match (outer, semi and anti joins). Any thread may note it.
  void NoteMatch(uint8_t* row) const {
    std::atomic_ref<uint8_t>(row[layout().flag_offset()]).store(1, std::memory_order_relaxed);
  }
  bool HasMatch(const uint8_t* row) const { return row[layout().flag_offset()] != 0; }
  void OwnAll(Vector& vector) const;

 private:
  friend class JoinTableBuilder;

  // Two bits of the hash's 16: neither chosen by what chooses the slot, nor by what tells the
  // partitions of rows on disk apart.
  static uint64_t TagOf(uint64_t hash) {
    return uint64_t{1} << (48 + (hash & 15)) | uint64_t{1} << (48 + ((hash >> 28) & 15));
  }
  static const uint8_t* Pointer(uint64_t word) {
    return reinterpret_cast<const uint8_t*>(word & kPointerMask);
  }

  JoinTableShape shape_;
  const EvaluationContext& context_;
  RowMatcher matcher_;
  bool hash_tells_key_;
  std::vector<RowStore> stores_;
  std::vector<uint8_t*> null_rows_;
  double rows_per_byte_;
  const uint8_t* first_row_ = nullptr;  // where all with matchable keys lie side by side
  size_t row_count_ = 0;
  Reservation directory_reservation_;  // and of items that are pointers
  std::unique_ptr<uint64_t[], FreeWords> directory_;
  std::unique_ptr<uint64_t[], FreeWords> pointers_;
  Items items_ = Items::kPointers;
  int shift_ = 63;
  bool direct_ = false;
  bool single_rows_ = false;
  int64_t direct_min_ = 0;
  uint64_t direct_size_ = 0;
};

// What the stores' rows take; stores may share their memory.
size_t MemoryBytes(const std::vector<RowStore>& stores);

}  // namespace trivet
