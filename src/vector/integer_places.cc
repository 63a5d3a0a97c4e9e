// Addresses of integers in arrays over their domain: what groups of few values are found by.
#include "vector/integer_places.h"

#include "base/simd_intrinsics.h"

namespace trivet {

namespace {

template <typename T>
bool AddPlain(const T* values, size_t count, T low, uint64_t span, uint32_t stride,
              uint32_t* slots) {
  bool outside = false;
  for (size_t row = 0; row < count; ++row) {
    const uint64_t place = static_cast<uint64_t>(values[row]) - static_cast<uint64_t>(low);
    outside |= place >= span;
    slots[row] += (static_cast<uint32_t>(place) + 1) * stride;
  }
  return !outside;
}

#if defined(TRIVET_X86_SIMD)

TRIVET_TARGET_AVX2 [[gnu::always_inline]] inline void AddEight(__m256i places, uint32_t stride,
                                                               uint32_t* slots) {
  auto* target = reinterpret_cast<__m256i*>(slots);
  const __m256i counted = _mm256_sub_epi32(places, _mm256_set1_epi32(-1));
  const __m256i steps = _mm256_mullo_epi32(counted, _mm256_set1_epi32(static_cast<int>(stride)));
  _mm256_storeu_si256(target, _mm256_add_epi32(_mm256_loadu_si256(target), steps));
}

TRIVET_TARGET_AVX2 bool AddAvx2Int32(const int32_t* values, size_t count, int32_t low,
                                     uint64_t span, uint32_t stride, uint32_t* slots) {
  const __m256i lows = _mm256_set1_epi32(low);
  const __m256i last = _mm256_set1_epi32(static_cast<int>(span - 1));
  __m256i inside = _mm256_set1_epi32(-1);
  size_t row = 0;
  for (; row + 8 <= count; row += 8) {
    const __m256i places =
        _mm256_sub_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(values + row)), lows);
    inside = _mm256_and_si256(inside, _mm256_cmpeq_epi32(_mm256_min_epu32(places, last), places));
    AddEight(places, stride, slots + row);
  }
  const bool all = _mm256_movemask_epi8(inside) == -1;
  return AddPlain(values + row, count - row, low, span, stride, slots + row) && all;
}

TRIVET_TARGET_AVX2 bool AddAvx2Int64(const int64_t* values, size_t count, int64_t low,
                                     uint64_t span, uint32_t stride, uint32_t* slots) {
  const __m256i lows = _mm256_set1_epi64x(low);
  const __m256i last = _mm256_set1_epi32(static_cast<int>(span - 1));
  __m256i inside = _mm256_set1_epi32(-1);
  __m256i upper = _mm256_setzero_si256();  // bits of places beyond 32
  size_t row = 0;
  for (; row + 8 <= count; row += 8) {
    const auto* vectors = reinterpret_cast<const __m256i*>(values + row);
    const __m256 first = _mm256_castsi256_ps(_mm256_sub_epi64(_mm256_loadu_si256(vectors), lows));
    const __m256 second =
        _mm256_castsi256_ps(_mm256_sub_epi64(_mm256_loadu_si256(vectors + 1), lows));
    upper = _mm256_or_si256(
        upper, _mm256_castps_si256(_mm256_shuffle_ps(first, second, _MM_SHUFFLE(3, 1, 3, 1))));
    const __m256 lower = _mm256_shuffle_ps(first, second, _MM_SHUFFLE(2, 0, 2, 0));
    const __m256i places =
        _mm256_permute4x64_epi64(_mm256_castps_si256(lower), _MM_SHUFFLE(3, 1, 2, 0));
    inside = _mm256_and_si256(inside, _mm256_cmpeq_epi32(_mm256_min_epu32(places, last), places));
    AddEight(places, stride, slots + row);
  }
  const bool all = _mm256_movemask_epi8(inside) == -1 && _mm256_testz_si256(upper, upper) != 0;
  return AddPlain(values + row, count - row, low, span, stride, slots + row) && all;
}

#else

constexpr auto* AddAvx2Int32 = AddPlain<int32_t>;
constexpr auto* AddAvx2Int64 = AddPlain<int64_t>;

#endif

template <typename T>
using AddFunction = bool(const T* values, size_t count, T low, uint64_t span, uint32_t stride,
                         uint32_t* slots);

constexpr SimdDispatch<AddFunction<int32_t>> kAddInt32({.baseline = AddPlain<int32_t>,
                                                        .avx2 = AddAvx2Int32});
constexpr SimdDispatch<AddFunction<int64_t>> kAddInt64({.baseline = AddPlain<int64_t>,
                                                        .avx2 = AddAvx2Int64});

}  // namespace

bool AddIntegerPlaces(const int32_t* values, size_t count, int32_t low, uint64_t span,
                      uint32_t stride, uint32_t* slots) {
  return kAddInt32(values, count, low, span, stride, slots);
}

bool AddIntegerPlaces(const int64_t* values, size_t count, int64_t low, uint64_t span,
                      uint32_t stride, uint32_t* slots) {
  return kAddInt64(values, count, low, span, stride, slots);
}

}  // namespace trivet
