#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "vector/vector.h"

namespace trivet {

// Where a batch stands in its stream: morsels are numbered in the input's order (file, row group),
// batches of a morsel by sequence. Order-preserving operators keep it; whoever needs the input's
// order back (results, LIMIT, stable sort, first/last) compares (morsel, sequence, row).
struct BatchOrder {
  uint64_t morsel = 0;
  uint64_t sequence = 0;
  auto operator<=>(const BatchOrder&) const = default;
};

// Up to kVectorSize rows of several columns. Copying shares the memory.
class Batch {
 public:
  Batch() = default;
  Batch(std::vector<Vector> columns, size_t row_count)
      : columns_(std::move(columns)), row_count_(row_count) {}

  size_t row_count() const { return row_count_; }
  void set_row_count(size_t row_count) { row_count_ = row_count; }
  size_t column_count() const { return columns_.size(); }
  const Vector& column(size_t i) const { return columns_[i]; }
  Vector& mutable_column(size_t i) { return columns_[i]; }
  const std::vector<Vector>& columns() const { return columns_; }
  std::vector<Vector>& mutable_columns() { return columns_; }

  const BatchOrder& order() const { return order_; }
  void set_order(BatchOrder order) { order_ = order; }

  // Keeps only rows[0..count), in that order. Columns that shared codes before share them after.
  void Slice(const Indices& rows, size_t count);
  // Makes every column flat.
  void Flatten();
  // An empty batch with `count` rows of room and the given column types, all flat.
  static Batch MakeFlat(const std::vector<LogicalType>& types, size_t capacity = kVectorSize);
  size_t MemoryBytes() const;
  // Bytes of all strings that are not inline.
  size_t StringBytes() const;

 private:
  std::vector<Vector> columns_;
  size_t row_count_ = 0;
  BatchOrder order_;
};

}  // namespace trivet
