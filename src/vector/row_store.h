#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "vector/row_layout.h"
#include "vector/row_memory.h"
#include "vector/vector.h"

namespace trivet {

// Rows of one layout, in pages. Rows never move, so their addresses may be kept. Not synchronised.
//
// A page holds up to `capacity` rows and the list of its heap segments: the strings of rows
// [first_row, next segment's first_row) lie in that segment's bytes, in row and column order.
class RowStore {
 public:
  struct HeapSegment {
    uint32_t first_row;
    uint8_t* data;
    size_t bytes;
  };
  struct Page {
    uint8_t* rows;
    uint32_t row_count;
    uint32_t capacity;
    std::vector<HeapSegment> segments;  // empty where no row has a long string
  };

  // Several stores of one thread may share a memory.
  RowStore(RowLayoutPtr layout, RowMemoryPtr memory);
  RowStore(RowStore&&) noexcept = default;
  RowStore& operator=(RowStore&&) noexcept = default;

  // Appends row selection[i] (row i where selection is null) of the columns for every i below
  // count, and writes the rows' addresses to rows[0..count). `hashes` are indexed like the columns;
  // they are read only where the layout has a hash. The extra part is left as it is. At most
  // kVectorSize rows.
  Status Append(std::span<const Vector> columns, const uint64_t* hashes, const uint32_t* selection,
                size_t count, uint8_t** rows);
  // One row without values: all valid, the rest not initialised, with room for `heap_bytes` at
  // `*heap`.
  Status AppendRow(size_t heap_bytes, uint8_t** row, uint8_t** heap) {
    if (next_row_ == end_row_) TRIVET_RETURN_IF_ERROR(NextPage());
    *row = next_row_;
    next_row_ += row_bytes_;
    ++pages_.back().row_count;
    ++row_count_;
    if (heap_bytes != 0) return ReserveHeap(heap_bytes, heap);
    return Status::OK();
  }
  // Appends a copy of each row, which has this layout, its strings included; writes the copies'
  // addresses to `copies` where that is not null.
  Status AppendCopies(uint8_t* const* rows, size_t count, uint8_t** copies = nullptr);
  // Appends a page whose rows and heap lie in this store's memory already.
  void AppendPage(Page page);
  // Takes the rows of another store of the same layout; their addresses stay valid.
  void Absorb(RowStore&& other);
  // Drops the rows; their memory is freed when all stores and vectors that share it are gone.
  void Clear();

  const RowLayout& layout() const { return *layout_; }
  const RowLayoutPtr& layout_pointer() const { return layout_; }
  size_t row_count() const { return row_count_; }
  const std::vector<Page>& pages() const { return pages_; }
  // Whatever keeps the rows alive.
  const std::vector<RowMemoryPtr>& memories() const { return memories_; }
  // Where rows to come will lie.
  RowMemory& memory() { return *memories_.front(); }

  // Gives the addresses of all rows in the order of appending, up to kVectorSize at a time.
  class Cursor {
   public:
    explicit Cursor(const RowStore& store) : store_(&store) {}
    // The number of rows written to `rows`; 0 at the end.
    size_t Next(uint8_t** rows, size_t limit = kVectorSize);

   private:
    const RowStore* store_;
    size_t page_ = 0;
    size_t row_ = 0;
  };

 private:
  Status NextPage();
  Status ReserveHeap(size_t bytes, uint8_t** heap);

  RowLayoutPtr layout_;
  size_t row_bytes_;
  std::vector<RowMemoryPtr> memories_;  // own first, then those of absorbed stores
  std::vector<Page> pages_;
  size_t row_count_ = 0;
  uint8_t* next_row_ = nullptr;
  uint8_t* end_row_ = nullptr;
  size_t page_bytes_ = 0;
  uint8_t* next_heap_ = nullptr;
  size_t heap_left_ = 0;
  size_t heap_bytes_ = 0;
  bool segment_is_open_ = false;
};

// Row stores by `radix_bits` of the hash, the uppermost ones unless told otherwise, over one
// memory. Not synchronised.
class PartitionedRowStore {
 public:
  PartitionedRowStore(RowLayoutPtr layout, RowMemoryPtr memory, int radix_bits)
      : PartitionedRowStore(std::move(layout), std::move(memory), radix_bits,
                            UppermostShift(radix_bits)) {}
  // Bit `shift` is the lowest of those that tell the partition.
  PartitionedRowStore(RowLayoutPtr layout, RowMemoryPtr memory, int radix_bits, int shift);

  static constexpr int UppermostShift(int radix_bits) {
    return radix_bits == 0 ? 0 : 64 - radix_bits;
  }
  size_t PartitionOf(uint64_t hash) const { return (hash >> shift_) & (partitions_.size() - 1); }

  // As RowStore::Append, each row into the partition of its hash.
  Status Append(std::span<const Vector> columns, const uint64_t* hashes, const uint32_t* selection,
                size_t count, uint8_t** rows);
  // As RowStore::AppendCopies, each row into the partition of its hash.
  Status AppendCopies(uint8_t* const* rows, size_t count);
  // Takes the rows of another store of the same layout and radix, partition by partition.
  void Absorb(PartitionedRowStore&& other);

  int radix_bits() const { return radix_bits_; }
  size_t partition_count() const { return partitions_.size(); }
  RowStore& partition(size_t i) { return partitions_[i]; }
  const RowStore& partition(size_t i) const { return partitions_[i]; }
  size_t row_count() const;

 private:
  int radix_bits_;
  int shift_;
  std::vector<RowStore> partitions_;
};

// Copies column `column` of `count` rows into rows [offset, offset + count) of the flat vector
// `result` of the column's type. Strings go on pointing at the rows' memory, which the caller has
// the result own by OwnRows.
void GatherColumn(const RowLayout& layout, size_t column, const uint8_t* const* rows, size_t count,
                  Vector& result, size_t offset = 0);
// Makes the vector keep alive the memory of the store's rows.
void OwnRows(const RowStore& store, Vector& vector);

// Writes values of a column to rows that exist already: row i gets value selection[i] (or i). Bytes
// of long strings go to heaps[i], which moves on past them; `heaps` is read for string columns
// only.
void ScatterColumn(const RowLayout& layout, size_t column, const Vector& source,
                   const uint32_t* selection, size_t count, uint8_t* const* rows, uint8_t** heaps);

// Heap bytes that each of the rows takes: sizes of its long strings.
void ComputeHeapBytes(const RowLayout& layout, std::span<const Vector> columns,
                      const uint32_t* selection, size_t count, uint64_t* heap_bytes);

// Has the long strings of `count` adjacent rows, which point into a heap segment that lay at
// `from`, point to its copy at `to`: what reading a spilled page back takes.
void MoveStrings(const RowLayout& layout, uint8_t* rows, size_t count, const uint8_t* from,
                 const uint8_t* to);

}  // namespace trivet
