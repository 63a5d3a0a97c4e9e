#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/simd_level.h"

namespace trivet::testing {

// The base of tests that run once on each SIMD level that the machine has: for kernels, whose
// results are the same on all.
class EverySimdLevel : public ::testing::TestWithParam<SimdLevel> {
 private:
  const ScopedSimdLevel level_{GetParam()};
};

inline std::string SimdLevelTestName(const ::testing::TestParamInfo<SimdLevel>& info) {
  static constexpr const char* kNames[] = {"Baseline", "Sse42", "Avx2", "Avx512"};
  return kNames[static_cast<size_t>(info.param)];
}

}  // namespace trivet::testing

// Instantiates the TEST_Ps of a fixture derived from EverySimdLevel.
#define TRIVET_AT_EVERY_SIMD_LEVEL(fixture)                                                       \
  INSTANTIATE_TEST_SUITE_P(Levels, fixture, ::testing::ValuesIn(::trivet::SimdLevelsOfMachine()), \
                           ::trivet::testing::SimdLevelTestName)
