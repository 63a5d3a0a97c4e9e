#pragma once

#include <map>
#include <mutex>
#include <vector>

#include "execution/pipeline_builder.h"

namespace trivet {

// A sink that keeps its input's batches, in the input's order, and a source that gives them again,
// to any number of readers. Memory is reserved for every batch kept.
class BatchStore final : public Sink {
 public:
  BatchStore(MemoryManager& memory, std::string consumer);

  Result<std::unique_ptr<LocalSink>> MakeLocal(const ExecutionContext& context) override;
  Status Finish(const CallContext& call) override;

  // Complete after Finish.
  const std::vector<Batch>& batches() const { return batches_; }
  uint64_t row_count() const { return row_count_; }

 private:
  class Local;
  std::mutex mutex_;
  Reservation reservation_;
  std::vector<Batch> batches_;
  uint64_t row_count_ = 0;
};

// Gives the batches of a finished store, renumbered as morsels in their order, with the stored
// columns that `columns` names, in its order.
std::shared_ptr<Source> MakeBatchStoreSource(std::shared_ptr<BatchStore> store,
                                             std::vector<size_t> columns,
                                             std::function<std::unique_ptr<MorselTaker>()> takers);

}  // namespace trivet
