#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "context/memory_shares.h"
#include "execution/morsel_tracker.h"
#include "execution/operators/group_finder.h"
#include "execution/operators/row_merger.h"
#include "execution/pipeline.h"
#include "execution/spill/spilled_pieces.h"

namespace trivet {

// How often each of two inputs has every different row. Threads count on their own; partitions are
// merged when they are read. Once a thread has spilled, all of them do in the end, and pieces of
// what was spilled are read instead. Owned by its sinks and source together.
class CountedRows : public std::enable_shared_from_this<CountedRows> {
 public:
  struct Counts {
    int64_t side[2];
  };
  // How many times a row counted so is given.
  using Copies = int64_t (*)(const Counts& counts);

  static constexpr std::string_view kConsumer = "SET_OPERATION";
  static constexpr int kRadixBits = 6;

  static Result<std::shared_ptr<CountedRows>> Make(const std::vector<LogicalType>& types,
                                                   Copies copies, const ExecutionContext& context,
                                                   OperatorMetrics* metrics);

  // Counts rows into one side. Thread-safe towards the other side's sink.
  std::shared_ptr<Sink> MakeSink(size_t side);
  // Gives the rows, after both sinks have finished.
  std::shared_ptr<Source> MakeSource(std::function<std::unique_ptr<MorselTaker>()> takers);

 private:
  class CountSink;
  class LocalCountSink;
  class CountSource;
  class LocalCountSource;

  // Rows of one partition or piece, and what keeps them.
  struct Part {
    std::vector<const RowStore*> stores;
    std::unique_ptr<RowStore> loaded;
  };

  CountedRows(GroupLayoutPtr layout, Copies copies, const ExecutionContext& context,
              OperatorMetrics* metrics)
      : layout_(std::move(layout)),
        copies_(copies),
        context_(context),
        metrics_(metrics),
        share_(context.JoinMemoryShares(0)) {}

  // Rows of the finder's store, partition by partition; beyond `complete_rows` they mean nothing.
  Status Spill(const GroupFinder& finder, const std::vector<size_t>& complete_rows);
  void AddLocal(std::unique_ptr<GroupFinder> finder);
  Status BeginReading();
  std::optional<size_t> TakePart();
  Result<Part> OpenPart(size_t number);
  Status Merge(const Part& part);
  size_t row_count() const;

  GroupLayoutPtr layout_;
  Copies copies_;
  const ExecutionContext& context_;
  OperatorMetrics* metrics_;
  std::unique_ptr<MemoryShare> share_;
  std::mutex mutex_;  // guards the next three
  std::vector<std::unique_ptr<GroupFinder>> locals_;
  std::shared_ptr<SpilledRows> spilled_;
  std::unique_ptr<SpilledPieces> pieces_;  // once reading has begun
  std::atomic<size_t> next_partition_{0};
};

}  // namespace trivet
