#include "coordinator/stage_graph.h"

#include <gtest/gtest.h>

namespace trivet {
namespace {

// A scan of three parts, cut into four, and its reader.
StageGraph Shuffled() {
  StageGraph graph;
  graph.stages.push_back({.id = 0, .task_count = 3, .output_partitions = 4});
  graph.stages.push_back({.id = 1, .inputs = {{0, ExchangeKind::kHash}}, .task_count = 4});
  return graph;
}

TEST(StageGraph, ChecksThatExchangesFit) {
  StageGraph graph = Shuffled();
  EXPECT_TRUE(graph.Validate().ok());
  graph.stages[1].task_count = 5;
  EXPECT_EQ(graph.Validate().code(), StatusCode::kInternal);
  graph = Shuffled();
  graph.stages[1].inputs[0].kind = ExchangeKind::kForward;
  EXPECT_EQ(graph.Validate().code(), StatusCode::kInternal);
  graph = Shuffled();
  graph.stages[1].inputs[0].producer = 1;
  EXPECT_EQ(graph.Validate().code(), StatusCode::kInternal);
  graph = Shuffled();
  graph.stages[1].output_partitions = 2;
  EXPECT_EQ(graph.Validate().code(), StatusCode::kInternal);
}

TEST(StageGraph, EveryTaskOfAShuffleReadsItsPartitionOfEveryMap) {
  const StageGraph graph = Shuffled();
  const StageLayout layout = PlainLayout(graph, graph.stages[1]);
  ASSERT_EQ(layout.size(), 4u);
  for (uint32_t task = 0; task < 4; ++task) {
    EXPECT_EQ(layout[task], (std::vector<InputSlice>{{task, task + 1, 0, 3}}));
  }
}

TEST(StageGraph, ForwardedInputsStandOneAfterTheOther) {
  StageGraph graph;
  graph.stages.push_back({.id = 0, .task_count = 2});
  graph.stages.push_back({.id = 1, .task_count = 3});
  graph.stages.push_back(
      {.id = 2,
       .inputs = {{0, ExchangeKind::kForward, 0}, {1, ExchangeKind::kForward, 2}},
       .task_count = 5});
  ASSERT_TRUE(graph.Validate().ok());
  const StageLayout layout = PlainLayout(graph, graph.stages[2]);
  for (uint32_t task = 0; task < 5; ++task) {
    EXPECT_EQ(layout[task][0].empty(), task >= 2);
    EXPECT_EQ(layout[task][1].empty(), task < 2);
  }
  EXPECT_EQ(layout[1][0], (InputSlice{0, 1, 1, 2}));
  EXPECT_EQ(layout[4][1], (InputSlice{0, 1, 2, 3}));
}

}  // namespace
}  // namespace trivet
