#pragma once

#include <cstddef>
#include <cstdint>

namespace trivet {

// Values from `low` to `high`, both of them included, or, where `outside`, all others. NaN lies in
// no range, so it is outside of all. Every comparison with a constant is one of these.
template <typename T>
struct ValueRange {
  T low;
  T high;
  bool outside = false;
};

// Writes the rows below `count` whose value is in the range and valid (`validity` null: all are) to
// `out`, ascending, and gives their number. `out` has room for `count` rows; what follows the found
// ones is overwritten. For int32_t, int64_t and double.
template <typename T>
size_t SelectRange(const T* values, const uint64_t* validity, const ValueRange<T>& range,
                   size_t count, uint32_t* out);

// The same for integers in [low, low + bits), all of them numbers of the type, whose
// words. All rows are valid. For int32_t and int64_t.
template <typename T>
size_t SelectInBitmap(const T* values, T low, uint64_t bits, const uint64_t* bitmap, size_t count,
                      uint32_t* out);

extern template size_t SelectRange(const int32_t*, const uint64_t*, const ValueRange<int32_t>&,
                                   size_t, uint32_t*);
extern template size_t SelectRange(const int64_t*, const uint64_t*, const ValueRange<int64_t>&,
                                   size_t, uint32_t*);
extern template size_t SelectRange(const double*, const uint64_t*, const ValueRange<double>&,
                                   size_t, uint32_t*);
extern template size_t SelectInBitmap(const int32_t*, int32_t, uint64_t, const uint64_t*, size_t,
                                      uint32_t*);
extern template size_t SelectInBitmap(const int64_t*, int64_t, uint64_t, const uint64_t*, size_t,
                                      uint32_t*);

}  // namespace trivet
