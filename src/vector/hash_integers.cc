#include "vector/hash_integers.h"

#include "base/simd_intrinsics.h"
#include "vector/hash_vector.h"

namespace trivet {

namespace {

template <typename T>
[[gnu::always_inline]] inline void HashRest(const T* values, size_t from, size_t count,
                                            uint64_t* hashes) {
  for (size_t i = from; i < count; ++i) hashes[i] = HashOf(values[i]);
}

template <typename T>
void HashPlain(const T* values, size_t count, uint64_t* hashes) {
  HashRest(values, 0, count, hashes);
}

#if defined(TRIVET_X86_SIMD)

TRIVET_TARGET_AVX512 [[gnu::always_inline]] inline __m512i LoadEight(const int64_t* values) {
  return _mm512_loadu_si512(values);
}
TRIVET_TARGET_AVX512 [[gnu::always_inline]] inline __m512i LoadEight(const int32_t* values) {
  return _mm512_cvtepi32_epi64(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(values)));
}

// HashInt64 of eight values. Only AVX-512 multiplies words of 64 bits: narrower vectors are slower
// than one by one.
template <typename T>
TRIVET_TARGET_AVX512 void HashAvx512(const T* values, size_t count, uint64_t* hashes) {
  const __m512i first = _mm512_set1_epi64(static_cast<long long>(0xbf58476d1ce4e5b9ULL));
  const __m512i second = _mm512_set1_epi64(static_cast<long long>(0x94d049bb133111ebULL));
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    __m512i x = LoadEight(values + i);
    x = _mm512_mullo_epi64(_mm512_xor_si512(x, _mm512_srli_epi64(x, 30)), first);
    x = _mm512_mullo_epi64(_mm512_xor_si512(x, _mm512_srli_epi64(x, 27)), second);
    x = _mm512_xor_si512(x, _mm512_srli_epi64(x, 31));
    _mm512_storeu_si512(hashes + i, x);
  }
  HashRest(values, i, count, hashes);
}

#endif

template <typename T>
constexpr SimdDispatch<void(const T* values, size_t count, uint64_t* hashes)> kHash({
    .baseline = HashPlain<T>,
#if defined(TRIVET_X86_SIMD)
    .avx512 = HashAvx512<T>,
#endif
});

}  // namespace

void HashIntegers(const int64_t* values, size_t count, uint64_t* hashes) {
  kHash<int64_t>(values, count, hashes);
}

void HashIntegers(const int32_t* values, size_t count, uint64_t* hashes) {
  kHash<int32_t>(values, count, hashes);
}

}  // namespace trivet
