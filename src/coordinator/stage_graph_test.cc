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

TEST(StageGraph, ForwardedInputsStandOneAfterTheOther) {
  StageGraph graph;
  graph.stages.push_back({.id = 0, .task_count = 2});
  graph.stages.push_back({.id = 1, .task_count = 3});
  graph.stages.push_back(
      {.id = 2,
       .inputs = {{0, ExchangeKind::kForward, 0}, {1, ExchangeKind::kForward, 2}},
       .task_count = 5});
  EXPECT_TRUE(graph.Validate().ok());
  graph.stages[2].inputs[1].task_offset = 3;
  EXPECT_EQ(graph.Validate().code(), StatusCode::kInternal);
}

}  // namespace
}  // namespace trivet
