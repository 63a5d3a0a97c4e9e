#pragma once

#include <cstdint>

#include "base/int128.h"

namespace trivet {

// A fixed-point number in two's complement that is wide enough for every sum it is made for, so
// that no addition ever rounds (Kulisch's accumulator). Zero-initialised by assignment of {}.
// Trivially copyable.
template <int limb_count>
struct Superaccumulator {
  static constexpr int kLimbs = limb_count;
  uint64_t limbs[limb_count] = {};  // least significant first

  // Adds the two's complement number of `count` limbs, shifted left by `shift` bits.
  void AddShifted(const uint64_t* addend, int count, int shift) {
    const int word = shift / 64;
    const int bits = shift % 64;
    const uint64_t sign = static_cast<int64_t>(addend[count - 1]) < 0 ? ~uint64_t{0} : 0;
    uint64_t carry = 0;
    for (int i = word; i < limb_count; ++i) {
      const int source = i - word;
      // Past the addend only its sign is left; once that changes nothing, the rest stays.
      if (source > count && (sign != 0 ? carry == 1 : carry == 0)) return;
      const uint64_t upper = source < count ? addend[source] : sign;
      const uint64_t lower = source == 0 ? 0 : source - 1 < count ? addend[source - 1] : sign;
      const uint64_t shifted = bits == 0 ? upper : (upper << bits) | (lower >> (64 - bits));
      const uint128_t sum = static_cast<uint128_t>(limbs[i]) + shifted + carry;
      limbs[i] = static_cast<uint64_t>(sum);
      carry = static_cast<uint64_t>(sum >> 64);
    }
  }

  void Add(const Superaccumulator& other) { AddShifted(other.limbs, limb_count, 0); }
};

// Where sums get the memory of accumulators that do not fit their fixed-size state. `allocate`
// gives 16-byte aligned memory that lives as long as the states, or null when there is none left:
// then the sum turns into NaN and the caller, whose arena knows, fails.
struct ExactSumArena {
  void* context;
  void* (*allocate)(void* context, size_t bytes);
};

}  // namespace trivet
