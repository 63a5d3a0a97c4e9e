#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/status.h"
#include "shuffle/growing_bytes.h"
#include "vector/vector.h"

namespace arrow {
struct ArrayData;
class DataType;
}  // namespace arrow

namespace trivet {

// The Arrow type in which values of a logical type travel (wire_batch.h).
std::shared_ptr<arrow::DataType> WireType(const LogicalType& type);

// One column of a chunk in the making, laid out as Arrow wants it in the end. One thread.
class ColumnBuilder {
 public:
  explicit ColumnBuilder(LogicalType type);

  // Appends rows[0..count) of the column; null: its first rows.
  void Append(const Vector& column, const uint32_t* rows, size_t count);
  size_t memory_bytes() const;

  // The rows as an Arrow array, which takes the memory over; the builder is empty thereafter.
  Result<std::shared_ptr<arrow::ArrayData>> Finish();

 private:
  void AppendValidity(const VectorView& view, const uint32_t* rows, size_t count);
  template <typename T>
  void AppendFixed(const VectorView& view, const uint32_t* rows, size_t count);
  void AppendStrings(const VectorView& view, const uint32_t* rows, size_t count);
  void AppendLists(const Vector& column, const VectorView& view, const uint32_t* rows,
                   size_t count);
  void AppendStructs(const Vector& column, const VectorView& view, const uint32_t* rows,
                     size_t count);
  void StartOffsets();

  LogicalType type_;
  size_t size_ = 0;
  size_t null_count_ = 0;
  uint64_t end_ = 0;       // bytes of strings, or list elements, so far
  GrowingBytes validity_;  // none as long as there is no NULL
  GrowingBytes values_;    // fixed-width values, or 32-bit offsets
  GrowingBytes heap_;      // bytes of strings
  std::vector<ColumnBuilder> children_;
};

}  // namespace trivet
