#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "coordinator/stage_graph.h"

// What is decided about a stage at run time, from the sizes its producers reported. Pure functions:
// the same sizes give the same decision on every run and in every replay.

namespace trivet {

struct AdaptationOptions {
  // Adjacent small partitions are read by one task, up to this size together.
  bool coalesce = true;
  uint64_t target_partition_bytes = 64ULL << 20;
  // A partition above both limits is read by several tasks, where the plan allows it.
  bool split = true;
  uint64_t split_median_factor = 4;
  uint64_t split_minimum_bytes = 128ULL << 20;
  // A join's build side up to this size is sent to every task, so that the other side stays put.
  bool broadcast = true;
  uint64_t broadcast_bytes = 32ULL << 20;
};

// What the finished tasks of a producing stage reported.
struct ProducerStatistics {
  std::vector<uint64_t> partition_bytes;  // by output partition, over all tasks
  std::vector<uint64_t> map_bytes;        // by task, over all partitions
  // How many tasks, from the first, are read: fewer than all only under a row limit.
  uint32_t maps = 0;

  uint64_t total_bytes() const;
};

// The inputs of each task of a stage, its producers being complete; producers[i] belongs to
// stage.inputs[i], whose kinds are those in force now. `slots` is the number of slots of the live
// workers: coalescing leaves at least as many tasks, or as many as were planned. `fixed` keeps the
// planned number of tasks (another stage relies on it).
StageLayout AdaptLayout(const Stage& stage, const std::vector<ProducerStatistics>& producers,
                        uint32_t slots, bool fixed, const AdaptationOptions& options);

// The place of the input that a stage should read whole in every task, its producer being complete
// and that of its only other partitioned input not started; -1 if there is none. The caller then
// makes the input kBroadcast, the other kForward, and has its producer write one partition.
int ChooseBroadcastInput(const StageGraph& graph, const Stage& stage,
                         const std::vector<bool>& complete, const std::vector<bool>& started,
                         const std::vector<uint64_t>& total_bytes,
                         const AdaptationOptions& options);

// The sample of one task: encoded keys, in any order, that stand for `rows` rows.
struct KeySample {
  std::vector<std::string> keys;
  uint64_t rows = 0;
};

// At most `partitions` - 1 different keys, ascending in memcmp order, that cut the sampled rows as
// evenly as their duplicates allow. Partition i gets keys from bound i - 1 (included) to bound i.
std::vector<std::string> RangeBounds(const std::vector<KeySample>& samples, uint32_t partitions);

}  // namespace trivet
