#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "execution/operators/sort_run.h"
#include "execution/spill/sorted_run_file.h"

namespace trivet {

// Rows of one range of the order, in memory. Reused for one range after the other.
struct SortRange {
  std::unique_ptr<uint8_t[]> bytes;
  std::vector<SortEntry> entries;  // in order, once loaded
  std::unique_ptr<SortEntry[]> scratch;
};

// What of one sort lies on disk: sorted runs, which are first merged until so few are left that a
// block of each fits into a thread's part of the memory, and then cut, at first rows of blocks,
// into ranges that take no more than that part. Any thread loads any range, and has its rows in
// their order. The order of rows is total, so that ranges can be cut anywhere, however many keys
// are equal. Thread-safe as said below.
class SpilledSort {
 public:
  // All outlive it.
  SpilledSort(const SortShape& shape, const ExecutionContext& context, MemoryShare& share,
              OperatorMetrics& metrics);
  ~SpilledSort();

  // Whether there is a place to spill to.
  bool is_possible() const;
  SortedRunFile& file() { return file_; }
  // Any thread, until all rows are there.
  Status Add(SortedRun run);
  bool empty() const { return !has_runs_.load(std::memory_order_acquire); }

  // ---- once no more input comes ----
  // Deals the runs there are to so many tasks, each of which has its part merged down. Runs may
  // still be added.
  void Divide(size_t tasks);
  Status Reduce(size_t task);
  // After all tasks. `threads`: that will load ranges at the same time.
  Status CutRanges(size_t threads);

  // ---- then any thread ----
  size_t range_count() const { return bounds_.size() + 1; }
  // For so many threads at a time there is memory.
  size_t threads() const { return threads_; }
  // Each range is loaded once.
  Status Load(size_t range, SortRange& out);

 private:
  using Runs = std::vector<SortedRun>;
  struct Slice {
    size_t run;
    size_t first_block;
    size_t end_block;
  };
  class Reader;

  SortEntry FirstOf(const SortedRun::Block& block) const {
    return EntryOf(shape_, block.first_row.get());
  }
  bool Before(const SortEntry& a, const SortEntry& b) const { return SortsBefore(shape_, a, b); }
  // What part of the memory one of the threads may take to merge.
  size_t PartBytes(size_t threads) const;
  Status MergeSmallest(Runs& runs, size_t count);
  Result<SortedRun> Merge(Runs& runs, size_t count);
  Status ResizeIndex(size_t more, size_t less);
  void ChooseBounds(size_t most_bytes);
  std::vector<Slice> SlicesOf(size_t range) const;
  // Tells what ranges take, and which block is loaded how often.
  Status MeasureRanges();

  const SortShape& shape_;
  const ExecutionContext& context_;
  MemoryShare& share_;
  SortedRunFile file_;
  std::atomic<bool> has_runs_{false};

  std::mutex mutex_;  // guards the next two until ranges are cut
  Runs runs_;
  Reservation index_;
  std::vector<Runs> parts_;  // one a task
  size_t most_inputs_ = 2;
  size_t target_ = 1;  // runs that a task leaves

  std::vector<SortEntry> bounds_;  // range i ends before bounds_[i]; the last has no bound
  // By run and block: ranges that have still to load the block.
  std::vector<std::unique_ptr<std::atomic<uint32_t>[]>> uses_;
  size_t most_bytes_ = 0;  // of any range
  size_t most_rows_ = 0;
  size_t threads_ = 1;
  Reservation ranges_;  // of the threads that load ranges
};

}  // namespace trivet
