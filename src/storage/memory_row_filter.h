#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "storage/dynamic_filter.h"
#include "storage/table.h"
#include "vector/batch.h"

namespace trivet {

// A run-time filter of one scan: where its columns lie in the batches that the scan reads, and how
// much it filtered so far, over all threads. Relaxed counters: answers do not depend on them.
struct MemoryDynamic {
  const ScanRequest::Dynamic* dynamic = nullptr;
  std::vector<size_t> places;
  std::atomic<uint64_t> tested{0};
  std::atomic<uint64_t> passed{0};
};

// Asks run-time filters of the rows of a table in memory, one morsel's after the other; those that
// let nearly all rows pass are left out from the next morsel on. One thread's.
class MemoryRowFilter {
 public:
  // For one morsel; the filters outlive it.
  explicit MemoryRowFilter(std::vector<std::unique_ptr<MemoryDynamic>>& filters);

  // Removes rows that no filter's join or Top-N has use for.
  void Apply(Batch& batch);

 private:
  struct Step {
    MemoryDynamic* filter;
    std::shared_ptr<const DynamicFilter::Content> content;
  };
  std::vector<Step> steps_;
};

}  // namespace trivet
