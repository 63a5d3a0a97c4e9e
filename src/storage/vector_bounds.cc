#include "storage/vector_bounds.h"

#include <cmath>
#include <type_traits>

namespace trivet {

namespace {

template <typename T>
bool Less(const T& a, const T& b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(a)) return false;
    return std::isnan(b) || a < b;
  } else {
    return a < b;
  }
}

template <typename T>
void FindBounds(const Vector& column, size_t count, ColumnStatistics& statistics) {
  const T* data = column.data<T>();
  const uint64_t* validity = column.validity();
  size_t lowest = count;
  size_t highest = count;
  for (size_t i = 0; i < count; ++i) {
    if (validity && !BitIsSet(validity, i)) continue;
    if (lowest == count) {
      lowest = highest = i;
      continue;
    }
    if (Less(data[i], data[lowest])) lowest = i;
    if (Less(data[highest], data[i])) highest = i;
  }
  if (lowest == count) return;
  statistics.min = column.GetValue(lowest);
  statistics.max = column.GetValue(highest);
}

void FindIntervalBounds(const Vector& column, size_t count, ColumnStatistics& statistics) {
  for (size_t i = 0; i < count; ++i) {
    if (!column.IsValid(i)) continue;
    const Value value = column.GetValue(i);
    if (!statistics.min || CompareValues(value, *statistics.min) < 0) statistics.min = value;
    if (!statistics.max || CompareValues(value, *statistics.max) > 0) statistics.max = value;
  }
}

uint64_t CountNulls(const Vector& column, size_t count) {
  const uint64_t* validity = column.validity();
  if (validity == nullptr) return 0;
  uint64_t nulls = 0;
  for (size_t i = 0; i < count; ++i) nulls += BitIsSet(validity, i) ? 0 : 1;
  return nulls;
}

}  // namespace

ColumnStatistics VectorBounds(const Vector& column, size_t count) {
  ColumnStatistics statistics;
  statistics.null_count = CountNulls(column, count);
  switch (column.type().physical()) {
    case PhysicalType::kBool:
    case PhysicalType::kUInt8: FindBounds<uint8_t>(column, count, statistics); break;
    case PhysicalType::kInt8: FindBounds<int8_t>(column, count, statistics); break;
    case PhysicalType::kInt16: FindBounds<int16_t>(column, count, statistics); break;
    case PhysicalType::kInt32: FindBounds<int32_t>(column, count, statistics); break;
    case PhysicalType::kInt64: FindBounds<int64_t>(column, count, statistics); break;
    case PhysicalType::kUInt16: FindBounds<uint16_t>(column, count, statistics); break;
    case PhysicalType::kUInt32: FindBounds<uint32_t>(column, count, statistics); break;
    case PhysicalType::kUInt64: FindBounds<uint64_t>(column, count, statistics); break;
    case PhysicalType::kInt128: FindBounds<int128_t>(column, count, statistics); break;
    case PhysicalType::kFloat: FindBounds<float>(column, count, statistics); break;
    case PhysicalType::kDouble: FindBounds<double>(column, count, statistics); break;
    case PhysicalType::kString: FindBounds<StringView>(column, count, statistics); break;
    case PhysicalType::kInterval: FindIntervalBounds(column, count, statistics); break;
    case PhysicalType::kList:
    case PhysicalType::kStruct: break;
  }
  return statistics;
}

}  // namespace trivet
