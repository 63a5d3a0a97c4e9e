#include "session/runtime_mode.h"

#include <gtest/gtest.h>

namespace trivet {
namespace {

constexpr RuntimeMode kModes[] = {RuntimeMode::kEmbedded, RuntimeMode::kSingleNode,
                                  RuntimeMode::kDistributed};
constexpr ExecutionPlacement kPlacements[] = {ExecutionPlacement::kLocalInProcess,
                                              ExecutionPlacement::kSingleNodeDaemon,
                                              ExecutionPlacement::kRemoteClusterRequired};

TEST(RuntimeMode, ThreeOfNinePairsAreLegal) {
  for (size_t mode = 0; mode < 3; ++mode) {
    for (size_t placement = 0; placement < 3; ++placement) {
      const Status status = CheckPlacement(kModes[mode], kPlacements[placement]);
      EXPECT_EQ(status.ok(), mode == placement);
      if (status.ok()) continue;
      EXPECT_EQ(status.code(), StatusCode::kInvalidInput);
      EXPECT_NE(status.message().find(RuntimeModeName(kModes[mode])), std::string::npos);
      EXPECT_NE(status.message().find(ExecutionPlacementName(kPlacements[placement])),
                std::string::npos);
    }
  }
}

TEST(RuntimeMode, NamesReadBack) {
  for (const RuntimeMode mode : kModes) {
    EXPECT_EQ(*ParseRuntimeMode(RuntimeModeName(mode)), mode);
  }
  EXPECT_EQ(*ParseRuntimeMode("single-node"), RuntimeMode::kSingleNode);
  EXPECT_EQ(ParseRuntimeMode("local").status().code(), StatusCode::kInvalidInput);
}

}  // namespace
}  // namespace trivet
