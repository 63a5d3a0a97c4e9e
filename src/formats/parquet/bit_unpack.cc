#include "formats/parquet/bit_unpack.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/simd_intrinsics.h"

namespace trivet::parquet {

namespace {

uint64_t LoadWord(const uint8_t* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

void UnpackScalar(const uint8_t* packed, int width, size_t first, size_t count, uint32_t* out) {
  const uint64_t mask = (uint64_t{1} << width) - 1;
  size_t bit = first * static_cast<size_t>(width);
  for (size_t i = 0; i < count; ++i, bit += static_cast<size_t>(width)) {
    out[i] = static_cast<uint32_t>((LoadWord(packed + (bit >> 3)) >> (bit & 7)) & mask);
  }
}

// Eight values at a time with all shifts known: they take exactly kWidth bytes.
template <int kWidth>
void UnpackGroups(const uint8_t* packed, size_t groups, uint32_t* out) {
  constexpr uint64_t kMask = (uint64_t{1} << kWidth) - 1;
  for (size_t g = 0; g < groups; ++g, packed += kWidth, out += 8) {
#pragma GCC unroll 8
    for (int j = 0; j < 8; ++j) {
      out[j] =
          static_cast<uint32_t>((LoadWord(packed + j * kWidth / 8) >> (j * kWidth % 8)) & kMask);
    }
  }
}

using GroupFunction = void (*)(const uint8_t* packed, size_t groups, uint32_t* out);

template <size_t... kWidths>
constexpr std::array<GroupFunction, sizeof...(kWidths)> MakeScalarTable(
    std::index_sequence<kWidths...>) {
  return {&UnpackGroups<static_cast<int>(kWidths)>...};
}
constexpr auto kScalarGroups = MakeScalarTable(std::make_index_sequence<33>());

void UnpackPlain(const uint8_t* packed, int width, size_t groups, uint32_t* out) {
  kScalarGroups[static_cast<size_t>(width)](packed, groups, out);
}

#if defined(TRIVET_X86_SIMD)

// Each 32-bit lane gathers the four bytes that hold its value, shifts it down by its own amount and
// masks it. Four bytes hold any value of up to 25 bits.
template <int kWidth>
TRIVET_TARGET_AVX2 void UnpackGroupsAvx2(const uint8_t* packed, size_t groups, uint32_t* out) {
  constexpr int kHigh = 4 * kWidth / 8;  // first byte of the fifth value
  constexpr auto kByte = [](int j, int k) {
    return static_cast<char>(j * kWidth / 8 - (j >= 4 ? kHigh : 0) + k);
  };
  const __m256i shuffle = _mm256_setr_epi8(
      kByte(0, 0), kByte(0, 1), kByte(0, 2), kByte(0, 3), kByte(1, 0), kByte(1, 1), kByte(1, 2),
      kByte(1, 3), kByte(2, 0), kByte(2, 1), kByte(2, 2), kByte(2, 3), kByte(3, 0), kByte(3, 1),
      kByte(3, 2), kByte(3, 3), kByte(4, 0), kByte(4, 1), kByte(4, 2), kByte(4, 3), kByte(5, 0),
      kByte(5, 1), kByte(5, 2), kByte(5, 3), kByte(6, 0), kByte(6, 1), kByte(6, 2), kByte(6, 3),
      kByte(7, 0), kByte(7, 1), kByte(7, 2), kByte(7, 3));
  const __m256i shifts =
      _mm256_setr_epi32(0, kWidth % 8, 2 * kWidth % 8, 3 * kWidth % 8, 4 * kWidth % 8,
                        5 * kWidth % 8, 6 * kWidth % 8, 7 * kWidth % 8);
  const __m256i mask = _mm256_set1_epi32((1 << kWidth) - 1);
  for (size_t g = 0; g < groups; ++g, packed += kWidth, out += 8) {
    const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(packed));
    const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(packed + kHigh));
    const __m256i both = _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
    const __m256i lanes = _mm256_srlv_epi32(_mm256_shuffle_epi8(both, shuffle), shifts);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), _mm256_and_si256(lanes, mask));
  }
}

constexpr int kMaxAvx2Width = 25;
template <size_t... kWidths>
constexpr std::array<GroupFunction, sizeof...(kWidths)> MakeAvx2Table(
    std::index_sequence<kWidths...>) {
  return {&UnpackGroupsAvx2<static_cast<int>(kWidths)>...};
}
constexpr auto kAvx2Groups = MakeAvx2Table(std::make_index_sequence<kMaxAvx2Width + 1>());

void UnpackAvx2(const uint8_t* packed, int width, size_t groups, uint32_t* out) {
  const auto& table = width <= kMaxAvx2Width ? kAvx2Groups.data() : kScalarGroups.data();
  table[static_cast<size_t>(width)](packed, groups, out);
}

#define TRIVET_TARGET_VBMI \
  [[gnu::target("avx512vbmi,avx512f,avx512bw,avx512vl,avx512dq,avx2,bmi,bmi2,lzcnt,popcnt")]]

// The bytes that each lane of 4 or 8 bytes takes from a group: those from value j's first on.
template <int kWidth, size_t kLaneBytes>
constexpr std::array<uint8_t, 64> LaneBytes() {
  std::array<uint8_t, 64> bytes{};
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<uint8_t>(i / kLaneBytes * kWidth / 8 + i % kLaneBytes);
  }
  return bytes;
}
template <int kWidth, typename Lane>
constexpr std::array<Lane, 64 / sizeof(Lane)> LaneShifts() {
  std::array<Lane, 64 / sizeof(Lane)> shifts{};
  for (size_t i = 0; i < shifts.size(); ++i) shifts[i] = static_cast<Lane>(i * kWidth % 8);
  return shifts;
}

// As above with sixteen values at a time, whose bytes one permutation finds wherever they are.
template <int kWidth>
TRIVET_TARGET_VBMI void UnpackGroupsVbmi(const uint8_t* packed, size_t groups, uint32_t* out) {
  alignas(64) static constexpr auto kBytes = LaneBytes<kWidth, 4>();
  alignas(64) static constexpr auto kShifts = LaneShifts<kWidth, uint32_t>();
  const __m512i bytes = _mm512_load_si512(kBytes.data());
  const __m512i shifts = _mm512_load_si512(kShifts.data());
  const __m512i mask = _mm512_set1_epi32((1 << kWidth) - 1);
  for (; groups >= 2; groups -= 2, packed += 2 * kWidth, out += 16) {
    const __m512i lanes = _mm512_permutexvar_epi8(bytes, _mm512_loadu_si512(packed));
    _mm512_storeu_si512(out, _mm512_and_si512(_mm512_srlv_epi32(lanes, shifts), mask));
  }
  if (groups == 1) UnpackGroupsAvx2<kWidth>(packed, 1, out);
}

// Values that may stand in five bytes: eight at a time, in lanes of eight bytes.
template <int kWidth>
TRIVET_TARGET_VBMI void UnpackWideGroupsVbmi(const uint8_t* packed, size_t groups, uint32_t* out) {
  alignas(64) static constexpr auto kBytes = LaneBytes<kWidth, 8>();
  alignas(64) static constexpr auto kShifts = LaneShifts<kWidth, uint64_t>();
  const __m512i bytes = _mm512_load_si512(kBytes.data());
  const __m512i shifts = _mm512_load_si512(kShifts.data());
  const __m256i mask = _mm256_set1_epi32(static_cast<int>((uint64_t{1} << kWidth) - 1));
  for (; groups > 0; --groups, packed += kWidth, out += 8) {
    const __m512i lanes = _mm512_permutexvar_epi8(bytes, _mm512_loadu_si512(packed));
    const __m256i values = _mm512_cvtepi64_epi32(_mm512_srlv_epi64(lanes, shifts));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), _mm256_and_si256(values, mask));
  }
}

template <size_t kWidth>
constexpr GroupFunction VbmiGroups() {
  if constexpr (kWidth <= static_cast<size_t>(kMaxAvx2Width)) {
    return &UnpackGroupsVbmi<static_cast<int>(kWidth)>;
  } else {
    return &UnpackWideGroupsVbmi<static_cast<int>(kWidth)>;
  }
}
template <size_t... kWidths>
constexpr std::array<GroupFunction, sizeof...(kWidths)> MakeVbmiTable(
    std::index_sequence<kWidths...>) {
  return {VbmiGroups<kWidths>()...};
}
constexpr auto kVbmiGroups = MakeVbmiTable(std::make_index_sequence<33>());

void UnpackAvx512(const uint8_t* packed, int width, size_t groups, uint32_t* out) {
  // The first processors with AVX-512 had no permutation of bytes.
  static const bool has_vbmi = __builtin_cpu_supports("avx512vbmi");
  if (!has_vbmi) return UnpackAvx2(packed, width, groups, out);
  kVbmiGroups[static_cast<size_t>(width)](packed, groups, out);
}

#endif

using UnpackFunction = void(const uint8_t* packed, int width, size_t groups, uint32_t* out);
constexpr SimdDispatch<UnpackFunction> kUnpack({
    .baseline = UnpackPlain,
#if defined(TRIVET_X86_SIMD)
    .avx2 = UnpackAvx2,
    .avx512 = UnpackAvx512,
#endif
});

}  // namespace

void UnpackBits(const uint8_t* packed, int width, size_t first, size_t count, uint32_t* out) {
  if (width == 0) {
    std::fill_n(out, count, 0u);
    return;
  }
  // Groups of eight start at whole bytes; what precedes the first and follows the last goes singly.
  const size_t head = std::min(count, (8 - first % 8) % 8);
  UnpackScalar(packed, width, first, head, out);
  const size_t groups = (count - head) / 8;
  const size_t aligned = first + head;
  kUnpack(packed + aligned / 8 * static_cast<size_t>(width), width, groups, out + head);
  const size_t done = head + groups * 8;
  UnpackScalar(packed, width, first + done, count - done, out + done);
}

void UnpackBits64(const uint8_t* packed, int width, size_t first, size_t count, uint64_t* out) {
  if (width == 0) {
    std::fill_n(out, count, uint64_t{0});
    return;
  }
  const uint64_t mask = width == 64 ? ~uint64_t{0} : (uint64_t{1} << width) - 1;
  size_t bit = first * static_cast<size_t>(width);
  if (width <= 57) {
    for (size_t i = 0; i < count; ++i, bit += static_cast<size_t>(width)) {
      out[i] = (LoadWord(packed + (bit >> 3)) >> (bit & 7)) & mask;
    }
    return;
  }
  for (size_t i = 0; i < count; ++i, bit += static_cast<size_t>(width)) {
    const uint8_t* bytes = packed + (bit >> 3);
    const int shift = static_cast<int>(bit & 7);
    // Shifted twice, so that a shift of 0 does not become one by 64.
    const uint64_t high = static_cast<uint64_t>(bytes[8]) << 1 << (63 - shift);
    out[i] = ((LoadWord(bytes) >> shift) | high) & mask;
  }
}

}  // namespace trivet::parquet
