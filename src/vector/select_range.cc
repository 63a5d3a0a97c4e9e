#include "vector/select_range.h"

#include <cstring>

#include "vector/select_lanes.h"

namespace trivet {

namespace {

bool IsValidRow(const uint64_t* validity, size_t row) {
  return validity == nullptr || (validity[row >> 6] >> (row & 63) & 1) != 0;
}

// Rows [from, count), one by one: a row is written always and kept where it passes, for no branch
// could guess what data says. Inlined, for g++ 12 leaves the upper halves of registers dirty around
// calls of functions that it sees.
template <typename T>
[[gnu::always_inline]] inline size_t SelectRest(const T* values, const uint64_t* validity,
                                                const ValueRange<T>& range, size_t from,
                                                size_t count, uint32_t* out, size_t found) {
  if (validity == nullptr) {
    for (size_t row = from; row < count; ++row) {
      out[found] = static_cast<uint32_t>(row);
      found += IsIn(values[row], range);
    }
    return found;
  }
  for (size_t row = from; row < count; ++row) {
    out[found] = static_cast<uint32_t>(row);
    found += IsIn(values[row], range) & IsValidRow(validity, row);
  }
  return found;
}

template <typename T>
size_t SelectPlain(const T* values, const uint64_t* validity, const ValueRange<T>& range,
                   size_t count, uint32_t* out) {
  return SelectRest(values, validity, range, 0, count, out, 0);
}

#if defined(TRIVET_X86_SIMD)

// Of eight rows from `row` on the validity bits; row is a multiple of eight.
inline uint32_t ValidEight(const uint64_t* validity, size_t row) {
  return reinterpret_cast<const uint8_t*>(validity)[row >> 3];
}

template <typename T>
TRIVET_TARGET_SSE42 size_t SelectSse42(const T* values, const uint64_t* validity,
                                       const ValueRange<T>& range, size_t count, uint32_t* out) {
  const RangeSse42<T> test(range);
  const uint32_t flip = range.outside ? 0xFF : 0;
  size_t found = 0;
  size_t row = 0;
  for (; row + 8 <= count; row += 8) {
    uint32_t mask = test.Eight(values + row) ^ flip;
    if (validity != nullptr) mask &= ValidEight(validity, row);
    const __m128i bits = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(&kSetBits[mask]));
    const __m128i base = _mm_set1_epi32(static_cast<int>(row));
    const __m128i first = _mm_add_epi32(_mm_cvtepu8_epi32(bits), base);
    const __m128i second = _mm_add_epi32(_mm_cvtepu8_epi32(_mm_srli_si128(bits, 4)), base);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + found), first);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + found + 4), second);
    found += static_cast<size_t>(__builtin_popcount(mask));
  }
  return SelectRest(values, validity, range, row, count, out, found);
}

template <typename T>
TRIVET_TARGET_AVX2 size_t SelectAvx2(const T* values, const uint64_t* validity,
                                     const ValueRange<T>& range, size_t count, uint32_t* out) {
  const RangeAvx2<T> test(range);
  const uint32_t flip = range.outside ? 0xFF : 0;
  size_t found = 0;
  size_t row = 0;
  for (; row + 8 <= count; row += 8) {
    uint32_t mask = test.Eight(values + row) ^ flip;
    if (validity != nullptr) mask &= ValidEight(validity, row);
    const __m128i bits = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(&kSetBits[mask]));
    const __m256i rows =
        _mm256_add_epi32(_mm256_cvtepu8_epi32(bits), _mm256_set1_epi32(static_cast<int>(row)));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + found), rows);
    found += static_cast<size_t>(__builtin_popcount(mask));
  }
  return SelectRest(values, validity, range, row, count, out, found);
}

template <typename T>
TRIVET_TARGET_AVX512 size_t SelectAvx512(const T* values, const uint64_t* validity,
                                         const ValueRange<T>& range, size_t count, uint32_t* out) {
  const RangeAvx512<T> test(range);
  const uint32_t flip = range.outside ? 0xFFFF : 0;
  __m512i rows = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const __m512i step = _mm512_set1_epi32(16);
  size_t found = 0;
  size_t row = 0;
  for (; row + 16 <= count; row += 16) {
    uint32_t mask = test.Sixteen(values + row) ^ flip;
    if (validity != nullptr) {
      uint16_t valid;
      std::memcpy(&valid, reinterpret_cast<const uint8_t*>(validity) + (row >> 3), sizeof(valid));
      mask &= valid;
    }
    // Compressed in a register: compressing into memory takes very long on some processors.
    _mm512_storeu_si512(out + found,
                        _mm512_maskz_compress_epi32(static_cast<__mmask16>(mask), rows));
    found += static_cast<size_t>(__builtin_popcount(mask));
    rows = _mm512_add_epi32(rows, step);
  }
  return SelectRest(values, validity, range, row, count, out, found);
}

#endif

template <typename T>
constexpr SimdDispatch<size_t(const T*, const uint64_t*, const ValueRange<T>&, size_t, uint32_t*)>
    kSelect({
        .baseline = SelectPlain<T>,
#if defined(TRIVET_X86_SIMD)
        .sse42 = SelectSse42<T>,
        .avx2 = SelectAvx2<T>,
        .avx512 = SelectAvx512<T>,
#endif
    });

// Nothing in between: the span of such a range would wrap round.
template <typename T>
bool IsEmpty(const ValueRange<T>& range) {
  return !(range.low <= range.high);
}

}  // namespace

template <typename T>
size_t SelectRange(const T* values, const uint64_t* validity, const ValueRange<T>& range,
                   size_t count, uint32_t* out) {
  if (IsEmpty(range)) {
    if (!range.outside) return 0;
    size_t found = 0;
    for (size_t row = 0; row < count; ++row) {
      out[found] = static_cast<uint32_t>(row);
      found += IsValidRow(validity, row);
    }
    return found;
  }
  return kSelect<T>.Get()(values, validity, range, count, out);
}

template size_t SelectRange(const int32_t*, const uint64_t*, const ValueRange<int32_t>&, size_t,
                            uint32_t*);
template size_t SelectRange(const int64_t*, const uint64_t*, const ValueRange<int64_t>&, size_t,
                            uint32_t*);
template size_t SelectRange(const double*, const uint64_t*, const ValueRange<double>&, size_t,
                            uint32_t*);
}  // namespace trivet
