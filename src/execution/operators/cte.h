#pragma once

#include "execution/physical_operator.h"

namespace trivet {

// Computes its first child once, before whatever in the second reads it through PhysicalCteScan.
class PhysicalCte final : public PhysicalOperator {
 public:
  PhysicalCte() = default;
  PhysicalCte(uint64_t cte_id, std::string cte_name, PhysicalPlan definition, PhysicalPlan body)
      : PhysicalOperator(body->schema(), {definition, body}),
        cte_id_(cte_id),
        cte_name_(std::move(cte_name)) {}

  std::string_view name() const override { return "CTE"; }
  OperatorCapabilities capabilities() const override;
  void VisitFields(FieldVisitor& visitor) override;
  Status Validate() const override;
  Status BuildPipelines(PipelineBuilder& builder) const override;
  std::shared_ptr<PhysicalOperator> Copy() const override {
    return std::make_shared<PhysicalCte>(*this);
  }

  uint64_t cte_id() const { return cte_id_; }

 private:
  uint64_t cte_id_ = 0;
  std::string cte_name_;
};

// Reads columns of a common table expression computed above it.
class PhysicalCteScan final : public PhysicalOperator {
 public:
  PhysicalCteScan() = default;
  PhysicalCteScan(uint64_t cte_id, std::string cte_name, std::vector<uint64_t> columns,
                  std::vector<PhysicalColumn> schema)
      : PhysicalOperator(std::move(schema), {}),
        cte_id_(cte_id),
        cte_name_(std::move(cte_name)),
        columns_(std::move(columns)) {}

  std::string_view name() const override { return "CTE_SCAN"; }
  OperatorCapabilities capabilities() const override;
  void VisitFields(FieldVisitor& visitor) override;
  Status Validate() const override;
  Status BuildPipelines(PipelineBuilder& builder) const override;
  std::shared_ptr<PhysicalOperator> Copy() const override {
    return std::make_shared<PhysicalCteScan>(*this);
  }

  uint64_t cte_id() const { return cte_id_; }
  // Columns of the definition.
  const std::vector<uint64_t>& columns() const { return columns_; }

 private:
  uint64_t cte_id_ = 0;
  std::string cte_name_;
  std::vector<uint64_t> columns_;
};

}  // namespace trivet
