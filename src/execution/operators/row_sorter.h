#pragma once

#include <span>

#include "base/cancellation.h"
#include "execution/operators/sort_run.h"

namespace trivet {

// Sorts rows by radix. Of each part of the keys (a NULL byte, a value, eight bytes of a string)
// only what tells these rows apart is looked at: the least value is subtracted, and the few bits
// that are left are packed, part by part, into one number per row, as many as there is room for.
// What these numbers leave undecided is packed anew, group by group; few rows are compared. Rows
// whose places in the input ascend need no place in the number, since radix sorting is stable. One
// thread's.
class RowSorter {
 public:
  // Both outlive it. `places_ascend`: rows of equal keys are given in the order of their places.
  RowSorter(const SortShape& shape, bool places_ascend, const CancellationToken& cancellation)
      : shape_(shape), places_ascend_(places_ascend), cancellation_(cancellation) {}

  // Orders the entries' rows; their heads are lost (see RestoreHeads). `scratch` has room for all
  // entries. After an error the entries are in some order.
  Status Sort(std::span<SortEntry> entries, std::span<SortEntry> scratch) {
    return SortLevel(entries, scratch, 0);
  }
  void RestoreHeads(std::span<SortEntry> entries) const;

 private:
  Status SortLevel(std::span<SortEntry> entries, std::span<SortEntry> scratch, int level);

  const SortShape& shape_;
  const bool places_ascend_;
  const CancellationToken& cancellation_;
};

}  // namespace trivet
