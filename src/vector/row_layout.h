#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "base/status.h"
#include "types/type.h"

namespace trivet {

template <typename T>
T LoadAs(const uint8_t* address) {
  T value;
  std::memcpy(static_cast<void*>(&value), address, sizeof(T));
  return value;
}
template <typename T>
void StoreAs(uint8_t* address, const T& value) {
  std::memcpy(address, static_cast<const void*>(&value), sizeof(T));
}

// The row format: how the columns of one row lie side by side in memory, for hash tables, sorts and
// spill files.
//
//   [hash 8][values, widest first][flag 1][validity, a bit a column][padding][extra]
//
// A row is row_bytes() long, a multiple of 8 (of 16 with an extra part of a multiple of 16 bytes),
// and starts at a multiple of that. The hash, the flag and the extra part are there when asked for.
// Validity bit c stands for column c, set: valid. Values have their vector's representation; that
// of a NULL is zero. A string is a StringView: inline up to 12 bytes, else a pointer into the heap
// of the row's page (see RowStore). The extra part (aggregate states) starts at a multiple of 8, or
// of 16 where its size is one, and belongs to whoever asked for it.
//
// Rows refer to nothing outside their page but that heap, so a page is spilled as its bytes and its
// heap's bytes; when it comes back elsewhere, each long string's pointer moves by the distance that
// its heap has moved (Kuiper et al., "Robust External Hash Aggregation", ICDE 2024).
//
// Immutable, thread-safe.
class RowLayout {
 public:
  struct Options {
    bool hash = false;
    bool flag = false;  // one byte, zero at first
    size_t extra_bytes = 0;
  };

  // NotImplemented for lists and structs.
  static Result<std::shared_ptr<const RowLayout>> Make(std::vector<LogicalType> types,
                                                       Options options);

  const std::vector<LogicalType>& types() const { return types_; }
  size_t column_count() const { return types_.size(); }
  size_t row_bytes() const { return row_bytes_; }
  size_t offset(size_t column) const { return offsets_[column]; }
  bool has_hash() const { return options_.hash; }
  size_t flag_offset() const { return flag_offset_; }
  size_t validity_offset() const { return validity_offset_; }
  size_t validity_bytes() const { return (types_.size() + 7) / 8; }
  size_t extra_offset() const { return extra_offset_; }
  size_t extra_bytes() const { return options_.extra_bytes; }
  // Columns whose values may point into the heap.
  const std::vector<size_t>& string_columns() const { return string_columns_; }

  bool IsValid(const uint8_t* row, size_t column) const {
    return (row[validity_offset_ + column / 8] >> (column % 8)) & 1;
  }
  void SetNull(uint8_t* row, size_t column) const {
    row[validity_offset_ + column / 8] &= static_cast<uint8_t>(~(1u << (column % 8)));
  }
  template <typename T>
  T Get(const uint8_t* row, size_t column) const {
    return LoadAs<T>(row + offsets_[column]);
  }
  // With a hash only.
  static uint64_t Hash(const uint8_t* row) { return LoadAs<uint64_t>(row); }

 private:
  RowLayout() = default;

  std::vector<LogicalType> types_;
  Options options_;
  std::vector<size_t> offsets_;
  std::vector<size_t> string_columns_;
  size_t flag_offset_ = 0;
  size_t validity_offset_ = 0;
  size_t extra_offset_ = 0;
  size_t row_bytes_ = 0;
};

using RowLayoutPtr = std::shared_ptr<const RowLayout>;

}  // namespace trivet
