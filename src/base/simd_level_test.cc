#include "base/simd_level.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace trivet {
namespace {

int One() { return 1; }
int Two() { return 2; }
int Three() { return 3; }

TEST(SimdLevelTest, NamesAndLevelsBelongTogether) {
  for (size_t i = 0; i < kSimdLevelCount; ++i) {
    const auto level = static_cast<SimdLevel>(i);
    EXPECT_EQ(FindSimdLevel(SimdLevelName(level)), level);
  }
  EXPECT_FALSE(FindSimdLevel("auto").has_value());
  EXPECT_FALSE(FindSimdLevel("AVX2").has_value());
  EXPECT_FALSE(FindSimdLevel("").has_value());
}

TEST(SimdLevelTest, AMachineHasTheBaselineAndAllBelowItsBest) {
  const std::vector<SimdLevel>& levels = SimdLevelsOfMachine();
  ASSERT_FALSE(levels.empty());
  EXPECT_EQ(levels.front(), SimdLevel::kBaseline);
  EXPECT_TRUE(std::is_sorted(levels.begin(), levels.end()));
  EXPECT_EQ(levels.size(), static_cast<size_t>(BestSimdLevel()) + 1);
  const std::string names = SimdLevelNamesOfMachine();
  EXPECT_TRUE(names.starts_with("baseline"));
  EXPECT_TRUE(names.ends_with(SimdLevelName(BestSimdLevel())));
}

TEST(SimdLevelTest, TheBestIsInForceUnlessOneIsForced) {
  ASSERT_TRUE(ForceSimdLevel(std::nullopt));
  EXPECT_EQ(CurrentSimdLevel(), BestSimdLevel());
  for (const SimdLevel level : SimdLevelsOfMachine()) {
    ASSERT_TRUE(ForceSimdLevel(level));
    EXPECT_EQ(CurrentSimdLevel(), level);
    EXPECT_EQ(ForcedSimdLevel(), level);
  }
  ASSERT_TRUE(ForceSimdLevel(SimdLevel::kBaseline));
  for (size_t i = SimdLevelsOfMachine().size(); i < kSimdLevelCount; ++i) {
    EXPECT_FALSE(ForceSimdLevel(static_cast<SimdLevel>(i)));  // it lacks that one
    EXPECT_EQ(ForcedSimdLevel(), SimdLevel::kBaseline);
  }
  {
    const ScopedSimdLevel scope(BestSimdLevel());
    EXPECT_EQ(ForcedSimdLevel(), BestSimdLevel());
  }
  EXPECT_EQ(ForcedSimdLevel(), SimdLevel::kBaseline);
  ASSERT_TRUE(ForceSimdLevel(std::nullopt));
  EXPECT_FALSE(ForcedSimdLevel().has_value());
  EXPECT_EQ(CurrentSimdLevel(), BestSimdLevel());
}

TEST(SimdLevelTest, ALevelWithoutAFunctionTakesThatOfTheLevelBelow) {
  constexpr SimdDispatch<int()> kDispatch({.baseline = One, .sse42 = Two, .avx512 = Three});
  EXPECT_EQ(kDispatch.At(SimdLevel::kBaseline)(), 1);
  EXPECT_EQ(kDispatch.At(SimdLevel::kSse42)(), 2);
  EXPECT_EQ(kDispatch.At(SimdLevel::kAvx2)(), 2);
  EXPECT_EQ(kDispatch.At(SimdLevel::kAvx512)(), 3);
  for (const SimdLevel level : SimdLevelsOfMachine()) {
    const ScopedSimdLevel scope(level);
    EXPECT_EQ(kDispatch(), kDispatch.At(level)());
  }
}

}  // namespace
}  // namespace trivet
