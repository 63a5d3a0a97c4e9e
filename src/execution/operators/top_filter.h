#pragma once

#include <memory>
#include <span>
#include <vector>

#include "execution/operators/group_finder.h"
#include "execution/operators/sort_run.h"

namespace trivet {

// In front of a Top-N of groups: tells rows that are certainly not among the first ones of their
// group, since so many others come before them. Remembers, for each group, the least heads of order
// keys seen (SortKeyEncoder::KeyHeads); what ties with the last of them passes. Only a filter:
// without it nothing but time is lost, so it ends (`is_done`) where memory is short or where nearly
// all rows pass. One thread's; not synchronised.
class TopFilter {
 public:
  // Groups with more first rows than this are not filtered.
  static constexpr uint64_t kMostRows = 64;

  // Null where the sort is no such Top-N.
  static std::unique_ptr<TopFilter> Make(const SortShape& shape, const EvaluationContext& context);

  // Writes the rows of the batch that may matter to kept, in order; `keys` are its sort keys. They
  // count as held from then on: where they are not, the filter must not be used again.
  size_t Select(const std::vector<Vector>& keys, size_t count, uint32_t* kept);
  // Drops entries of rows that do not matter any more; `entries` are those of all rows held. Sees
  // whether the filter is worth its time.
  void Thin(std::vector<SortEntry>& entries);
  // The rows held went to disk.
  void ForgetRows();

  // To be destroyed: from now on it tells nothing.
  bool is_done() const { return is_done_; }
  size_t memory_bytes() const { return finder_.memory_bytes() + reservation_.bytes(); }

 private:
  TopFilter(GroupLayoutPtr layout, const SortShape& shape, const EvaluationContext& context);
  Status TrySelect(const std::vector<Vector>& keys, size_t count, uint32_t* kept,
                   size_t* kept_count);
  Status ReserveRows(size_t more);

  // A row that is held: where its group's heads are, and its own.
  struct HeldRow {
    const uint64_t* heads;
    uint64_t head;
  };

  const SortShape& shape_;
  GroupFinder finder_;
  std::unique_ptr<GroupRuns> runs_;
  Reservation reservation_;
  std::vector<HeldRow> rows_;
  bool is_done_ = false;
  uint64_t seen_ = 0;  // rows
  // When rows were thinned last: rows seen, rows left, groups.
  uint64_t reviewed_seen_ = 0;
  size_t reviewed_rows_ = 0;
  size_t reviewed_groups_ = 0;
};

}  // namespace trivet
