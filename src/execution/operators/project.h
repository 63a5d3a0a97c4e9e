#pragma once

#include "execution/physical_operator.h"

namespace trivet {

// Computes one expression per output column. Streaming, order-preserving.
class PhysicalProject final : public PhysicalOperator {
 public:
  PhysicalProject() = default;
  PhysicalProject(std::vector<ExpressionPtr> expressions, std::vector<PhysicalColumn> schema,
                  PhysicalPlan child)
      : PhysicalOperator(std::move(schema), {std::move(child)}),
        expressions_(std::move(expressions)) {}

  std::string_view name() const override { return "PROJECTION"; }
  OperatorCapabilities capabilities() const override;
  void VisitFields(FieldVisitor& visitor) override { visitor.Field("Expressions", expressions_); }
  std::optional<Origin> OriginOf(size_t column) const override;
  Status Validate() const override;
  Status BuildPipelines(PipelineBuilder& builder) const override;
  std::shared_ptr<PhysicalOperator> Copy() const override {
    return std::make_shared<PhysicalProject>(*this);
  }

 private:
  std::vector<ExpressionPtr> expressions_;
};

}  // namespace trivet
