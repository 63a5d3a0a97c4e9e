#pragma once

#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "optimizer/cardinality.h"

namespace trivet {

// Runs predicates over a few rows of large tables, where statistics cannot tell what passes them:
// LIKE and other functions, comparisons of columns, OR, strings in a list, several equalities whose
// columns may depend on each other. The rows are always the same for the same files; they are kept
// with the buffer cache, and read anew where files have changed. What fails, on a row or while
// reading, leaves the question to statistics. Lives for one call of Optimize; not synchronised.
class TableSampler {
 public:
  static constexpr size_t kRows = kVectorSize;
  // Smaller tables are not worth a look.
  static constexpr double kLeastTableRows = 50'000;

  explicit TableSampler(const ExecutionContext& context) : context_(context) {}

  // The share of the table's rows that pass the scan's filters, of which `input` estimates the
  // columns; nothing where statistics tell it, or the sample cannot.
  std::optional<double> ShareOf(const LogicalScan& scan, const RowEstimate& input);
  size_t evaluations() const { return evaluations_; }

 private:
  // The sample's rows of one column.
  struct Column {
    Vector values;
    size_t row_count = 0;
    bool is_usable = false;  // too large otherwise
    bool is_kept = false;    // for later queries
    Reservation reservation;
  };
  using ColumnPtr = std::shared_ptr<const Column>;
  using ScanKey = std::pair<const Table*, std::vector<ExpressionPtr>>;

  std::optional<double> Evaluate(const LogicalScan& scan, const RowEstimate& input);
  // The sample's rows of the columns that the expressions read, which are rewritten to stand over
  // them.
  Result<Batch> Rows(const LogicalScan& scan, std::vector<ExpressionPtr>& expressions);
  Status ReadColumns(const Table& table, const std::vector<size_t>& ordinals,
                     std::map<size_t, ColumnPtr>& columns);
  Result<ColumnPtr> Keep(const LogicalType& type, const std::vector<Batch>& batches, size_t place,
                         uint64_t file_number);
  // What the cache knows the table's files by; 0: they are not kept.
  uint64_t NumberOf(const Table& table) const;

  const ExecutionContext& context_;
  std::map<ScanKey, std::optional<double>> shares_;  // looked up, never walked
  size_t evaluations_ = 0;
};

}  // namespace trivet
