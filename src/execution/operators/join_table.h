#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "base/large_memory.h"
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

// The finished build side: rows in row stores and a directory over them. A directory word holds a
// pointer to the first row of a chain in its low 48 bits and, in the upper 16, a small Bloom filter
// of the chain's hashes, so that most misses cost one load (Leis et al., "Morsel-Driven
// Parallelism", SIGMOD 2014). A single integer key over a dense range addresses the directory
// directly, and then whole chains match. Read-only once built; thread-safe then.
class JoinTable {
 public:
  static constexpr uint64_t kPointerMask = (uint64_t{1} << 48) - 1;

  JoinTable(JoinTableShape shape, const EvaluationContext& context);

  // Takes rows, links them and makes the table complete: for one thread that builds alone.
  Status Build(RowStore&& rows);
  // What linking so many rows takes, as long as they are not addressed directly.
  static constexpr size_t kDirectoryBytesPerRow = 32;
  size_t memory_bytes() const;
  // Drops the rows, which nobody looks up any more; batches made of them keep their strings.
  void Release();

  const JoinTableShape& shape() const { return shape_; }
  const RowLayout& layout() const { return *shape_.layout; }
  const RowMatcher& matcher() const { return matcher_; }
  bool is_direct() const { return direct_; }
  size_t row_count() const { return row_count_; }
  // Rows with a NULL in a key that is not null-safe; kept where the shape says so.
  bool has_null_keys() const { return !null_rows_.empty(); }
  const std::vector<uint8_t*>& null_rows() const { return null_rows_; }
  const std::vector<RowStore>& stores() const { return stores_; }

  void Prefetch(uint64_t hash) const { __builtin_prefetch(&directory_[hash >> shift_]); }
  // The first row of the chain that may hold the hash; null: certainly none.
  uint8_t* Find(uint64_t hash) const {
    const uint64_t word = directory_[hash >> shift_];
    return (word >> (48 + (hash & 15))) & 1 ? reinterpret_cast<uint8_t*>(word & kPointerMask)
                                            : nullptr;
  }
  // Direct addressing: the rows of exactly this key.
  uint8_t* FindDirect(int64_t key) const {
    const uint64_t slot = static_cast<uint64_t>(key) - static_cast<uint64_t>(direct_min_);
    return slot < direct_size_ ? reinterpret_cast<uint8_t*>(directory_[slot]) : nullptr;
  }
  uint8_t* NextOf(const uint8_t* row) const {
    return reinterpret_cast<uint8_t*>(ChainWord(row) & kPointerMask);
  }
  // Rows are numbered from 0 on in the order of the stores, where they are no more than so many.
  static constexpr size_t kMostOrdinals = size_t{1} << 16;
  bool has_ordinals() const { return row_count_ <= kMostOrdinals; }
  // Linking numbers them; where there are no keys, this does.
  void NumberUnlinkedRows();
  uint32_t OrdinalOf(const uint8_t* row) const {
    return static_cast<uint32_t>(ChainWord(row) >> 48);
  }
  // Rows note whether they found a match (outer, semi and anti joins). Any thread may note it.
  void NoteMatch(uint8_t* row) const {
    std::atomic_ref<uint8_t>(row[layout().flag_offset()]).store(1, std::memory_order_relaxed);
  }
  bool HasMatch(const uint8_t* row) const { return row[layout().flag_offset()] != 0; }
  void OwnAll(Vector& vector) const;

 private:
  friend class JoinBuildSink;
  friend class LocalJoinBuild;

  // What a row's extra part holds: the chain's next row in the low 48 bits, the ordinal above them.
  uint64_t ChainWord(const uint8_t* row) const {
    return LoadAs<uint64_t>(row + layout().extra_offset());
  }
  // Ordinals that are too large lose bits; nobody asks for them.
  void SetChainWord(uint8_t* row, uint64_t next, uint64_t ordinal) const {
    StoreAs<uint64_t>(row + layout().extra_offset(), next | ordinal << 48);
  }
  Status PrepareDirectory();
  // Rows that match nothing are noted in `null_rows` where that is not null.
  Status Insert(const RowStore& store, std::vector<uint8_t*>* null_rows = nullptr);
  template <bool kIsAlone>
  Status InsertRows(const RowStore& store, std::vector<uint8_t*>* null_rows);
  template <bool kIsAlone>
  void Link(uint8_t* row, uint64_t ordinal, uint64_t slot, uint64_t tag);
  // Of the rows of one of the stores.
  uint64_t FirstOrdinal(const RowStore& store) const;
  Status CollectBounds(int64_t& min, int64_t& max) const;

  JoinTableShape shape_;
  const EvaluationContext& context_;
  RowMatcher matcher_;
  std::vector<RowStore> stores_;
  std::vector<uint8_t*> null_rows_;
  size_t row_count_ = 0;
  Reservation directory_reservation_;
  std::unique_ptr<uint64_t[], FreeWords> directory_;
  int shift_ = 63;
  bool direct_ = false;
  int64_t direct_min_ = 0;
  uint64_t direct_size_ = 0;
};

// True for key types whose values are integers of at most 64 bits.
bool IsDirectKeyType(const LogicalType& type);
// Value of such a key, read from a row or a vector.
int64_t ReadIntegerKey(PhysicalType type, const uint8_t* address);

}  // namespace trivet
