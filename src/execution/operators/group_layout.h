#pragma once

#include <cstring>
#include <memory>
#include <vector>

#include "vector/row_layout.h"
#include "vector/row_match.h"

namespace trivet {

// How the rows of a group table lie: keys with their hash, a flag that marks rows merged into
// another one, and an extra part (aggregate states) that starts as a copy of `prototype`.
// Immutable, shared by all threads of an operator.
struct GroupLayout {
  RowLayoutPtr rows;
  std::vector<uint8_t> prototype;
  std::unique_ptr<RowMatcher> matcher;

  static Result<std::shared_ptr<const GroupLayout>> Make(std::vector<LogicalType> key_types,
                                                         std::vector<uint8_t> prototype);

  size_t key_count() const { return rows->column_count(); }
  uint8_t* States(uint8_t* row) const { return row + rows->extra_offset(); }
  void InitializeStates(uint8_t* row) const {
    if (!prototype.empty()) std::memcpy(States(row), prototype.data(), prototype.size());
  }
  bool IsMerged(const uint8_t* row) const { return row[rows->flag_offset()] != 0; }
  void MarkMerged(uint8_t* row) const { row[rows->flag_offset()] = 1; }

  // Whether two rows have equal keys. Floating-point keys are canonical in rows of groups, so all
  // but strings and intervals compare as bytes.
  bool SameKeys(const uint8_t* left, const uint8_t* right) const;
  // Equal intervals may differ in their parts: of those of a group, the row keeps the one that is
  // first in a fixed order, so that it does not matter which came first.
  void UnifyInterval(size_t column, uint8_t* row, const Interval& other) const;
  void UnifyKeys(uint8_t* row, const uint8_t* other) const;

  std::vector<size_t> string_columns;
  std::vector<size_t> interval_columns;
  size_t bytes_offset = 0;  // keys that compare as bytes lie side by side
  size_t bytes_size = 0;
  std::vector<size_t> wide_columns;  // 16-byte integers, which lie among strings and intervals
};

using GroupLayoutPtr = std::shared_ptr<const GroupLayout>;

}  // namespace trivet
