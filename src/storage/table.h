#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "context/execution_context.h"
#include "expression/expression.h"
#include "storage/dynamic_filter.h"
#include "storage/statistics.h"
#include "storage/table_reference.h"
#include "vector/batch.h"

namespace trivet {

class PageScope;

struct ColumnDefinition {
  std::string name;
  LogicalType type;
  bool not_null = false;
};

// What a scan is asked for. Expressions name table columns by kInput nodes with the table's
// ordinals, also ones that are not in `columns`.
struct ScanRequest {
  std::vector<size_t> columns;         // of the output batches, in order; may be empty (COUNT(*))
  std::vector<ExpressionPtr> filters;  // conjuncts, all applied exactly by the scan
  struct Dynamic {
    std::vector<size_t> columns;  // the filter is on
    std::shared_ptr<const DynamicFilter> filter;
    FilterMetrics* metrics = nullptr;  // of its work; may be null
  };
  std::vector<Dynamic> dynamic_filters;  // applied as far as it pays
  // Read no more than this part, in balanced contiguous runs of the table's units (row groups,
  // chunks, rows): the parts one after the other give what the whole scan gives. Asked only of
  // tables of several splits; parts that get no unit are empty.
  ScanPart part;
  // Not 0: read no more than so many rows, in runs from a few places spread over the table, always
  // the same ones; without regard to filters. Asked only of tables whose capabilities say so.
  size_t sample_rows = 0;
  // Columns that other scans of the same run read, too, and where their pages are kept meanwhile;
  // null: nowhere.
  std::vector<size_t> shared_columns;
  std::shared_ptr<const PageScope> page_scope;
  OperatorMetrics* metrics = nullptr;  // bytes read and skipped; may be null
};

// Reads one morsel. Used by one thread at a time.
class MorselReader {
 public:
  virtual ~MorselReader() = default;
  // Place of the morsel in the table's order; unique within the scan.
  virtual uint64_t morsel() const = 0;
  // Gives the next batch (at most batch_size rows, possibly none, so that callers can yield), with
  // order {morsel, sequence}. False at the end of the morsel, when `batch` is untouched.
  virtual Result<bool> Next(Batch& batch) = 0;
};

// A running scan of one snapshot of a table. Thread-safe: threads take morsels in the table's
// order.
class TableScan {
 public:
  virtual ~TableScan() = default;
  // The next morsel, or null when all are taken.
  virtual Result<std::unique_ptr<MorselReader>> NextMorsel() = 0;
  // Rows that the morsels cover in all, before filters; for progress.
  virtual uint64_t total_rows() const = 0;
};

struct ScanCapabilities {
  bool filters = false;  // takes ScanRequest::filters (every bound expression over its columns)
  bool dynamic_filters = false;
  bool samples = false;  // takes ScanRequest::sample_rows
  // Asks them of each row, too, not only which parts of the table to leave out.
  bool dynamic_filters_by_row = false;
  // What they leave out is not decoded, so that they are worth more than a look into a join's
  // table.
  bool dynamic_filters_spare_decoding = false;
};

// Data with a schema that can be scanned: files, memory, foreign streams. Immutable description of
// one snapshot (a later snapshot is another object); thread-safe.
class Table {
 public:
  virtual ~Table() = default;
  virtual const std::vector<ColumnDefinition>& columns() const = 0;
  virtual TableStatistics statistics() const = 0;
  virtual ScanCapabilities capabilities() const = 0;
  // Into how many parts a scan can usefully be cut; of one, every scan reads all.
  virtual size_t split_count() const { return 1; }
  virtual Result<std::unique_ptr<TableScan>> Scan(const ScanRequest& request,
                                                  const ExecutionContext& context) const = 0;
  // How another process finds this snapshot. NotImplemented, naming the kind, by default.
  virtual Result<TableReference> Reference() const;
  // For EXPLAIN: kind ("PARQUET_SCAN") and where the data lies ("lineitem.parquet, 3 files").
  virtual std::string kind() const = 0;
  virtual std::string description() const = 0;
};

using TablePtr = std::shared_ptr<const Table>;

}  // namespace trivet
