#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "context/memory_shares.h"
#include "execution/operators/sort_key.h"
#include "execution/pipeline.h"
#include "execution/spill/sorted_run_file.h"
#include "expression/evaluator.h"
#include "plan/logical_window.h"
#include "vector/row_store.h"

namespace trivet {

class TopBoundary;

// A limit that keeps all rows.
inline constexpr uint64_t kNoSortLimit = ~uint64_t{0};

// What all threads of one sort share: how rows are kept and compared.
struct SortShape {
  RowLayoutPtr
      layout;  // the child's columns, then string keys that are no column; keys as extra part
  std::vector<ExpressionPtr> keys;
  std::vector<size_t> key_columns;  // keys stored as columns of their own
  std::unique_ptr<SortKeyEncoder> encoder;
  size_t column_count = 0;       // of the child
  size_t partition_keys = 0;     // leading keys that group rows
  uint64_t keep = kNoSortLimit;  // rows that matter: limit + offset; all where there are groups
  std::shared_ptr<TopBoundary> boundary;  // told of the last row that matters; may be null
  // Top-N of groups: limit + offset, and what filters in front of a run may take; else 0.
  uint64_t group_rows = 0;
  size_t filter_bytes = 0;
  // Window functions: what numbers are added to the rows, and how many leading keys tell whether
  // rows share a rank.
  std::vector<RankingFunction> functions;
  size_t peer_keys = 0;
  std::vector<size_t> compared_strings;  // stored columns that string keys are compared by

  static Result<SortShape> Make(const std::vector<LogicalType>& types,
                                const std::vector<SortKey>& keys);
};

// A row and its key's head (SortKeyEncoder::Head).
struct SortEntry {
  uint64_t head = 0;
  uint8_t* row = nullptr;
};
inline SortEntry EntryOf(const SortShape& shape, uint8_t* row) {
  return {SortKeyEncoder::Head(row + shape.layout->extra_offset()), row};
}

// Entries of rows from batches [first, last] of the input.
template <typename Entries>
struct SortPieceOf {
  Entries entries;
  BatchOrder first;
  BatchOrder last;
  bool in_order = true;  // they came in the order of their places
};
using SortPiece = SortPieceOf<std::span<const SortEntry>>;

class SpilledSort;
class TopFilter;

// Rows gathered by one thread, sorted in pieces of some ten thousand. With a bound on the rows that
// matter, rows behind the bound are dropped as they come or whenever twice the bound have gathered;
// with one on the rows of each group, so are those that a filter tells, and sorting waits for the
// end. Tells the share what it holds. Synchronised by whoever holds the mutex.
class SortRun {
 public:
  SortRun(const SortShape& shape, const EvaluationContext& context, MemoryShare& share);
  ~SortRun();
  SortRun(const SortRun&) = delete;
  SortRun& operator=(const SortRun&) = delete;

  // Whether so few rows matter that others are dropped as they come.
  static bool Prunes(const SortShape& shape);

  // Held by the thread whose rows these are for each batch, and by another that spills them.
  std::mutex& mutex() { return mutex_; }
  // As of the last batch; needs no mutex.
  size_t told_bytes() const { return told_bytes_.load(std::memory_order_relaxed); }

  // `keys` are the batch's evaluated sort keys. Where memory is refused, no row of the batch has
  // been taken.
  Status Append(const Batch& batch, const std::vector<Vector>& keys);
  // Writes the rows that are held to disk as a sorted run, no more than matter, and lets go of
  // their memory.
  Status Spill(SpilledSort& spilled);
  // No more rows come: sorts what is not yet.
  Status EndInput();

  // Sorted pieces, after EndInput.
  std::vector<SortPiece> pieces() const;
  size_t row_count() const;
  const RowStore& store() const { return *store_; }
  size_t memory_bytes() const;

 private:
  static constexpr size_t kFirstThinning = size_t{1} << 17;

  bool Less(const SortEntry& left, const SortEntry& right) const;
  // Room for that many more entries.
  Status ReserveEntries(size_t more);
  Status AppendRows(const Batch& batch, const std::vector<Vector>& keys);
  // Which of a batch's `count` rows, of which `kept_count` are left, the bound leaves.
  size_t SelectWithinBound(const std::vector<Vector>& keys, BatchOrder order, size_t kept_count,
                           size_t count, uint32_t* kept);
  // Keeps the best `keep` rows, copied to a store of their own.
  Status Prune();
  // Drops rows that the filter now tells; copies the others where they are few.
  Status Thin();
  Status KeepEntriesOnly();
  Status CopySurvivors(RowStore& survivors);
  // Whether pieces are sorted as they fill.
  bool sorts_early() const { return !Prunes(shape_) && shape_.group_rows == 0; }
  // Has the rows gathered sorted, and more go to another piece.
  Status ClosePiece();
  Status SortEntries(std::span<SortEntry> entries) const;
  Status SortPieces();
  // The rows in order, no more than matter.
  Result<SortedRun> Write(SortedRunFile& file);
  void Clear();
  void TellHeld();
  size_t min_prune_rows() const;

  const SortShape& shape_;
  const EvaluationContext& context_;
  MemoryShare& share_;
  std::mutex mutex_;
  std::atomic<size_t> told_bytes_{0};
  Reservation reservation_;  // of the entries
  std::unique_ptr<RowStore> store_;
  std::vector<SortPieceOf<std::vector<SortEntry>>> sorted_;  // full pieces
  std::vector<SortEntry> entries_;                           // those since …
  BatchOrder first_;                                         // … and the batches they come from
  BatchOrder last_;
  bool in_order_ = true;
  std::vector<uint8_t> scratch_;
  std::unique_ptr<TopFilter> filter_;  // null: none, or no more
  size_t next_thinning_ = kFirstThinning;
  bool has_bound_ = false;
  uint64_t bound_head_ = 0;
};

// Orders entries of one shape.
inline bool SortsBefore(const SortShape& shape, const SortEntry& left, const SortEntry& right) {
  if (left.head != right.head) return left.head < right.head;
  return shape.encoder->Less(*shape.layout, left.row, right.row);
}

}  // namespace trivet
