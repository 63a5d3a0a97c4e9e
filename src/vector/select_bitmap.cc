// Integers whose bit is set in a bitmap: run-time filters of joins.
#include "vector/select_lanes.h"
#include "vector/select_range.h"

namespace trivet {

namespace {

// Places in a bitmap are counted by 32 bits in vectors.
constexpr uint64_t kMostBits = uint64_t{1} << 32;

// Inlined, for g++ 12 leaves the upper halves of registers dirty around calls of functions that it
// sees.
template <typename T>
[[gnu::always_inline]] inline size_t SelectRest(const T* values, T low, uint64_t bits,
                                                const uint64_t* bitmap, size_t from, size_t count,
                                                uint32_t* out, size_t found) {
  for (size_t row = from; row < count; ++row) {
    const uint64_t place = static_cast<uint64_t>(values[row]) - static_cast<uint64_t>(low);
    // No branch: of a value outside the first word is read, whose answer does not count.
    const auto inside = static_cast<uint64_t>(place < bits);
    const uint64_t word = bitmap[(place >> 6) & (0 - inside)];
    out[found] = static_cast<uint32_t>(row);
    found += inside & (word >> (place & 63));
  }
  return found;
}

template <typename T>
size_t SelectPlain(const T* values, T low, uint64_t bits, const uint64_t* bitmap, size_t count,
                   uint32_t* out) {
  return SelectRest(values, low, bits, bitmap, 0, count, out, 0);
}

#if defined(TRIVET_X86_SIMD)

struct Avx2Places {
  __m256i low, high;  // the last value that has a bit
  TRIVET_TARGET_AVX2 Avx2Places(int32_t low_value, uint64_t bits)
      : low(_mm256_set1_epi32(low_value)), high(_mm256_set1_epi32(static_cast<int>(bits - 1))) {}
  TRIVET_TARGET_AVX2 Avx2Places(int64_t low_value, uint64_t bits)
      : low(_mm256_set1_epi64x(low_value)),
        high(_mm256_set1_epi64x(static_cast<long long>(bits - 1))) {}
  // The places of eight values, and all ones in `inside` for those that have one.
  TRIVET_TARGET_AVX2 [[gnu::always_inline]] inline __m256i Eight(const int32_t* values,
                                                                 __m256i& inside) const {
    const __m256i places =
        _mm256_sub_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(values)), low);
    inside = _mm256_cmpeq_epi32(_mm256_min_epu32(places, high), places);
    return places;
  }
  TRIVET_TARGET_AVX2 [[gnu::always_inline]] inline __m256i Eight(const int64_t* values,
                                                                 __m256i& inside) const {
    const auto* vectors = reinterpret_cast<const __m256i*>(values);
    const __m256i first = _mm256_sub_epi64(_mm256_loadu_si256(vectors), low);
    const __m256i second = _mm256_sub_epi64(_mm256_loadu_si256(vectors + 1), low);
    inside = Low32(Inside(first), Inside(second));
    return Low32(first, second);
  }

 private:
  // The last place is below 2^32, so a place that is negative as a signed number is beyond it.
  TRIVET_TARGET_AVX2 [[gnu::always_inline]] inline __m256i Inside(__m256i places) const {
    const __m256i beyond = _mm256_or_si256(_mm256_cmpgt_epi64(places, high),
                                           _mm256_cmpgt_epi64(_mm256_setzero_si256(), places));
    return _mm256_xor_si256(beyond, _mm256_set1_epi64x(-1));
  }
  // The lower halves of eight lanes, in order.
  TRIVET_TARGET_AVX2 [[gnu::always_inline]] static inline __m256i Low32(__m256i first,
                                                                        __m256i second) {
    const __m256 both = _mm256_shuffle_ps(_mm256_castsi256_ps(first), _mm256_castsi256_ps(second),
                                          _MM_SHUFFLE(2, 0, 2, 0));
    return _mm256_permute4x64_epi64(_mm256_castps_si256(both), _MM_SHUFFLE(3, 1, 2, 0));
  }
};

template <typename T>
TRIVET_TARGET_AVX2 size_t SelectAvx2(const T* values, T low, uint64_t bits, const uint64_t* bitmap,
                                     size_t count, uint32_t* out) {
  const Avx2Places test(low, bits);
  const auto* words = reinterpret_cast<const int*>(bitmap);
  size_t found = 0;
  size_t row = 0;
  for (; row + 8 <= count; row += 8) {
    __m256i inside;
    const __m256i places = test.Eight(values + row, inside);
    const __m256i word = _mm256_mask_i32gather_epi32(_mm256_setzero_si256(), words,
                                                     _mm256_srli_epi32(places, 5), inside, 4);
    // The wanted bit becomes the sign.
    const __m256i bit = _mm256_sllv_epi32(
        word,
        _mm256_xor_si256(_mm256_and_si256(places, _mm256_set1_epi32(31)), _mm256_set1_epi32(31)));
    const auto mask = static_cast<uint32_t>(_mm256_movemask_ps(_mm256_castsi256_ps(bit)));
    const __m128i numbers = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(&kSetBits[mask]));
    const __m256i rows =
        _mm256_add_epi32(_mm256_cvtepu8_epi32(numbers), _mm256_set1_epi32(static_cast<int>(row)));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + found), rows);
    found += static_cast<size_t>(__builtin_popcount(mask));
  }
  return SelectRest(values, low, bits, bitmap, row, count, out, found);
}

// The bits of sixteen places within the bitmap, of those that `inside` says are.
TRIVET_TARGET_AVX512 [[gnu::always_inline]] inline uint32_t BitsOfSixteen(uint32_t inside,
                                                                          __m512i places,
                                                                          const void* bitmap) {
  const auto wanted = static_cast<__mmask16>(inside);
  const __m512i words = _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), wanted,
                                                    _mm512_srli_epi32(places, 5), bitmap, 4);
  const __m512i bits =
      _mm512_sllv_epi32(_mm512_set1_epi32(1), _mm512_and_si512(places, _mm512_set1_epi32(31)));
  return _mm512_mask_test_epi32_mask(wanted, words, bits);
}

struct BitmapAvx512 {
  __m512i low, bits;
  const uint64_t* bitmap;
  TRIVET_TARGET_AVX512 BitmapAvx512(int32_t low_value, uint64_t bit_count, const uint64_t* words)
      : low(_mm512_set1_epi32(low_value)),
        bits(_mm512_set1_epi32(static_cast<int>(bit_count - 1))),
        bitmap(words) {}
  TRIVET_TARGET_AVX512 BitmapAvx512(int64_t low_value, uint64_t bit_count, const uint64_t* words)
      : low(_mm512_set1_epi64(low_value)),
        bits(_mm512_set1_epi64(static_cast<long long>(bit_count - 1))),
        bitmap(words) {}
  TRIVET_TARGET_AVX512 [[gnu::always_inline]] inline uint32_t Sixteen(const int32_t* values) const {
    const __m512i places = _mm512_sub_epi32(_mm512_loadu_si512(values), low);
    return BitsOfSixteen(_mm512_cmple_epu32_mask(places, bits), places, bitmap);
  }
  TRIVET_TARGET_AVX512 [[gnu::always_inline]] inline uint32_t Sixteen(const int64_t* values) const {
    const __m512i first = _mm512_sub_epi64(_mm512_loadu_si512(values), low);
    const __m512i second = _mm512_sub_epi64(_mm512_loadu_si512(values + 8), low);
    const uint32_t inside = static_cast<uint32_t>(_mm512_cmple_epu64_mask(first, bits)) |
                            static_cast<uint32_t>(_mm512_cmple_epu64_mask(second, bits)) << 8;
    const __m512i places = _mm512_inserti64x4(_mm512_castsi256_si512(_mm512_cvtepi64_epi32(first)),
                                              _mm512_cvtepi64_epi32(second), 1);
    return BitsOfSixteen(inside, places, bitmap);
  }
};

template <typename T>
TRIVET_TARGET_AVX512 size_t SelectAvx512(const T* values, T low, uint64_t bits,
                                         const uint64_t* bitmap, size_t count, uint32_t* out) {
  const BitmapAvx512 test(low, bits, bitmap);
  __m512i rows = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const __m512i step = _mm512_set1_epi32(16);
  size_t found = 0;
  size_t row = 0;
  for (; row + 16 <= count; row += 16) {
    const uint32_t mask = test.Sixteen(values + row);
    _mm512_storeu_si512(out + found,
                        _mm512_maskz_compress_epi32(static_cast<__mmask16>(mask), rows));
    found += static_cast<size_t>(__builtin_popcount(mask));
    rows = _mm512_add_epi32(rows, step);
  }
  return SelectRest(values, low, bits, bitmap, row, count, out, found);
}

#endif

template <typename T>
constexpr SimdDispatch<size_t(const T*, T, uint64_t, const uint64_t*, size_t, uint32_t*)> kSelect({
    .baseline = SelectPlain<T>,
#if defined(TRIVET_X86_SIMD)
    .avx2 = SelectAvx2<T>,
    .avx512 = SelectAvx512<T>,
#endif
});

}  // namespace

template <typename T>
size_t SelectInBitmap(const T* values, T low, uint64_t bits, const uint64_t* bitmap, size_t count,
                      uint32_t* out) {
  if (bits == 0) return 0;
  if (bits > kMostBits) return SelectPlain(values, low, bits, bitmap, count, out);
  return kSelect<T>.Get()(values, low, bits, bitmap, count, out);
}

template size_t SelectInBitmap(const int32_t*, int32_t, uint64_t, const uint64_t*, size_t,
                               uint32_t*);
template size_t SelectInBitmap(const int64_t*, int64_t, uint64_t, const uint64_t*, size_t,
                               uint32_t*);

}  // namespace trivet
