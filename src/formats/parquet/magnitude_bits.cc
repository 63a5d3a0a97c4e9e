#include "formats/parquet/magnitude_bits.h"

#include <cstring>
#include <type_traits>

#include "base/simd_level.h"

namespace trivet::parquet {

namespace {

// Lanes, which compilers map to the vectors there are.
template <typename T, size_t kBytes>
struct Vectors {
  typedef T Lanes __attribute__((vector_size(kBytes)));
};

template <typename T, size_t kBytes>
[[gnu::always_inline]] inline std::make_unsigned_t<T> BitsOf(const T* values, size_t count) {
  using Lanes = typename Vectors<T, kBytes>::Lanes;
  constexpr size_t kLanes = kBytes / sizeof(T);
  constexpr size_t kVectors = 4;
  constexpr int kSign = 8 * sizeof(T) - 1;
  Lanes bits[kVectors] = {};
  size_t i = 0;
  for (; i + kVectors * kLanes <= count; i += kVectors * kLanes) {
    for (size_t j = 0; j < kVectors; ++j) {
      Lanes lanes;
      std::memcpy(&lanes, values + i + j * kLanes, sizeof(lanes));
      bits[j] |= lanes ^ (lanes < 0);  // a comparison's lanes are all ones where it holds
    }
  }
  T result = 0;
  for (; i < count; ++i) result |= values[i] ^ (values[i] >> kSign);
  for (const Lanes& lanes : bits) {
    for (size_t lane = 0; lane < kLanes; ++lane) result |= lanes[lane];
  }
  return static_cast<std::make_unsigned_t<T>>(result);
}

template <typename T>
using Function = std::make_unsigned_t<T>(const T* values, size_t count);

template <typename T>
std::make_unsigned_t<T> BitsPlain(const T* values, size_t count) {
  return BitsOf<T, 16>(values, count);
}
#if defined(TRIVET_X86_SIMD)
template <typename T>
TRIVET_TARGET_AVX2 std::make_unsigned_t<T> BitsAvx2(const T* values, size_t count) {
  return BitsOf<T, 32>(values, count);
}
template <typename T>
TRIVET_TARGET_AVX512 std::make_unsigned_t<T> BitsAvx512(const T* values, size_t count) {
  return BitsOf<T, 64>(values, count);
}
#endif

template <typename T>
constexpr SimdDispatch<Function<T>> kBits({
    .baseline = BitsPlain<T>,
#if defined(TRIVET_X86_SIMD)
    .avx2 = BitsAvx2<T>,
    .avx512 = BitsAvx512<T>,
#endif
});

}  // namespace

uint32_t MagnitudeBits(const int32_t* values, size_t count) {
  return kBits<int32_t>(values, count);
}

uint64_t MagnitudeBits(const int64_t* values, size_t count) {
  return kBits<int64_t>(values, count);
}

}  // namespace trivet::parquet
