#pragma once

#include "execution/physical_operator.h"

namespace trivet {

// Keeps the rows for which the predicate is TRUE. Streaming, order-preserving.
class PhysicalFilter final : public PhysicalOperator {
 public:
  PhysicalFilter() = default;
  PhysicalFilter(ExpressionPtr predicate, PhysicalPlan child)
      : PhysicalOperator(child->schema(), {child}), predicate_(std::move(predicate)) {}

  std::string_view name() const override { return "FILTER"; }
  OperatorCapabilities capabilities() const override;
  void VisitFields(FieldVisitor& visitor) override { visitor.Field("Predicate", predicate_); }
  std::optional<Origin> OriginOf(size_t column) const override {
    // A predicate that can fail must see every row that it was written to see.
    if (predicate_->can_fail()) return std::nullopt;
    return Origin{0, column};
  }
  Status Validate() const override;
  Status BuildPipelines(PipelineBuilder& builder) const override;
  std::shared_ptr<PhysicalOperator> Copy() const override {
    return std::make_shared<PhysicalFilter>(*this);
  }

 private:
  ExpressionPtr predicate_;
};

}  // namespace trivet
