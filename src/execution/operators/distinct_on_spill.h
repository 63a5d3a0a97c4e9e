#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "context/memory_shares.h"
#include "execution/operators/distinct_on_rows.h"
#include "execution/spill/sorted_run_file.h"
#include "execution/spill/spilled_pieces.h"

namespace trivet {

// What DISTINCT ON has put on disk. First each thread's first rows with keys and places, by
// partition of the keys' hash; then, partition by partition, the first rows of all, as runs sorted
// by place; at last these are merged, which gives them in the input's order. The context, shape,
// share and metrics outlive it.
class DistinctOnSpill {
 public:
  DistinctOnSpill(const DistinctOnShape& shape, const ExecutionContext& context,
                  OperatorMetrics& metrics, const MemoryShare& share);

  // Writes a thread's rows. Any number of threads.
  Status Write(const DistinctOnRows& rows);
  // ---- once all are written ----
  void EndInput();
  // Finds first rows of partitions until there are none left. Any number of threads.
  Status FindFirstRows();
  // ---- once all are found; one thread ----
  // The next rows in the input's order, no more than so many; false at the end.
  Result<bool> NextBatch(size_t most_rows, Batch& batch);

 private:
  // One run as it is merged: a block in memory.
  struct Input {
    SortedRun run;
    size_t next_block = 0;
    std::shared_ptr<Buffer> block;
    uint8_t* row = nullptr;
    size_t rows_left = 0;  // in the block, with `row`
  };

  Status FindFirstRowsOf(const RowStore& rows);
  Status WriteRun(std::vector<uint8_t*> rows);
  bool IsBefore(const uint8_t* a, const uint8_t* b) const;
  Status LoadBlock(Input& input);
  Status StartMerge();

  const DistinctOnShape& shape_;
  const ExecutionContext& context_;
  OperatorMetrics& metrics_;
  const MemoryShare& share_;
  const size_t place_;  // the first of the three columns of a row's place
  std::shared_ptr<SpilledRows> written_;
  std::unique_ptr<SpilledPieces> pieces_;
  SortedRunFile runs_file_;
  std::mutex mutex_;  // guards the next
  std::vector<SortedRun> runs_;
  bool is_merging_ = false;
  std::vector<Input> inputs_;
  std::vector<size_t> heap_;  // of inputs by their rows' places
};

}  // namespace trivet
