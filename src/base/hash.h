#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/int128.h"

namespace trivet {

// The engine's hash of 64 bits: a bijective finaliser (Stafford's variant 13 of MurmurHash3's
// mixer, 2011). Fixed for good: partitioning across processes, machines and releases depends on it.
inline constexpr uint64_t HashInt64(uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebULL;
  x ^= x >> 31;
  return x;
}

// Folds the hash of a further key column into that of the columns before it; not commutative.
inline constexpr uint64_t CombineHash(uint64_t seed, uint64_t hash) {
  return HashInt64(seed * 0x9e3779b97f4a7c15ULL + hash + 0x7f4a7c15ULL);
}

inline constexpr uint64_t HashInt128(int128_t value) {
  return CombineHash(HashInt64(Int128Low(value)), static_cast<uint64_t>(Int128High(value)));
}

// The hash of NULL, whatever the type, so that NULLs go together.
inline constexpr uint64_t kNullHash = 0x9ae16a3b2f90404fULL;

// Hash of a byte string; independent of alignment and of how the bytes are stored.
uint64_t HashBytes(const void* data, size_t size);

namespace internal {
// Multiply-fold over 16-byte blocks, in the manner of wyhash (Wang Yi, 2019); little-endian loads.
inline constexpr uint64_t kHashFirst = 0xa0761d6478bd642fULL;
inline constexpr uint64_t kHashSecond = 0xe7037ed1a0b428dbULL;
inline constexpr uint64_t HashFold(uint64_t a, uint64_t b) {
  const uint128_t product = static_cast<uint128_t>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}
}  // namespace internal

// HashBytes of `size` <= 16 bytes that stand, padded with zeros, in two words.
inline constexpr uint64_t HashShortBytes(uint64_t low, uint64_t high, size_t size) {
  const uint64_t state =
      internal::HashFold(low ^ internal::kHashSecond, high ^ (internal::kHashFirst ^ size));
  return HashInt64(state ^ size);
}

}  // namespace trivet
