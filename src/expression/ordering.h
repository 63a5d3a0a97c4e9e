#pragma once

#include <type_traits>

#include "base/int128.h"
#include "types/type.h"
#include "vector/string_view.h"

namespace trivet {

// The engine's order of values of one physical type: NaN equals NaN and is greatest, -0.0 equals
// 0.0, intervals go by their normalised length, strings by bytes. Branch-free where the hardware
// allows.

// Length in microseconds with months of 30 days and days of 24 hours.
inline int128_t IntervalLength(const Interval& interval) {
  constexpr int64_t kMicrosPerDay = int64_t{86400} * 1000000;
  return (int128_t{interval.months} * 30 + interval.days) * kMicrosPerDay + interval.micros;
}

template <typename T>
struct Ordering {
  static bool Equal(const T& a, const T& b) { return a == b; }
  static bool Less(const T& a, const T& b) { return a < b; }
};

template <typename T>
  requires std::is_floating_point_v<T>
struct Ordering<T> {
  static bool Equal(T a, T b) { return (a == b) | ((a != a) & (b != b)); }
  static bool Less(T a, T b) { return (a < b) | ((b != b) & (a == a)); }
};

template <>
struct Ordering<StringView> {
  static bool Equal(const StringView& a, const StringView& b) { return a == b; }
  // The first four bytes, zero where there are fewer, decide most comparisons without a memory
  // access.
  static bool Less(const StringView& a, const StringView& b) {
    const uint32_t a_prefix = Prefix(a);
    const uint32_t b_prefix = Prefix(b);
    return a_prefix != b_prefix ? a_prefix < b_prefix : a < b;
  }

 private:
  static uint32_t Prefix(const StringView& text) {
    return __builtin_bswap32(static_cast<uint32_t>(text.head_word() >> 32));
  }
};

template <>
struct Ordering<Interval> {
  static bool Equal(const Interval& a, const Interval& b) {
    return IntervalLength(a) == IntervalLength(b);
  }
  static bool Less(const Interval& a, const Interval& b) {
    return IntervalLength(a) < IntervalLength(b);
  }
};

}  // namespace trivet
