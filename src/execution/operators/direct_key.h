#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "types/type.h"
#include "vector/row_layout.h"

namespace trivet {

// A join's single integer key, by which tables are addressed directly where its range is dense.

// The least and the greatest of integer keys.
struct KeyBounds {
  int64_t min = std::numeric_limits<int64_t>::max();
  int64_t max = std::numeric_limits<int64_t>::min();

  bool is_none() const { return min > max; }
  uint64_t range() const { return static_cast<uint64_t>(max) - static_cast<uint64_t>(min); }
  void Add(int64_t key) {
    min = std::min(min, key);
    max = std::max(max, key);
  }
  void Add(const KeyBounds& other) {
    min = std::min(min, other.min);
    max = std::max(max, other.max);
  }
};

// True for key types whose values are integers of at most 64 bits.
inline bool IsDirectKeyType(const LogicalType& type) {
  switch (type.physical()) {
    case PhysicalType::kInt8:
    case PhysicalType::kInt16:
    case PhysicalType::kInt32:
    case PhysicalType::kInt64:
    case PhysicalType::kUInt8:
    case PhysicalType::kUInt16:
    case PhysicalType::kUInt32: return !type.IsNull();
    default: return false;
  }
}

// Value of such a key, read from a row or a vector.
inline int64_t ReadIntegerKey(PhysicalType type, const uint8_t* address) {
  switch (type) {
    case PhysicalType::kInt8: return LoadAs<int8_t>(address);
    case PhysicalType::kInt16: return LoadAs<int16_t>(address);
    case PhysicalType::kInt32: return LoadAs<int32_t>(address);
    case PhysicalType::kInt64: return LoadAs<int64_t>(address);
    case PhysicalType::kUInt8: return LoadAs<uint8_t>(address);
    case PhysicalType::kUInt16: return LoadAs<uint16_t>(address);
    case PhysicalType::kUInt32: return LoadAs<uint32_t>(address);
    default: return 0;
  }
}

}  // namespace trivet
