#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>

namespace trivet {

// What one filter that another operator gave to a scan has removed from it. Rows and groups that
// several filters exclude count for the first that did. Updated as an OperatorMetrics is.
struct FilterMetrics {
  std::string columns;  // of the scanned table
  // What it told the scan ("list", "bitmap"), a constant; null while it tells nothing.
  std::atomic<const char*> content{nullptr};
  std::atomic<uint64_t> rows_removed{0};    // one by one, or with their page or group
  std::atomic<uint64_t> groups_removed{0};  // row groups of files, morsels of tables in memory
};

// Counters of one operator over all threads. Updated per batch, relaxed.
struct OperatorMetrics {
  std::atomic<uint64_t> rows_in{0};
  std::atomic<uint64_t> rows_out{0};
  std::atomic<uint64_t> batches_out{0};
  std::atomic<uint64_t> busy_nanos{0};
  std::atomic<uint64_t> peak_memory_bytes{0};
  std::atomic<uint64_t> bytes_read{0};
  std::atomic<uint64_t> bytes_cached{0};   // compressed bytes whose content was there already
  std::atomic<uint64_t> bytes_ahead{0};    // compressed bytes asked for before they were read
  std::atomic<uint64_t> bytes_skipped{0};  // compressed bytes that pruning left unread
  std::atomic<uint64_t> rows_skipped{0};   // rows that pruning left undecoded
  std::atomic<uint64_t> bytes_spilled{0};
  std::deque<FilterMetrics> filters;  // of a scan; listed before it runs
  // What it did otherwise than the plan says ("sides swapped"), a constant; null: nothing.
  std::atomic<const char*> deviation{nullptr};

  void NotePeakMemory(uint64_t bytes) {
    uint64_t seen = peak_memory_bytes.load(std::memory_order_relaxed);
    while (bytes > seen && !peak_memory_bytes.compare_exchange_weak(seen, bytes)) {
    }
  }
};

// Metrics of one run: an OperatorMetrics per physical operator, numbered by the plan, and the
// sources' progress. Thread-safe.
class QueryMetrics {
 public:
  // The metrics of operator `id`; references stay valid as long as this object.
  OperatorMetrics& ForOperator(size_t id) {
    std::lock_guard lock(mutex_);
    while (operators_.size() <= id) operators_.emplace_back();
    return operators_[id];
  }

  // What all operators have written to temporary files.
  uint64_t SpilledBytes() {
    std::lock_guard lock(mutex_);
    uint64_t bytes = 0;
    for (const OperatorMetrics& metrics : operators_) bytes += metrics.bytes_spilled.load();
    return bytes;
  }

  OperatorMetrics result;  // what the result's reader took

  // Work units (rows) of all sources, for a progress bar.
  std::atomic<uint64_t> source_rows_total{0};
  std::atomic<uint64_t> source_rows_done{0};

 private:
  std::mutex mutex_;
  std::deque<OperatorMetrics> operators_;
};

}  // namespace trivet
