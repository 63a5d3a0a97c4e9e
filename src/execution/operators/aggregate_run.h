#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "execution/operators/aggregate_local.h"
#include "execution/operators/row_merger.h"

namespace trivet {

// One run of an aggregation, after its threads have added their rows: merges their shares,
// partition by partition, feeds the states that wait for DISTINCT or ordered input, and gives the
// groups. Calls on different partitions may run at the same time.
class AggregateRun {
 public:
  AggregateRun(AggregatePlanPtr plan, const ExecutionContext& context, OperatorMetrics* metrics);

  const AggregatePlanPtr& plan() const { return plan_; }

  // ---- by the sink ----
  void AddLocal(std::unique_ptr<LocalAggregation> local);
  // After the last local: the number of calls of RunTask that make the groups complete, then
  // Finish.
  Result<size_t> Begin();
  Status RunTask(size_t task);
  Status Finish();

  // ---- by the source ----
  // Rows of groups in a partition, merged ones included; what of it there is to read.
  class Reader;
  std::optional<size_t> TakePartition();
  size_t parallel_readers() const;

 private:
  struct Partition {
    std::vector<RowStore*> stores;
    size_t row_count = 0;
  };
  // What one finish task works with and leaves behind.
  struct Task {
    Task(const AggregatePlan& plan, MemoryManager& memory)
        : arena(Reservation(&memory, std::string(AggregatePlan::kConsumer))),
          rows(plan.layout->rows, std::make_shared<RowMemory>(Reservation(
                                      &memory, std::string(AggregatePlan::kConsumer)))) {}

    AggregateArena arena;
    LaneErrors errors;
    size_t first_partition = 0;
    size_t end_partition = 0;
    // Without groups: this task's states of buffered aggregates, in a row of their own.
    RowStore rows;
    uint8_t* single_row = nullptr;
  };

  Status MergeMain(size_t partition, RowMerger& merger, Task& task);
  Status FeedBuffered(size_t index, size_t partition, const RowMerger* main, Task& task);
  Status FeedRows(const AggregatePlan::Buffered& buffered, const std::vector<uint8_t*>& rows,
                  const RowMerger* main, Task& task);
  Status FeedSorted(const AggregatePlan::Buffered& buffered, const std::vector<uint8_t*>& rows,
                    const RowMerger* main, Task& task);
  void FindGroups(const AggregatePlan::Buffered& buffered, uint8_t* const* rows, size_t count,
                  const RowMerger* main, const Task& task, uint8_t** groups) const;
  Status UpdateStates(const AggregatePlan::Buffered& buffered, uint8_t* const* rows,
                      uint8_t* const* groups, size_t count, BatchOrder order, Task& task);
  void CombineRows(uint8_t* const* sources, uint8_t* const* targets, size_t count,
                   Task& task) const;
  Status EnsureSingleRow();

  AggregatePlanPtr plan_;
  const ExecutionContext& context_;
  OperatorMetrics* metrics_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<LocalAggregation>> locals_;
  std::vector<Partition> partitions_;
  std::vector<std::unique_ptr<Task>> tasks_;
  uint8_t* single_row_ = nullptr;  // without groups
  bool needs_merging_ = false;
  std::atomic<size_t> next_partition_{0};
};

// Reads the groups of partitions, a batch at a time. One thread's.
class AggregateRun::Reader {
 public:
  explicit Reader(AggregateRun& run) : run_(run) {}

  void Open(size_t partition);
  // False at the end of the partition.
  Result<bool> Next(Batch& batch);

 private:
  AggregateRun& run_;
  size_t partition_ = 0;
  size_t store_ = 0;
  std::optional<RowStore::Cursor> cursor_;
};

}  // namespace trivet
