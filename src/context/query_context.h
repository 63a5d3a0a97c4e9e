#pragma once

#include <string>

#include "context/buffer_cache.h"
#include "context/execution_context.h"
#include "context/memory_budget.h"
#include "context/temporary_files.h"

namespace trivet {

// The ExecutionContext of one run: plain values fixed when the run starts. The runtimes fill it;
// tests use it as their mock. The budget and file system outlive it.
class QueryContext : public ExecutionContext {
 public:
  struct Options {
    int64_t query_time_micros = 0;
    uint64_t random_seed = 0;
    std::string time_zone = "UTC";
    size_t batch_size = kVectorSize;
    size_t thread_count = 1;
    bool preserve_insertion_order = true;
    size_t memory_limit_bytes = ~size_t{0} >> 1;
    ScanPart scan_part = {};
    bool always_spill = false;  // for tests: operators spill whatever they hold
  };

  QueryContext(Options options, FileSystem& files, MemoryBudget* process_budget,
               TemporaryFiles* temporary_files = nullptr, BufferCache* buffer_cache = nullptr)
      : options_(std::move(options)),
        files_(files),
        temporary_files_(temporary_files != nullptr && temporary_files->is_enabled()
                             ? temporary_files
                             : nullptr),
        buffer_cache_(buffer_cache),
        budget_("memory_limit", options_.memory_limit_bytes, process_budget) {}

  int64_t query_time_micros() const override { return options_.query_time_micros; }
  uint64_t random_seed() const override { return options_.random_seed; }
  const std::string& time_zone() const override { return options_.time_zone; }
  MemoryManager& memory() const override { return budget_; }
  const CancellationToken& cancellation() const override { return cancellation_; }
  FileSystem& files() const override { return files_; }
  size_t batch_size() const override { return options_.batch_size; }
  size_t thread_count() const override { return options_.thread_count; }
  bool preserve_insertion_order() const override { return options_.preserve_insertion_order; }
  QueryMetrics& metrics() const override { return metrics_; }
  std::unique_ptr<MemoryShare> JoinMemoryShares(size_t expected_bytes) const override {
    return budget_.shares().Join(expected_bytes, options_.always_spill);
  }
  TemporaryFiles* temporary_files() const override { return temporary_files_; }
  BufferCache* buffer_cache() const override { return buffer_cache_; }
  ScanPart scan_part() const override { return options_.scan_part; }

  const Options& options() const { return options_; }

 private:
  Options options_;
  FileSystem& files_;
  TemporaryFiles* temporary_files_;
  BufferCache* buffer_cache_;
  CancellationToken cancellation_;
  mutable MemoryBudget budget_;
  mutable QueryMetrics metrics_;
};

}  // namespace trivet
