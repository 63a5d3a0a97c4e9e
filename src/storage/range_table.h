#pragma once

#include <string>
#include <vector>

#include "storage/table.h"

namespace trivet {

// One column of evenly spaced BIGINTs, computed as it is read: range(...) and generate_series(...).
// Immutable, thread-safe; takes no memory for its rows.
class RangeTable final : public Table {
 public:
  // `row_count` values from `start` on, each `step` after the one before.
  RangeTable(std::string column, int64_t start, int64_t step, uint64_t row_count);

  const std::vector<ColumnDefinition>& columns() const override { return columns_; }
  TableStatistics statistics() const override;
  ScanCapabilities capabilities() const override { return {}; }
  Result<std::unique_ptr<TableScan>> Scan(const ScanRequest& request,
                                          const ExecutionContext& context) const override;
  size_t split_count() const override;
  Result<TableReference> Reference() const override;
  std::string kind() const override { return "RANGE_SCAN"; }
  std::string description() const override;

 private:
  std::vector<ColumnDefinition> columns_;
  int64_t start_;
  int64_t step_;
  uint64_t row_count_;
};

// Has references to such tables opened.
void RegisterRangeTable(TableOpeners& openers);

}  // namespace trivet
