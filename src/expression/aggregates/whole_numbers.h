#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "expression/aggregates/exact_arena.h"
#include "expression/aggregates/state_bytes.h"
#include "types/exact_product_sum.h"
#include "types/exact_sum.h"

namespace trivet {

// Doubles that are whole numbers below 2^24, as counts, ages and quantities are, have sums and
// sums of products that fit 64 bits for a while. The structs here hold such sums on their way to
// the exact ones, which are the same whatever the order: results keep every bit. Trivially
// copyable.

// -0.0 is none: a sum may keep its sign.
inline bool AsSmallWhole(double value, int64_t& whole) {
  if (!(std::abs(value) < 0x1p24)) return false;
  whole = static_cast<int64_t>(value);
  return std::bit_cast<uint64_t>(static_cast<double>(whole)) == std::bit_cast<uint64_t>(value);
}

// So many pairs keep sums of products below 2^62.
inline constexpr uint32_t kMostWholePairs = uint32_t{1} << 14;

inline void AddWhole(int64_t sum, ExactSum& target, const ExactSumArena& arena) {
  target.Add(static_cast<double>(sum), arena);  // below 2^38
}
inline void AddWholeProducts(int64_t sum, ExactProductSum& target, const ExactSumArena& arena) {
  constexpr int64_t kLow = int64_t{1} << 31;
  const int64_t high = sum / kLow;
  target.Add(static_cast<double>(high), static_cast<double>(kLow), arena);
  target.Add(static_cast<double>(sum - high * kLow), 1.0, arena);
}

// Reads a sum of `count` values of at most `bits` bits.
inline bool GetWholeSum(StateReader& in, uint32_t count, int bits, int64_t& sum) {
  int128_t value = 0;
  if (!in.GetSum(count, bits, value)) return false;
  sum = static_cast<int64_t>(value);
  return true;
}
inline bool GetWholeCount(StateReader& in, uint32_t& count) {
  uint64_t value = 0;
  if (!in.GetCount(value) || value > kMostWholePairs) return false;
  count = static_cast<uint32_t>(value);
  return true;
}

}  // namespace trivet
