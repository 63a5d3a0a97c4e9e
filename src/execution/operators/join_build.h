#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "execution/operators/join_runtime.h"
#include "execution/operators/join_spill.h"
#include "execution/operators/join_table_builder.h"

namespace trivet {

// Gathers the build side, each thread for itself and by partition once it has many rows, then makes
// the table, partitions in parallel. Where rows do not fit, all go to disk by partition, and those
// of some partitions come back.
class JoinBuildSink final : public Sink {
 public:
  JoinBuildSink(std::shared_ptr<JoinRuntime> runtime, const ExecutionContext& context)
      : runtime_(std::move(runtime)),
        table_(*runtime_->table),
        context_(context),
        builder_(table_, context.thread_count()) {}

  Result<std::unique_ptr<LocalSink>> MakeLocal(const ExecutionContext& context) override;
  size_t FinishTaskCount() override;
  Status RunFinishTask(size_t task, const CallContext& call) override;
  Status Finish(const CallContext& call) override;

 private:
  friend class LocalJoinBuild;

  bool can_spill() const;
  // All rows that were gathered, wherever they are.
  size_t RowCount() const;
  // Hands these over instead of making a table.
  void SwapSides();
  // Of a reducer: has all rows of the other side pass.
  void GiveUp();
  // Made by the first thread that spills.
  std::shared_ptr<JoinSpill> Spill();
  // Whether the directory of what lies in memory has room as well.
  bool DirectoryFits();
  // Partitions what small threads have gathered where a large one has partitions.
  Status PartitionAll();
  Status SpillStore(RowStore& store) const;
  Status LoadResident();

  std::shared_ptr<JoinRuntime> runtime_;
  JoinTable& table_;
  const ExecutionContext& context_;
  std::mutex mutex_;  // guards the spill's making, and what is gathered while threads combine
  std::vector<GatheredRows> gathered_;
  JoinTableBuilder builder_;
  Status prepared_;
  bool swaps_ = false;
};

}  // namespace trivet
