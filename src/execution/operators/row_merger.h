#pragma once

#include <functional>
#include <span>
#include <vector>

#include "execution/operators/group_table.h"

namespace trivet {

// Brings rows of equal keys together, from any number of stores of one layout: the first row of a
// key stays, each later one is marked as merged and reported with the row it belongs to. One
// thread's.
class RowMerger {
 public:
  RowMerger(const GroupLayout& layout, const EvaluationContext& context, std::string_view consumer)
      : layout_(layout), cancellation_(context.cancellation()), index_(context, consumer) {}

  // Called with pairs of rows: sources[i] is merged into targets[i].
  using OnPairs =
      std::function<void(uint8_t* const* sources, uint8_t* const* targets, size_t count)>;

  // What merging takes beside the rows: words of 8 bytes at a load of a quarter to a half.
  static constexpr size_t kBytesPerRow = 32;
  Status Reserve(size_t rows) { return index_.Reserve(rows); }
  // Rows of a store within which all keys differ, when the merger is still empty.
  Status AddUnique(const RowStore& rows);
  Status Add(const RowStore& rows, const OnPairs& on_pairs);
  // Writes to rows[i] the row with the keys of row i; there must be one.
  void Find(std::span<const Vector> keys, const uint64_t* hashes, size_t count,
            uint8_t** rows) const;
  void Release() { index_.Release(); }

 private:
  const GroupLayout& layout_;
  const CancellationToken& cancellation_;
  GroupIndex index_;
};

}  // namespace trivet
