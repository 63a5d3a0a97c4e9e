#pragma once

#include <array>
#include <cstring>
#include <type_traits>

#include "base/simd_intrinsics.h"
#include "vector/select_range.h"

// What the kernels of select_range.h have in common, included by their sources alone.
namespace trivet {

template <typename T>
inline bool IsIn(T value, const ValueRange<T>& range) {
  if constexpr (std::is_integral_v<T>) {
    using Bits = std::make_unsigned_t<T>;
    const Bits place = static_cast<Bits>(value) - static_cast<Bits>(range.low);
    const Bits span = static_cast<Bits>(range.high) - static_cast<Bits>(range.low);
    return (place <= span) != range.outside;
  } else {
    return ((value >= range.low) & (value <= range.high)) != range.outside;
  }
}

#if defined(TRIVET_X86_SIMD)

// For eight bits the numbers of those that are set, a byte each, in a word. What follows them does
// not matter.
inline constexpr std::array<uint64_t, 256> kSetBits = [] {
  std::array<uint64_t, 256> table{};
  for (uint64_t mask = 0; mask < 256; ++mask) {
    int place = 0;
    for (uint64_t bit = 0; bit < 8; ++bit) {
      if (mask >> bit & 1) table[mask] |= bit << (8 * place++);
    }
  }
  return table;
}();

// Tests of ranges, a vector at a time: a bit for each lane. A range is not empty, and `outside` is
// the caller's to mind.
template <typename T>
struct RangeSse42;
template <typename T>
struct RangeAvx2;
template <typename T>
struct RangeAvx512;

template <>
struct RangeSse42<int32_t> {
  __m128i low, span;
  TRIVET_TARGET_SSE42 explicit RangeSse42(const ValueRange<int32_t>& range)
      : low(_mm_set1_epi32(range.low)),
        span(_mm_set1_epi32(static_cast<int>(static_cast<uint32_t>(range.high) -
                                             static_cast<uint32_t>(range.low)))) {}
  TRIVET_TARGET_SSE42 [[gnu::always_inline]] inline uint32_t Four(const int32_t* values) const {
    const __m128i place =
        _mm_sub_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(values)), low);
    const __m128i inside = _mm_cmpeq_epi32(_mm_min_epu32(place, span), place);
    return static_cast<uint32_t>(_mm_movemask_ps(_mm_castsi128_ps(inside)));
  }
  TRIVET_TARGET_SSE42 [[gnu::always_inline]] inline uint32_t Eight(const int32_t* values) const {
    return Four(values) | Four(values + 4) << 4;
  }
};

template <>
struct RangeSse42<int64_t> {
  __m128i low, high;
  TRIVET_TARGET_SSE42 explicit RangeSse42(const ValueRange<int64_t>& range)
      : low(_mm_set1_epi64x(range.low)), high(_mm_set1_epi64x(range.high)) {}
  TRIVET_TARGET_SSE42 [[gnu::always_inline]] inline uint32_t Two(const int64_t* values) const {
    const __m128i value = _mm_loadu_si128(reinterpret_cast<const __m128i*>(values));
    const __m128i beyond = _mm_or_si128(_mm_cmpgt_epi64(low, value), _mm_cmpgt_epi64(value, high));
    return static_cast<uint32_t>(_mm_movemask_pd(_mm_castsi128_pd(beyond))) ^ 3;
  }
  TRIVET_TARGET_SSE42 [[gnu::always_inline]] inline uint32_t Eight(const int64_t* values) const {
    return Two(values) | Two(values + 2) << 2 | Two(values + 4) << 4 | Two(values + 6) << 6;
  }
};

template <>
struct RangeSse42<double> {
  __m128d low, high;
  TRIVET_TARGET_SSE42 explicit RangeSse42(const ValueRange<double>& range)
      : low(_mm_set1_pd(range.low)), high(_mm_set1_pd(range.high)) {}
  TRIVET_TARGET_SSE42 [[gnu::always_inline]] inline uint32_t Two(const double* values) const {
    const __m128d value = _mm_loadu_pd(values);
    return static_cast<uint32_t>(
        _mm_movemask_pd(_mm_and_pd(_mm_cmpge_pd(value, low), _mm_cmple_pd(value, high))));
  }
  TRIVET_TARGET_SSE42 [[gnu::always_inline]] inline uint32_t Eight(const double* values) const {
    return Two(values) | Two(values + 2) << 2 | Two(values + 4) << 4 | Two(values + 6) << 6;
  }
};

template <>
struct RangeAvx2<int32_t> {
  __m256i low, span;
  TRIVET_TARGET_AVX2 explicit RangeAvx2(const ValueRange<int32_t>& range)
      : low(_mm256_set1_epi32(range.low)),
        span(_mm256_set1_epi32(static_cast<int>(static_cast<uint32_t>(range.high) -
                                                static_cast<uint32_t>(range.low)))) {}
  TRIVET_TARGET_AVX2 [[gnu::always_inline]] inline uint32_t Test(__m256i values) const {
    const __m256i place = _mm256_sub_epi32(values, low);
    const __m256i inside = _mm256_cmpeq_epi32(_mm256_min_epu32(place, span), place);
    return static_cast<uint32_t>(_mm256_movemask_ps(_mm256_castsi256_ps(inside)));
  }
  TRIVET_TARGET_AVX2 [[gnu::always_inline]] inline uint32_t Eight(const int32_t* values) const {
    return Test(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(values)));
  }
};

template <>
struct RangeAvx2<int64_t> {
  __m256i low, high;
  TRIVET_TARGET_AVX2 explicit RangeAvx2(const ValueRange<int64_t>& range)
      : low(_mm256_set1_epi64x(range.low)), high(_mm256_set1_epi64x(range.high)) {}
  TRIVET_TARGET_AVX2 [[gnu::always_inline]] inline uint32_t Test(__m256i values) const {
    const __m256i beyond =
        _mm256_or_si256(_mm256_cmpgt_epi64(low, values), _mm256_cmpgt_epi64(values, high));
    return static_cast<uint32_t>(_mm256_movemask_pd(_mm256_castsi256_pd(beyond))) ^ 15;
  }
  TRIVET_TARGET_AVX2 [[gnu::always_inline]] inline uint32_t Eight(const int64_t* values) const {
    return Test(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(values))) |
           Test(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(values + 4))) << 4;
  }
};

template <>
struct RangeAvx2<double> {
  __m256d low, high;
  TRIVET_TARGET_AVX2 explicit RangeAvx2(const ValueRange<double>& range)
      : low(_mm256_set1_pd(range.low)), high(_mm256_set1_pd(range.high)) {}
  TRIVET_TARGET_AVX2 [[gnu::always_inline]] inline uint32_t Test(__m256d values) const {
    return static_cast<uint32_t>(_mm256_movemask_pd(_mm256_and_pd(
        _mm256_cmp_pd(values, low, _CMP_GE_OQ), _mm256_cmp_pd(values, high, _CMP_LE_OQ))));
  }
  TRIVET_TARGET_AVX2 [[gnu::always_inline]] inline uint32_t Eight(const double* values) const {
    return Test(_mm256_loadu_pd(values)) | Test(_mm256_loadu_pd(values + 4)) << 4;
  }
};

template <>
struct RangeAvx512<int32_t> {
  __m512i low, span;
  TRIVET_TARGET_AVX512 explicit RangeAvx512(const ValueRange<int32_t>& range)
      : low(_mm512_set1_epi32(range.low)),
        span(_mm512_set1_epi32(static_cast<int>(static_cast<uint32_t>(range.high) -
                                                static_cast<uint32_t>(range.low)))) {}
  TRIVET_TARGET_AVX512 [[gnu::always_inline]] inline uint32_t Test(__m512i values) const {
    return _mm512_cmple_epu32_mask(_mm512_sub_epi32(values, low), span);
  }
  TRIVET_TARGET_AVX512 [[gnu::always_inline]] inline uint32_t Sixteen(const int32_t* values) const {
    return Test(_mm512_loadu_si512(values));
  }
};

template <>
struct RangeAvx512<int64_t> {
  __m512i low, span;
  TRIVET_TARGET_AVX512 explicit RangeAvx512(const ValueRange<int64_t>& range)
      : low(_mm512_set1_epi64(range.low)),
        span(_mm512_set1_epi64(static_cast<long long>(static_cast<uint64_t>(range.high) -
                                                      static_cast<uint64_t>(range.low)))) {}
  TRIVET_TARGET_AVX512 [[gnu::always_inline]] inline uint32_t Test(__m512i values) const {
    return _mm512_cmple_epu64_mask(_mm512_sub_epi64(values, low), span);
  }
  TRIVET_TARGET_AVX512 [[gnu::always_inline]] inline uint32_t Sixteen(const int64_t* values) const {
    return Test(_mm512_loadu_si512(values)) | Test(_mm512_loadu_si512(values + 8)) << 8;
  }
};

template <>
struct RangeAvx512<double> {
  __m512d low, high;
  TRIVET_TARGET_AVX512 explicit RangeAvx512(const ValueRange<double>& range)
      : low(_mm512_set1_pd(range.low)), high(_mm512_set1_pd(range.high)) {}
  TRIVET_TARGET_AVX512 [[gnu::always_inline]] inline uint32_t Test(__m512d values) const {
    return _mm512_mask_cmp_pd_mask(_mm512_cmp_pd_mask(values, low, _CMP_GE_OQ), values, high,
                                   _CMP_LE_OQ);
  }
  TRIVET_TARGET_AVX512 [[gnu::always_inline]] inline uint32_t Sixteen(const double* values) const {
    return Test(_mm512_loadu_pd(values)) | Test(_mm512_loadu_pd(values + 8)) << 8;
  }
};

#endif

}  // namespace trivet
