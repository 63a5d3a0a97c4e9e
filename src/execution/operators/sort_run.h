#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "execution/operators/sort_key.h"
#include "execution/pipeline.h"
#include "expression/evaluator.h"
#include "vector/row_store.h"

namespace trivet {

// What all threads of one sort share: how rows are kept and compared.
struct SortShape {
  RowLayoutPtr
      layout;  // the child's columns, then string keys that are no column; keys as extra part
  std::vector<ExpressionPtr> keys;
  std::vector<size_t> key_columns;  // keys stored as columns of their own
  std::unique_ptr<SortKeyEncoder> encoder;
  size_t column_count = 0;       // of the child
  size_t partition_keys = 0;     // leading keys that group rows
  uint64_t keep = ~uint64_t{0};  // rows that matter: limit + offset; all where there are groups

  static Result<SortShape> Make(const std::vector<LogicalType>& types,
                                const std::vector<SortKey>& keys);
};

// A row and the first bytes of its key.
struct SortEntry {
  uint64_t head;
  uint8_t* row;
};

// Rows gathered by one thread, sorted in pieces of some ten thousand. With a bound on the rows that
// matter, rows behind the bound are dropped as they come or whenever twice the bound have gathered.
// Not synchronised.
class SortRun {
 public:
  SortRun(const SortShape& shape, const EvaluationContext& context);

  // `keys` are the batch's evaluated sort keys.
  Status Append(const Batch& batch, const std::vector<Vector>& keys);
  // No more rows come: sorts what is not yet.
  Status EndInput();

  // Sorted pieces, after EndInput.
  std::vector<std::span<const SortEntry>> pieces() const;
  size_t row_count() const;
  const RowStore& store() const { return *store_; }
  size_t memory_bytes() const { return memory_bytes_ + reservation_.bytes(); }

 private:
  bool Less(const SortEntry& left, const SortEntry& right) const;
  // Room for that many more entries.
  Status ReserveEntries(size_t more);
  // Keeps the best `keep` rows, copied to a store of their own.
  Status Prune();
  bool prunes() const;

  const SortShape& shape_;
  const EvaluationContext& context_;
  Reservation reservation_;  // of the entries
  std::unique_ptr<RowStore> store_;
  size_t memory_bytes_ = 0;
  std::vector<std::vector<SortEntry>> sorted_;  // full pieces
  std::vector<SortEntry> entries_;              // those since
  std::vector<uint8_t> scratch_;
  bool has_bound_ = false;
  uint64_t bound_head_ = 0;
};

// Orders entries of one shape.
inline bool SortsBefore(const SortShape& shape, const SortEntry& left, const SortEntry& right) {
  if (left.head != right.head) return left.head < right.head;
  return shape.encoder->Less(*shape.layout, left.row, right.row);
}

}  // namespace trivet
