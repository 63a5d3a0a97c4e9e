#include "cluster/control_messages.h"

#include <gtest/gtest.h>

namespace trivet {
namespace {

LaunchAttempt SomeLaunch() {
  LaunchAttempt launch;
  launch.attempt = {{7, 2, 13}, 3};
  launch.worker = {"w1", 99};
  launch.fragment = std::string("plan\0bytes", 10);
  launch.peers = {{{"w0", 5}, "grpc://127.0.0.1:1"}, {{"w1", 99}, "grpc://127.0.0.1:2"}};
  launch.inputs = {{0, 3, 5, {{0, 1, 0}, {1, 2, 1}}}, {1, 0, 1, {}}};
  launch.output_partitions = 16;
  launch.samples_keys = true;
  launch.range_bounds = {"a", std::string("\0b", 2)};
  launch.deadline = TimePoint(Duration(123456789));
  return launch;
}

TEST(ControlMessages, LaunchesRoundTrip) {
  const LaunchAttempt launch = SomeLaunch();
  const std::string bytes = EncodeLaunch(launch);
  const auto decoded = DecodeLaunch(bytes);
  ASSERT_TRUE(decoded.ok()) << decoded.status().ToString();
  EXPECT_EQ(EncodeLaunch(*decoded), bytes);
  EXPECT_EQ(decoded->attempt, launch.attempt);
  EXPECT_EQ(decoded->fragment, launch.fragment);
  EXPECT_EQ(decoded->inputs[0].sources[1].peer, 1u);
  EXPECT_EQ(decoded->range_bounds, launch.range_bounds);
  EXPECT_EQ(decoded->deadline, launch.deadline);
}

TEST(ControlMessages, EveryTruncationIsCorruption) {
  const std::string bytes = EncodeLaunch(SomeLaunch());
  for (size_t length = 0; length < bytes.size(); ++length) {
    const auto decoded = DecodeLaunch(std::string_view(bytes).substr(0, length));
    ASSERT_FALSE(decoded.ok()) << length;
    EXPECT_EQ(decoded.status().code(), StatusCode::kCorruption);
  }
  EXPECT_FALSE(DecodeLaunch(bytes + "x").ok());
}

TEST(ControlMessages, OthersRoundTrip) {
  const CancelAttempt cancel{{{1, 0, 4}, 2}, {"w", 3}, "no longer wanted"};
  EXPECT_EQ(DecodeCancel(EncodeCancel(cancel))->reason, cancel.reason);
  const FenceWorker fence{{"w", 3}, Status::Timeout("silent for 10 s")};
  EXPECT_EQ(DecodeFence(EncodeFence(fence))->reason.ToString(), fence.reason.ToString());
  const DeleteShuffleData data{42, {"w", 3}};
  EXPECT_EQ(DecodeDelete(EncodeDelete(data))->query, 42u);
  EXPECT_FALSE(DecodeDelete("").ok());
}

}  // namespace
}  // namespace trivet
