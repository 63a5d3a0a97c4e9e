#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "expression/compare.h"
#include "vector/select_range.h"

namespace trivet {

// Types for which a comparison with a constant is a kernel.
template <typename T>
inline constexpr bool kHasRangeKernel =
    std::is_same_v<T, int32_t> || std::is_same_v<T, int64_t> || std::is_same_v<T, double>;

// The values for which `value <comparison> constant` is true.
template <typename T>
ValueRange<T> RangeOfComparison(Comparison comparison, T constant) {
  using Limits = std::numeric_limits<T>;
  const T least = Limits::has_infinity ? -Limits::infinity() : Limits::min();
  const T most = Limits::has_infinity ? Limits::infinity() : Limits::max();
  const ValueRange<T> nothing{most, least, false};
  const bool is_nan = std::is_floating_point_v<T> && std::isnan(static_cast<double>(constant));
  // What is below the constant, up to it or without it. NaN is above all else, so that it is
  // outside of either.
  const auto up_to = [&]() -> ValueRange<T> {
    if (is_nan) return {most, least, true};
    return {least, constant, false};
  };
  const auto below = [&]() -> ValueRange<T> {
    if (is_nan) return {least, most, false};
    if (constant == least) return nothing;
    if constexpr (std::is_floating_point_v<T>) {
      return {least, std::nextafter(constant, least), false};
    } else {
      return {least, static_cast<T>(constant - 1), false};
    }
  };
  const auto others = [](ValueRange<T> range) {
    range.outside = !range.outside;
    return range;
  };
  const auto equal = [&]() -> ValueRange<T> {
    if (is_nan) return {least, most, true};
    return {constant, constant, false};
  };
  switch (comparison) {
    case Comparison::kEqual: return equal();
    case Comparison::kNotEqual: return others(equal());
    case Comparison::kLess: return below();
    case Comparison::kLessOrEqual: return up_to();
    case Comparison::kGreater: return others(up_to());
    default: return others(below());
  }
}

}  // namespace trivet
