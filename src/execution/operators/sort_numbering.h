#pragma once

#include <vector>

#include "execution/operators/sort_run.h"
#include "execution/spill/sorted_run_file.h"

namespace trivet {

// Numbers rows of a sorted order within their partitions, as window functions do. Not synchronised.
class SortNumbering {
 public:
  explicit SortNumbering(const SortShape& shape) : shape_(shape) {}

  // The next rows; they must stay where they are until the next call, or Keep.
  void Number(const uint8_t* const* rows, size_t count);
  // The same for rows [begin, begin + count) of all rows, wherever it was before. Not for dense
  // ranks, which depend on all rows before.
  void NumberAt(std::span<uint8_t* const> all, size_t begin, size_t count);
  // The rows numbered last are about to go.
  void Keep();

  // Of the rows numbered last: a column for each function.
  std::vector<Vector>& columns() { return columns_; }

 private:
  bool SamePartition(const uint8_t* a, const uint8_t* b) const {
    return shape_.encoder->SameKeys(*shape_.layout, a, b, shape_.partition_keys);
  }
  bool ArePeers(const uint8_t* a, const uint8_t* b) const {
    return shape_.encoder->SameKeys(*shape_.layout, a, b, shape_.peer_keys);
  }

  const SortShape& shape_;
  const uint8_t* previous_ = nullptr;
  LoneRow kept_;
  // Of the previous row.
  int64_t row_number_ = 0;
  int64_t rank_ = 0;
  int64_t dense_rank_ = 0;
  std::vector<Vector> columns_;
};

}  // namespace trivet
