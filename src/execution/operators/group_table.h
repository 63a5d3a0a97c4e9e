#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "execution/operators/group_layout.h"
#include "expression/evaluation_context.h"
#include "vector/row_store.h"

namespace trivet {

// The index of a group table: open addressing with linear probing over words of a 16-bit salt and a
// 48-bit row address. Reserved against the query's budget. Not synchronised.
class GroupIndex {
 public:
  GroupIndex(const EvaluationContext& context, std::string_view consumer, bool yields = false);
  ~GroupIndex();
  GroupIndex(const GroupIndex&) = delete;
  GroupIndex& operator=(const GroupIndex&) = delete;

  // Room for `groups` without growing; rows that are in the index stay (their hash is read from
  // them). A large index takes long to grow, so that cancellation is an error here.
  Status Reserve(size_t groups);
  // Forgets all rows, keeps the memory.
  void Clear();
  // Gives the memory back.
  void Release();

  size_t size() const { return size_; }
  size_t capacity() const { return capacity_; }
  size_t memory_bytes() const { return reservation_.bytes(); }

  // ---- probing, after Reserve ----
  static constexpr int kAddressBits = 48;
  static uint64_t SaltOf(uint64_t hash) {
    // Never zero, so that a slot claimed but not filled differs from a free one.
    return ((hash >> 40) | 1) << kAddressBits;
  }
  static bool SaltAgrees(uint64_t word, uint64_t salt) {
    return (word >> kAddressBits) == (salt >> kAddressBits);
  }
  static uint8_t* RowOf(uint64_t word) {
    return reinterpret_cast<uint8_t*>(word & ((uint64_t{1} << kAddressBits) - 1));
  }
  size_t FirstSlot(uint64_t hash) const { return hash & mask_; }
  size_t NextSlot(size_t slot) const { return (slot + 1) & mask_; }
  uint64_t word(size_t slot) const { return words_[slot]; }
  void Prefetch(uint64_t hash) const { __builtin_prefetch(&words_[hash & mask_]); }
  // Of the first row that probing for the hash will look at; most likely the one wanted.
  void PrefetchRow(uint64_t hash) const { __builtin_prefetch(RowOf(words_[hash & mask_])); }
  // Takes a free slot; the row may follow later.
  void Claim(size_t slot, uint64_t salt) {
    words_[slot] = salt;
    ++size_;
  }
  void SetRow(size_t slot, uint8_t* row) { words_[slot] |= reinterpret_cast<uint64_t>(row); }
  // Adds a row that equals none in the index.
  void InsertUnique(uint8_t* row) {
    const uint64_t hash = RowLayout::Hash(row);
    size_t slot = FirstSlot(hash);
    while (words_[slot] != 0) slot = NextSlot(slot);
    words_[slot] = SaltOf(hash) | reinterpret_cast<uint64_t>(row);
    ++size_;
  }

 private:
  Status Rebuild(size_t capacity);
  Status MoveWords(uint64_t* words, size_t capacity) const;

  const CancellationToken& cancellation_;
  Reservation reservation_;
  uint64_t* words_ = nullptr;
  size_t capacity_ = 0;
  size_t mask_ = 0;
  size_t size_ = 0;
};

// Rows of distinct keys, found or made batch by batch. Rows lie in a partitioned store, by the hash
// of their keys. One thread's; not synchronised.
class GroupTable {
 public:
  // `consumer` is named when memory is refused; one that spills then yields to others.
  GroupTable(GroupLayoutPtr layout, const EvaluationContext& context, int radix_bits,
             std::string_view consumer, bool yields);

  // Writes to rows[i] the row whose keys equal row i of `keys`, for i below `count`, made where it
  // is new; `hashes` are those of the keys. NULLs are equal.
  Status FindOrAdd(std::span<const Vector> keys, const uint64_t* hashes, size_t count,
                   uint8_t** rows);
  // The same for the rows named by selection[0..count) only; hashes and rows are indexed by row.
  Status FindOrAddSelected(std::span<const Vector> keys, const uint64_t* hashes,
                           const uint32_t* selection, size_t count, uint8_t** rows);
  // Adds a row for each of the keys without looking for an equal one, outside of the index.
  Status Append(std::span<const Vector> keys, const uint64_t* hashes, const uint32_t* selection,
                size_t count, uint8_t** rows);
  // Forgets the index: rows made before stay in the store, equal ones will be made anew.
  void ForgetIndex();
  // Puts all rows of the store, which must be distinct, into the index.
  Status RebuildIndex();

  const GroupLayout& layout() const { return *layout_; }
  const GroupIndex& index() const { return index_; }
  GroupIndex& index() { return index_; }
  PartitionedRowStore& store() { return store_; }
  const PartitionedRowStore& store() const { return store_; }
  const RowMemoryPtr& row_memory() const { return memory_; }
  // No two rows of the store have equal keys.
  bool is_unique() const { return is_unique_; }
  size_t memory_bytes() const { return memory_->bytes() + index_.memory_bytes(); }

 private:
  template <typename T>
  Status FindOrAddIntegers(const Vector& keys, const uint64_t* hashes, const uint32_t* selection,
                           size_t count, uint8_t** rows);
  template <typename T, bool kIsPlain, template <typename, bool> typename Keys>
  Status FindOrAddIntegers(const Keys<T, kIsPlain>& keys, const uint64_t* hashes,
                           const uint32_t* selection, size_t count, uint8_t** rows);
  Status FindOrAddAny(std::span<const Vector> keys, const uint64_t* hashes,
                      const uint32_t* selection, size_t count, uint8_t** rows);
  Status AddClaimed(std::span<const Vector> keys, const uint64_t* hashes, const uint32_t* new_rows,
                    size_t new_count, const uint32_t* slots, uint8_t** rows);

  GroupLayoutPtr layout_;
  RowMemoryPtr memory_;
  PartitionedRowStore store_;
  GroupIndex index_;
  bool is_unique_ = true;
};

}  // namespace trivet
