#pragma once

#include <cstdint>

#include "base/hash.h"

namespace trivet {

// A seeded stream of numbers (SplitMix64): the same on every machine.
class SimulationRandom {
 public:
  explicit SimulationRandom(uint64_t seed) : state_(HashInt64(seed + 1)) {}

  uint64_t Next() { return HashInt64(state_ += 0x9e3779b97f4a7c15ULL); }
  // Uniform in [low, high].
  uint64_t Between(uint64_t low, uint64_t high) { return low + Next() % (high - low + 1); }
  // True in so many of a thousand cases.
  bool Chance(uint64_t per_mille) { return Next() % 1000 < per_mille; }

 private:
  uint64_t state_;
};

}  // namespace trivet
