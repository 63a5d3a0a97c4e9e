#include "expression/functions/find_bytes.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/simd_intrinsics.h"

namespace trivet {

namespace {

// Muła, "SIMD-friendly algorithms for substring searching": the first and the last byte of the
// needle, at its distance, are rare together. Needles have two bytes or more; `from` is at most
// `last_start`, where the needle can stand last.
bool IsAt(const char* text, size_t position, std::string_view needle) {
  return std::memcmp(text + position + 1, needle.data() + 1, needle.size() - 2) == 0;
}

size_t FindOneByOne(const char* text, std::string_view needle, size_t from, size_t last_start) {
  for (size_t position = from; position <= last_start; ++position) {
    if (text[position] == needle.front() && text[position + needle.size() - 1] == needle.back() &&
        IsAt(text, position, needle)) {
      return position;
    }
  }
  return kNotFound;
}

#if defined(TRIVET_X86_SIMD)

// The first of the candidates, a bit each, at which the needle stands.
size_t FirstOf(uint64_t candidates, const char* text, size_t position, std::string_view needle) {
  for (; candidates != 0; candidates &= candidates - 1) {
    const size_t candidate = position + static_cast<size_t>(__builtin_ctzll(candidates));
    if (IsAt(text, candidate, needle)) return candidate;
  }
  return kNotFound;
}

// Sixteen positions at a time; the last sixteen may have been looked at before.
size_t FindSse2(const char* text, std::string_view needle, size_t from, size_t last_start) {
  if (last_start - from < 15) return FindOneByOne(text, needle, from, last_start);
  const __m128i first = _mm_set1_epi8(needle.front());
  const __m128i last = _mm_set1_epi8(needle.back());
  const char* const ends = text + needle.size() - 1;
  for (size_t position = from; position <= last_start; position += 16) {
    const size_t at = std::min(position, last_start - 15);
    const __m128i starts = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + at));
    const __m128i stops = _mm_loadu_si128(reinterpret_cast<const __m128i*>(ends + at));
    const __m128i equal = _mm_and_si128(_mm_cmpeq_epi8(starts, first), _mm_cmpeq_epi8(stops, last));
    const auto mask = static_cast<uint32_t>(_mm_movemask_epi8(equal));
    if (mask == 0) continue;
    const size_t found = FirstOf(mask, text, at, needle);
    if (found != kNotFound) return found;
  }
  return kNotFound;
}

TRIVET_TARGET_AVX2 size_t FindAvx2(const char* text, std::string_view needle, size_t from,
                                   size_t last_start) {
  if (last_start - from < 31) return FindSse2(text, needle, from, last_start);
  const __m256i first = _mm256_set1_epi8(needle.front());
  const __m256i last = _mm256_set1_epi8(needle.back());
  const char* const ends = text + needle.size() - 1;
  size_t found = kNotFound;
  for (size_t position = from; position <= last_start; position += 32) {
    const size_t at = std::min(position, last_start - 31);
    const __m256i starts = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + at));
    const __m256i stops = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(ends + at));
    const __m256i equal =
        _mm256_and_si256(_mm256_cmpeq_epi8(starts, first), _mm256_cmpeq_epi8(stops, last));
    const auto mask = static_cast<uint32_t>(_mm256_movemask_epi8(equal));
    if (mask == 0) continue;
    found = FirstOf(mask, text, at, needle);
    if (found != kNotFound) break;
  }
  _mm256_zeroupper();  // g++ 12 does not before a return behind calls of functions that it sees
  return found;
}

#endif

using FindFunction = size_t(const char* text, std::string_view needle, size_t from,
                            size_t last_start);
// With 64 bytes at a time every load crosses a cache line, and where masks leave out what a text
// has less, texts of any length took twice the time of 32 bytes on one processor and as much on
// another.
constexpr SimdDispatch<FindFunction> kFind({
#if defined(TRIVET_X86_SIMD)
    .baseline = FindSse2,
    .avx2 = FindAvx2,
#else
    .baseline = FindOneByOne,
#endif
});

}  // namespace

size_t FindBytes(std::string_view haystack, std::string_view needle, size_t from) {
  const size_t length = needle.size();
  if (from > haystack.size() || haystack.size() - from < length) return kNotFound;
  if (length == 0) return from;
  const char* text = haystack.data();
  if (length == 1) {
    const void* found = std::memchr(text + from, needle[0], haystack.size() - from);
    return found ? static_cast<size_t>(static_cast<const char*>(found) - text) : kNotFound;
  }
  return kFind(text, needle, from, haystack.size() - length);
}

}  // namespace trivet
