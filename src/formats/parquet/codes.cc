#include "formats/parquet/codes.h"

#include <algorithm>
#include <cstring>

#include "base/int128.h"
#include "base/simd_level.h"

namespace trivet::parquet {

namespace {

// Lanes, which compilers map to the vectors there are.
template <size_t kCount>
struct Vectors {
  typedef uint32_t Lanes __attribute__((vector_size(kCount * sizeof(uint32_t))));
};

template <size_t kLanes>
[[gnu::always_inline]] inline uint32_t LargestOf(const uint32_t* codes, size_t count) {
  using Lanes = typename Vectors<kLanes>::Lanes;
  constexpr size_t kVectors = 4;
  Lanes largest[kVectors] = {};
  size_t i = 0;
  for (; i + kVectors * kLanes <= count; i += kVectors * kLanes) {
    for (size_t j = 0; j < kVectors; ++j) {
      Lanes values;
      std::memcpy(&values, codes + i + j * kLanes, sizeof(values));
      largest[j] = values > largest[j] ? values : largest[j];
    }
  }
  uint32_t result = 0;
  for (; i < count; ++i) result = std::max(result, codes[i]);
  for (const Lanes& lanes : largest) {
    for (size_t lane = 0; lane < kLanes; ++lane) result = std::max<uint32_t>(result, lanes[lane]);
  }
  return result;
}

uint32_t LargestPlain(const uint32_t* codes, size_t count) { return LargestOf<4>(codes, count); }

#if defined(TRIVET_X86_SIMD)
TRIVET_TARGET_SSE42 uint32_t LargestSse42(const uint32_t* codes, size_t count) {
  return LargestOf<4>(codes, count);
}
TRIVET_TARGET_AVX2 uint32_t LargestAvx2(const uint32_t* codes, size_t count) {
  return LargestOf<8>(codes, count);
}
TRIVET_TARGET_AVX512 uint32_t LargestAvx512(const uint32_t* codes, size_t count) {
  return LargestOf<16>(codes, count);
}
#endif

constexpr SimdDispatch<uint32_t(const uint32_t* codes, size_t count)> kLargest({
    .baseline = LargestPlain,
#if defined(TRIVET_X86_SIMD)
    .sse42 = LargestSse42,
    .avx2 = LargestAvx2,
    .avx512 = LargestAvx512,
#endif
});

// Not by gather instructions: they take longer than as many loads on most processors.
template <typename T>
void Gather(const uint8_t* values, const uint32_t* codes, size_t count, uint8_t* out) {
  const auto* in = reinterpret_cast<const T*>(values);
  auto* typed = reinterpret_cast<T*>(out);
  for (size_t i = 0; i < count; ++i) typed[i] = in[codes[i]];
}

}  // namespace

uint32_t LargestCode(const uint32_t* codes, size_t count) { return kLargest(codes, count); }

void GatherValues(const uint8_t* values, const uint32_t* codes, size_t count, size_t width,
                  uint8_t* out) {
  switch (width) {
    case 1: return Gather<uint8_t>(values, codes, count, out);
    case 2: return Gather<uint16_t>(values, codes, count, out);
    case 4: return Gather<uint32_t>(values, codes, count, out);
    case 8: return Gather<uint64_t>(values, codes, count, out);
    default: return Gather<uint128_t>(values, codes, count, out);
  }
}

}  // namespace trivet::parquet
