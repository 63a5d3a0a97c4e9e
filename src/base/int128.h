#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace trivet {

// 128-bit integers are the widest machine type of the engine: HUGEINT, wide decimals and UUIDs.
__extension__ typedef __int128 int128_t;
__extension__ typedef unsigned __int128 uint128_t;

inline constexpr int128_t kInt128Max = static_cast<int128_t>(~uint128_t{0} >> 1);
inline constexpr int128_t kInt128Min = -kInt128Max - 1;

inline constexpr int128_t MakeInt128(int64_t high, uint64_t low) {
  return static_cast<int128_t>((static_cast<uint128_t>(static_cast<uint64_t>(high)) << 64) | low);
}
inline constexpr int64_t Int128High(int128_t value) { return static_cast<int64_t>(value >> 64); }
inline constexpr uint64_t Int128Low(int128_t value) { return static_cast<uint64_t>(value); }

// Decimal digits with a leading minus where negative.
std::string Int128ToString(int128_t value);

}  // namespace trivet
