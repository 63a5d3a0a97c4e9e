#pragma once

#include "execution/physical_operator.h"

namespace trivet {

// Gives constant rows, in written order, on one thread.
class PhysicalValues final : public PhysicalOperator {
 public:
  PhysicalValues() = default;
  PhysicalValues(std::vector<std::vector<ExpressionPtr>> rows, std::vector<PhysicalColumn> schema)
      : PhysicalOperator(std::move(schema), {}), rows_(std::move(rows)) {}

  size_t row_count() const { return rows_.size(); }
  std::string_view name() const override { return "VALUES"; }
  OperatorCapabilities capabilities() const override;
  void VisitFields(FieldVisitor& visitor) override { visitor.Field("Rows", rows_); }
  Status Validate() const override;
  Status BuildPipelines(PipelineBuilder& builder) const override;
  std::shared_ptr<PhysicalOperator> Copy() const override {
    return std::make_shared<PhysicalValues>(*this);
  }

 private:
  std::vector<std::vector<ExpressionPtr>> rows_;
};

}  // namespace trivet
