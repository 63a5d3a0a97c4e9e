#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/file_system.h"
#include "context/metrics.h"
#include "context/scan_part.h"
#include "expression/evaluation_context.h"
#include "vector/batch.h"

namespace trivet {

class BufferCache;
class ExchangeInputs;
class MemoryShare;
class TemporaryFiles;

// What an operator may touch of the world: storage, memory, clock, seed, files, metrics,
// cancellation. Whatever it does not find here it may not do. One per run of a query (or of a task
// of one); read-only and thread-safe.
class ExecutionContext : public EvaluationContext {
 public:
  virtual FileSystem& files() const = 0;
  // Rows of a batch, 1..kVectorSize; small ones only in tests.
  virtual size_t batch_size() const = 0;
  // Threads that may run pipelines of this query at the same time.
  virtual size_t thread_count() const = 0;
  virtual bool preserve_insertion_order() const = 0;
  virtual QueryMetrics& metrics() const = 0;
  // The place of an operator that can spill among those that divide the memory; it expects to need
  // so many bytes (0: not known).
  virtual std::unique_ptr<MemoryShare> JoinMemoryShares(size_t expected_bytes) const = 0;
  // Where operators spill to; null: nowhere.
  virtual TemporaryFiles* temporary_files() const { return nullptr; }
  // Where scans keep what later queries may want; null: nowhere.
  virtual BufferCache* buffer_cache() const { return nullptr; }
  // Rows that other tasks of the same query made; null where the run is no task of a stage.
  virtual ExchangeInputs* exchange_inputs() const { return nullptr; }
  // Which part of its tables this run reads; one of several tasks that run the same plan reads one
  // part each.
  virtual ScanPart scan_part() const { return {}; }
};

}  // namespace trivet
