#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "expression/expression.h"
#include "formats/parquet/table_files.h"
#include "storage/table.h"

namespace trivet::parquet {

// A conjunct of the scan's filters, made ready for evaluation.
struct PlannedConjunct {
  ExpressionPtr expression;   // over table columns: for pruning
  ExpressionPtr local;        // over `slots`: input i is the column in slots[i]
  std::vector<size_t> slots;  // positions in ScanPlan::columns
  double cost = 1;            // of a row, in arbitrary units
  double guess = 0.5;         // share of rows that pass, until it is measured
};

struct PlannedDynamic {
  std::vector<size_t> columns;  // of the table
  std::vector<size_t> slots;    // theirs
  double cost = 1;              // of a row, in the conjuncts' units
  std::shared_ptr<const DynamicFilter> filter;
  FilterMetrics* metrics = nullptr;

  // Removed rows with all of a row group, or not.
  void NoteRemoved(uint64_t rows, bool is_group) const {
    if (metrics == nullptr) return;
    metrics->rows_removed.fetch_add(rows, std::memory_order_relaxed);
    if (is_group) metrics->groups_removed.fetch_add(1, std::memory_order_relaxed);
  }
};

// Rows that a filter has seen and let through, over all threads of a scan: they order the filters
// and retire dynamic ones that let nearly everything through. Relaxed counters: answers do not
// depend on them.
struct FilterCounts {
  std::atomic<uint64_t> tested{0};
  std::atomic<uint64_t> passed{0};
};

// What one scan does, decided once and shared by its threads.
//
// Conjuncts that cannot fail run first, in any order; those that may fail (or are volatile) run
// after all others, in the order in which they are written, so that errors do not depend on
// statistics. Where any can fail, dynamic filters are left out: whether they arrive in time must
// not decide an error.
struct ScanPlan {
  std::shared_ptr<const TableFiles> table;
  std::vector<size_t> columns;  // table columns that are read, in slots
  std::vector<size_t> output;   // slot of each output column
  std::vector<PlannedConjunct> free;
  std::vector<PlannedConjunct> ordered;
  std::vector<PlannedDynamic> dynamic;
  // Where pages of columns that other scans read are kept meanwhile; null: as the cache is set.
  std::shared_ptr<const PageScope> page_scope;
  std::vector<bool> is_shared;  // by slot
  // By slot: whether rows of the column were wanted so far.
  mutable std::vector<std::atomic<bool>> is_wanted;
  mutable std::vector<FilterCounts> free_counts;
  mutable std::vector<FilterCounts> dynamic_counts;

  size_t SlotOf(size_t column) const;
};

std::shared_ptr<const ScanPlan> MakeScanPlan(std::shared_ptr<const TableFiles> table,
                                             const ScanRequest& request);

}  // namespace trivet::parquet
