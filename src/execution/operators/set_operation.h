#pragma once

#include "execution/physical_operator.h"

namespace trivet {

// The rows of all children, one child after the other. Streaming, order-preserving.
class PhysicalUnionAll final : public PhysicalOperator {
 public:
  PhysicalUnionAll() = default;
  PhysicalUnionAll(std::vector<PhysicalColumn> schema, std::vector<PhysicalPlan> children)
      : PhysicalOperator(std::move(schema), std::move(children)) {}

  std::string_view name() const override { return "UNION_ALL"; }
  OperatorCapabilities capabilities() const override;
  void VisitFields(FieldVisitor&) override {}
  Status Validate() const override;
  Status BuildPipelines(PipelineBuilder& builder) const override;
  std::shared_ptr<PhysicalOperator> Copy() const override {
    return std::make_shared<PhysicalUnionAll>(*this);
  }
};

// INTERSECT and EXCEPT [ALL] by counting, for every different row, how often each side has it;
// NULLs are equal. Rows come out in no order. Blocking.
class PhysicalSetOperation final : public PhysicalOperator {
 public:
  PhysicalSetOperation() = default;
  PhysicalSetOperation(SetOperationKind kind, bool all, std::vector<PhysicalColumn> schema,
                       std::vector<PhysicalPlan> children)
      : PhysicalOperator(std::move(schema), std::move(children)), kind_(kind), all_(all) {}

  std::string_view name() const override { return "SET_OPERATION"; }
  OperatorCapabilities capabilities() const override;
  void VisitFields(FieldVisitor& visitor) override;
  Status Validate() const override;
  Status BuildPipelines(PipelineBuilder& builder) const override;
  std::shared_ptr<PhysicalOperator> Copy() const override {
    return std::make_shared<PhysicalSetOperation>(*this);
  }

 private:
  SetOperationKind kind_ = SetOperationKind::kIntersect;
  bool all_ = false;
};

}  // namespace trivet
