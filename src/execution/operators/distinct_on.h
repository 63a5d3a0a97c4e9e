#pragma once

#include "execution/physical_operator.h"

namespace trivet {

// Keeps, of every set of rows with equal keys, the one that comes first in the input's order, and
// gives these rows in that order. NULLs are equal. Blocking.
class PhysicalDistinctOn final : public PhysicalOperator {
 public:
  PhysicalDistinctOn() = default;
  PhysicalDistinctOn(std::vector<ExpressionPtr> keys, PhysicalPlan child)
      : PhysicalOperator(child->schema(), {child}), keys_(std::move(keys)) {}

  std::string_view name() const override { return "DISTINCT_ON"; }
  OperatorCapabilities capabilities() const override;
  void VisitFields(FieldVisitor& visitor) override { visitor.Field("Keys", keys_); }
  Status Validate() const override;
  Status BuildPipelines(PipelineBuilder& builder) const override;
  std::shared_ptr<PhysicalOperator> Copy() const override {
    return std::make_shared<PhysicalDistinctOn>(*this);
  }

 private:
  std::vector<ExpressionPtr> keys_;
};

}  // namespace trivet
