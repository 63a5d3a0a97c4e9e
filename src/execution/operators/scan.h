#pragma once

#include <map>
#include <set>

#include "execution/physical_operator.h"
#include "storage/table.h"

namespace trivet {

// Reads a table. Its filters are over inputs numbered by the table's columns and are applied inside
// the scan, which the planner asks for only where the table is capable of it.
class PhysicalScan final : public PhysicalOperator {
 public:
  PhysicalScan() = default;
  PhysicalScan(TablePtr table, std::vector<uint64_t> columns, std::vector<ExpressionPtr> filters,
               std::vector<PhysicalColumn> schema)
      : PhysicalOperator(std::move(schema), {}),
        table_(std::move(table)),
        columns_(std::move(columns)),
        filters_(std::move(filters)) {}

  std::string_view name() const override { return "SCAN"; }
  uint32_t wire_version() const override { return 2; }
  OperatorCapabilities capabilities() const override;
  void VisitFields(FieldVisitor& visitor) override;
  Status Validate() const override;
  Status BuildPipelines(PipelineBuilder& builder) const override;
  std::shared_ptr<PhysicalOperator> Copy() const override {
    return std::make_shared<PhysicalScan>(*this);
  }

  const Table& table() const { return *table_; }
  // The table's column that output column i is.
  size_t table_column(size_t i) const { return columns_[i]; }
  // All of the table's columns that it outputs or filters by.
  std::set<size_t> TableColumns() const;
  // Where several tasks run the plan, each of them reads all of the table, not its part.
  bool is_whole() const { return is_whole_; }
  // Set while the plan is made.
  void set_whole(bool whole) { is_whole_ = whole; }

 private:
  TablePtr table_;
  std::vector<uint64_t> columns_;
  std::vector<ExpressionPtr> filters_;
  bool is_whole_ = false;
};

// How many scans the plans of this process have started: what a client of a cluster must not do.
uint64_t ScansStarted();

}  // namespace trivet
