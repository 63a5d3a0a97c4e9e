#pragma once

#include <vector>

#include "execution/operators/sort_run.h"
#include "execution/spill/sorted_run_file.h"

namespace trivet {

// Cuts rows that come in order, some at a time, down to rows [offset, offset + limit) of all, or of
// every run of rows with equal partition keys. Not synchronised.
class SortLimit {
 public:
  SortLimit(const SortShape& shape, uint64_t limit, uint64_t offset)
      : shape_(shape), limit_(limit), offset_(offset) {}

  // The next rows.
  void Cut(std::vector<SortEntry>& rows);
  // No later row is wanted.
  bool is_reached() const {
    return shape_.partition_keys == 0 && position_ >= offset_ && position_ - offset_ >= limit_;
  }

 private:
  const SortShape& shape_;
  const uint64_t limit_;
  const uint64_t offset_;
  uint64_t position_ = 0;  // of the next row, within its group
  LoneRow previous_;       // with groups: the last row of those before
};

}  // namespace trivet
