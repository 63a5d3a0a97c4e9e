#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "context/memory_shares.h"
#include "context/temporary_files.h"
#include "execution/pipeline_builder.h"
#include "execution/spill/packed_batch.h"

namespace trivet {

// A sink that keeps its input's batches, in the input's order, and a source that gives them again,
// to any number of readers. Memory is reserved for every batch kept; batches that do not fit into
// its share go to disk, column by column. A batch that every reader has had, or will not ask for
// any more, is given up at once, memory and disk.
class BatchStore final : public Sink {
 public:
  // `expected_bytes`: what it is thought to need, 0 where that is not known. The context and
  // metrics outlive it.
  BatchStore(const ExecutionContext& context, OperatorMetrics& metrics, std::string consumer,
             size_t expected_bytes);
  ~BatchStore() override;

  Result<std::unique_ptr<LocalSink>> MakeLocal(const ExecutionContext& context) override;
  Status Finish(const CallContext& call) override;

  // Before the run: one that will read, until EndRead was called for every batch.
  void AddReader() { ++reader_count_; }

  // ---- after Finish, any thread ----
  size_t batch_count() const { return stored_.size(); }
  uint64_t row_count() const { return row_count_; }
  // Some columns of a batch.
  Result<Batch> Read(size_t index, const std::vector<size_t>& columns) const;
  // A reader needs the batch no more; once for each reader.
  void EndRead(size_t index);

 private:
  class Local;
  struct Stored {
    PackedBatch packed;  // empty: on disk
    BatchOrder order;
    uint64_t arrival = 0;  // tells batches of equal order apart: made of one, as they came
    size_t row_count = 0;
    uint64_t offset = 0;   // in the file
    uint64_t bytes = 0;    // there
    uint64_t address = 0;  // where the bytes lay when they were written
    std::vector<PackedBatch::Section> sections;
  };

  Status Keep(const Batch& batch);
  Status Write(Stored& stored);
  bool CanSpill() const;
  Result<SpillFile*> File();
  void GiveUp(Stored& stored);

  const ExecutionContext& context_;
  OperatorMetrics& metrics_;
  std::unique_ptr<MemoryShare> share_;

  std::mutex mutex_;  // guards all below until Finish
  Reservation reservation_;
  std::shared_ptr<SpillFile> file_;
  std::vector<LogicalType> types_;
  std::vector<Stored> in_memory_;
  std::vector<Stored> stored_;  // on disk; after Finish all, in order
  uint64_t row_count_ = 0;
  uint64_t arrivals_ = 0;
  uint32_t reader_count_ = 0;
  std::unique_ptr<std::atomic<uint32_t>[]> readers_left_;  // of each batch
};

// A reader: gives the batches of a finished store, renumbered as morsels in their order, with the
// stored columns that `columns` names, in its order.
std::shared_ptr<Source> MakeBatchStoreSource(std::shared_ptr<BatchStore> store,
                                             std::vector<size_t> columns,
                                             std::function<std::unique_ptr<MorselTaker>()> takers);

}  // namespace trivet
