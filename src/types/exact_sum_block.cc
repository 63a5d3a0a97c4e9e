// The ungrouped exact sum: error-free extraction over blocks (Rump, Ogita, Oishi: "Accurate
// floating-point summation", SIAM J. Sci. Comput. 2008). Adding and subtracting a power of two
// splits every value into a multiple of a common unit, small enough that a whole block of these
// adds up without rounding, and a rest, which the next unit splits likewise. All of it is exact, so
// neither the width of the processor's vectors nor the order of its additions can show in the
// result.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "base/simd_level.h"
#include "types/exact_sum.h"

namespace trivet {

namespace {

constexpr size_t kBlockSize = 2048;
constexpr int kBlockBits = 12;  // 2^12 >= kBlockSize + 2
constexpr int kLevelBits = 53 - kBlockBits;

// Lanes, which compilers map to the vectors there are.
template <size_t kCount>
struct Vectors {
  typedef double Doubles __attribute__((vector_size(kCount * sizeof(double))));
  typedef int64_t Words __attribute__((vector_size(kCount * sizeof(int64_t))));
};
constexpr size_t kUnrolled = 16;

// The largest magnitude of a multiple of kUnrolled values, infinite where one is; NaN is ignored.
template <size_t kLanes>
[[gnu::always_inline]] inline double LargestLoop(const double* values, size_t count) {
  using Lanes = typename Vectors<kLanes>::Doubles;
  using Words = typename Vectors<kLanes>::Words;
  constexpr size_t kVectors = kUnrolled / kLanes;
  constexpr int64_t kMagnitude = 0x7fffffffffffffff;
  Lanes largest[kVectors] = {};
  for (size_t i = 0; i < count; i += kUnrolled) {
    for (size_t j = 0; j < kVectors; ++j) {
      Words bits;
      std::memcpy(&bits, values + i + j * kLanes, sizeof(bits));
      bits &= kMagnitude;
      Lanes magnitude;
      std::memcpy(&magnitude, &bits, sizeof(magnitude));
      largest[j] = magnitude > largest[j] ? magnitude : largest[j];
    }
  }
  double result = 0;
  for (const Lanes& lanes : largest) {
    for (size_t lane = 0; lane < kLanes; ++lane) result = std::max(result, lanes[lane]);
  }
  return result;
}

// Sums of the first and second level of extraction, in parts that add up without rounding, and
// whether a rest remained.
struct Extracted {
  static constexpr size_t kParts = 8;
  double first[kParts];
  double second[kParts];
  bool has_rest;
};

template <size_t kLanes>
[[gnu::always_inline]] inline void ExtractLoop(const double* values, size_t count, double unit,
                                               double next_unit, Extracted* out) {
  using Lanes = typename Vectors<kLanes>::Doubles;
  using Words = typename Vectors<kLanes>::Words;
  constexpr size_t kVectors = Extracted::kParts / kLanes;
  const Lanes high = unit - Lanes{};
  const Lanes low = next_unit - Lanes{};
  Lanes first[kVectors] = {};
  Lanes second[kVectors] = {};
  Words rest = {};
  for (size_t i = 0; i < count; i += Extracted::kParts) {
    for (size_t j = 0; j < kVectors; ++j) {
      Lanes value;
      std::memcpy(&value, values + i + j * kLanes, sizeof(value));
      const Lanes multiple = (high + value) - high;
      const Lanes remainder = value - multiple;
      const Lanes next_multiple = (low + remainder) - low;
      const Lanes left = remainder - next_multiple;
      first[j] += multiple;
      second[j] += next_multiple;
      Words left_bits;
      std::memcpy(&left_bits, &left, sizeof(left_bits));
      rest |= left_bits;
    }
  }
  std::memcpy(out->first, first, sizeof(first));
  std::memcpy(out->second, second, sizeof(second));
  int64_t bits = 0;
  for (size_t lane = 0; lane < kLanes; ++lane) bits |= rest[lane];
  // Zeros of either sign are no rest.
  out->has_rest = (bits & 0x7fffffffffffffff) != 0;
}

using LargestFunction = double(const double* values, size_t count);
using ExtractFunction = void(const double* values, size_t count, double unit, double next_unit,
                             Extracted* out);

double LargestPlain(const double* values, size_t count) { return LargestLoop<2>(values, count); }
void ExtractPlain(const double* values, size_t count, double unit, double next_unit,
                  Extracted* out) {
  ExtractLoop<2>(values, count, unit, next_unit, out);
}

#if defined(TRIVET_X86_SIMD)
TRIVET_TARGET_AVX2 double LargestAvx2(const double* values, size_t count) {
  return LargestLoop<4>(values, count);
}
TRIVET_TARGET_AVX2 void ExtractAvx2(const double* values, size_t count, double unit,
                                    double next_unit, Extracted* out) {
  ExtractLoop<4>(values, count, unit, next_unit, out);
}
TRIVET_TARGET_AVX512 double LargestAvx512(const double* values, size_t count) {
  return LargestLoop<8>(values, count);
}
TRIVET_TARGET_AVX512 void ExtractAvx512(const double* values, size_t count, double unit,
                                        double next_unit, Extracted* out) {
  ExtractLoop<8>(values, count, unit, next_unit, out);
}
#endif

constexpr SimdDispatch<LargestFunction> kLargest({
    .baseline = LargestPlain,
#if defined(TRIVET_X86_SIMD)
    .avx2 = LargestAvx2,
    .avx512 = LargestAvx512,
#endif
});
constexpr SimdDispatch<ExtractFunction> kExtract({
    .baseline = ExtractPlain,
#if defined(TRIVET_X86_SIMD)
    .avx2 = ExtractAvx2,
    .avx512 = ExtractAvx512,
#endif
});

double PowerOfTwo(int exponent) { return std::ldexp(1.0, exponent); }

}  // namespace

bool ExactSum::AddFiniteBlock(const double* values, size_t count, const ExactSumArena& arena) {
  const double largest = kLargest(values, count);
  int exponent = 0;
  std::frexp(largest, &exponent);  // largest < 2^exponent
  constexpr int kMaxExponent = 1000;
  if (!std::isfinite(largest) || exponent > kMaxExponent) return false;
  int level = std::max(exponent, -1021) + kBlockBits;
  Extracted sums;
  kExtract(values, count, PowerOfTwo(level), PowerOfTwo(level - kLevelBits), &sums);
  // A NaN passes the test of magnitudes, but not this one.
  double check = 0;
  for (const double part : sums.first) check += part;
  if (std::isnan(check)) return false;

  for (const double part : sums.first) Add(part, arena);
  for (const double part : sums.second) Add(part, arena);
  if (!sums.has_rest) return true;

  // Values far below the block's largest: what two levels left over.
  std::array<double, kBlockSize> rests;
  const double unit = PowerOfTwo(level);
  const double next_unit = PowerOfTwo(level - kLevelBits);
  for (size_t i = 0; i < count; ++i) {
    const double remainder = values[i] - ((unit + values[i]) - unit);
    rests[i] = remainder - ((next_unit + remainder) - next_unit);
  }
  for (size_t i = 0; i < count; ++i) {
    if (rests[i] != 0) Add(rests[i], arena);
  }
  return true;
}

void ExactSum::AddBlock(const double* values, size_t count, const ExactSumArena& arena) {
  while (count > 0) {
    const size_t size = std::min(count, kBlockSize);
    const size_t whole = size / kUnrolled * kUnrolled;
    const bool added = whole > 0 && AddFiniteBlock(values, whole, arena);
    for (size_t i = added ? whole : 0; i < size; ++i) Add(values[i], arena);
    values += size;
    count -= size;
  }
}

size_t ExactSum::AddRows(const double* values, const uint32_t* selection, const uint64_t* validity,
                         size_t count, const ExactSumArena& arena) {
  if (selection == nullptr && validity == nullptr) {
    AddBlock(values, count, arena);
    return count;
  }
  std::array<double, kBlockSize> block;
  size_t filled = 0;
  size_t added = 0;
  for (size_t row = 0; row < count; ++row) {
    const size_t index = selection != nullptr ? selection[row] : row;
    // Written always, kept where valid: no branch that data could mislead.
    block[filled] = values[index];
    filled += validity == nullptr ? 1 : validity[index >> 6] >> (index & 63) & 1;
    if (filled < kBlockSize) continue;
    AddBlock(block.data(), filled, arena);
    added += filled;
    filled = 0;
  }
  AddBlock(block.data(), filled, arena);
  return added + filled;
}

}  // namespace trivet
