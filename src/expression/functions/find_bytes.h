#pragma once

#include <cstddef>
#include <string_view>

namespace trivet {

inline constexpr size_t kNotFound = static_cast<size_t>(-1);

// Where the needle first stands in the haystack at or behind `from`, or kNotFound. An empty needle
// stands everywhere. Compares 16 to 64 positions at a time by the needle's first and last byte.
size_t FindBytes(std::string_view haystack, std::string_view needle, size_t from = 0);

}  // namespace trivet
