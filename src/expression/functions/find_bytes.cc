#include "expression/functions/find_bytes.h"

#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace trivet {

size_t FindBytes(std::string_view haystack, std::string_view needle, size_t from) {
  const size_t length = needle.size();
  if (from > haystack.size() || haystack.size() - from < length) return kNotFound;
  if (length == 0) return from;
  const char* text = haystack.data();
  if (length == 1) {
    const void* found = std::memchr(text + from, needle[0], haystack.size() - from);
    return found ? static_cast<size_t>(static_cast<const char*>(found) - text) : kNotFound;
  }
  const size_t last_start = haystack.size() - length;
  size_t position = from;
#ifdef __SSE2__
  // Muła, "SIMD-friendly algorithms for substring searching": first and last byte together are
  // rare.
  const __m128i first = _mm_set1_epi8(needle.front());
  const __m128i last = _mm_set1_epi8(needle.back());
  for (; position + 15 <= last_start; position += 16) {
    const auto load = [&](size_t at) {
      return _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + at));
    };
    const __m128i equal = _mm_and_si128(_mm_cmpeq_epi8(load(position), first),
                                        _mm_cmpeq_epi8(load(position + length - 1), last));
    for (uint32_t mask = static_cast<uint32_t>(_mm_movemask_epi8(equal)); mask != 0;
         mask &= mask - 1) {
      const size_t candidate = position + static_cast<size_t>(__builtin_ctz(mask));
      if (std::memcmp(text + candidate + 1, needle.data() + 1, length - 2) == 0) return candidate;
    }
  }
#endif
  for (; position <= last_start; ++position) {
    if (text[position] == needle[0] &&
        std::memcmp(text + position + 1, needle.data() + 1, length - 1) == 0) {
      return position;
    }
  }
  return kNotFound;
}

}  // namespace trivet
