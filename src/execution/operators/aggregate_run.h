#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "context/memory_shares.h"
#include "execution/operators/aggregate_local.h"
#include "execution/operators/aggregate_spill.h"
#include "execution/operators/row_merger.h"

namespace trivet {

// One run of an aggregation, after its threads have added their rows: merges their shares,
// partition by partition, feeds the states that wait for DISTINCT or ordered input, and gives the
// groups. Where threads have spilled, so does what they hold at the end, and a partition is merged
// when it is read, cut by further bits of the hash as long as it is too large. Calls on different
// partitions may run at the same time.
class AggregateRun {
 public:
  AggregateRun(AggregatePlanPtr plan, const ExecutionContext& context, OperatorMetrics* metrics);

  const AggregatePlanPtr& plan() const { return plan_; }
  MemoryShare& share() { return *share_; }

  // ---- by the sink ----
  // False where the run cannot spill, or has nothing to spill but the one row without groups.
  bool can_spill() const {
    const bool has_rows = plan_->is_grouped() || !plan_->buffered.empty();
    return has_rows && context_.temporary_files() != nullptr;
  }
  // Writes all that the local aggregation holds. Thread-safe.
  Status Spill(LocalAggregation& local);
  void AddLocal(std::unique_ptr<LocalAggregation> local);
  // After the last local: the number of calls of RunTask that make the groups complete, then
  // Finish.
  Result<size_t> Begin();
  Status RunTask(size_t task);
  Status Finish();

  // ---- by the source ----
  class Reader;
  // The number of the next piece of the result, in ascending order.
  std::optional<size_t> TakePiece();
  size_t parallel_readers() const;

 private:
  // Rows of one partition: of groups, and those kept for each input, of all threads.
  struct Partition {
    std::vector<RowStore*> groups;
    bool first_is_unique = false;  // no two rows of the first store have equal keys
    size_t group_count() const;
    std::vector<std::vector<RowStore*>> buffered;
    std::vector<bool> buffered_is_unique;  // no two rows of any one store are equal
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

  Partition PartitionOf(size_t number);
  bool MustSpillToFinish() const;
  Status MergeGroups(const Partition& partition, RowMerger& merger, Task& task);
  Status FeedBuffered(const AggregatePlan::Buffered& buffered, const std::vector<RowStore*>& stores,
                      bool is_unique, const RowMerger* main, Task& task);
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
  Status MakeSingleRow(Task& task);

  // ---- what was spilled ----
  // A partition of what was spilled, brought back and merged.
  struct Loaded;
  struct Piece {
    std::shared_ptr<AggregateSpill> spill;
    size_t partition;
  };
  Result<std::unique_ptr<Loaded>> LoadGroups(const Piece& piece);
  // What was kept for the states of these groups; the piece is spent after it.
  Status FeedLoaded(const Piece& piece, Loaded& loaded);
  // Cuts the piece by further bits of the hash, to be read instead of it.
  Status SplitPiece(const Piece& piece);
  // What one thread may bring back at a time.
  size_t LoadBytes() const;
  Status FeedSpilled(const Piece& piece, Loaded& loaded);
  Status FeedInParts(SpilledRows& rows, size_t partition, const AggregatePlan::Buffered& buffered,
                     Loaded& loaded);
  Status FeedSpilledSingle();

  AggregatePlanPtr plan_;
  const ExecutionContext& context_;
  OperatorMetrics* metrics_;
  std::unique_ptr<MemoryShare> share_;
  std::mutex mutex_;  // guards the next three
  std::vector<std::unique_ptr<LocalAggregation>> locals_;
  std::shared_ptr<AggregateSpill> spill_;
  std::deque<Piece> pieces_;
  std::vector<Partition> partitions_;  // without spilling: of groups, after Begin
  std::vector<std::unique_ptr<Task>> tasks_;
  uint8_t* single_row_ = nullptr;  // without groups
  bool needs_merging_ = false;
  size_t rows_at_a_time_;  // of groups in memory, as they are given
  std::atomic<size_t> next_piece_{0};
};

// Reads the groups of pieces, a batch at a time. One thread's.
class AggregateRun::Reader {
 public:
  explicit Reader(AggregateRun& run);
  ~Reader();

  Status Open(size_t piece);
  // False at the end of the piece.
  Result<bool> Next(Batch& batch);

 private:
  AggregateRun& run_;
  std::vector<RowStore*> stores_;
  std::unique_ptr<Loaded> loaded_;
  size_t rows_at_a_time_ = 0;
  size_t store_ = 0;
  std::optional<RowStore::Cursor> cursor_;
};

}  // namespace trivet
