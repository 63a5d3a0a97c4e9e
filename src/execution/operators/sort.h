#pragma once

#include "execution/physical_operator.h"

namespace trivet {

// Orders its input; with a limit, keeps the first rows only (Top-N), within each group where
// partition keys are given. Stable: equal keys keep the input's order.
class PhysicalSort final : public PhysicalOperator {
 public:
  struct Fields {
    std::vector<SortKey> keys;
    std::optional<uint64_t> limit;
    uint64_t offset = 0;
    std::vector<ExpressionPtr> partition_by;
  };

  PhysicalSort() = default;
  PhysicalSort(Fields fields, PhysicalPlan child)
      : PhysicalOperator(child->schema(), {child}), fields_(std::move(fields)) {}

  std::string_view name() const override { return fields_.limit ? "TOP_N" : "ORDER_BY"; }
  std::string_view wire_name() const override { return "SORT"; }
  OperatorCapabilities capabilities() const override;
  void VisitFields(FieldVisitor& visitor) override;
  Result<std::optional<Phases>> SplitPhases() const override;
  Status Validate() const override;
  Status BuildPipelines(PipelineBuilder& builder) const override;
  std::shared_ptr<PhysicalOperator> Copy() const override {
    return std::make_shared<PhysicalSort>(*this);
  }

 private:
  Fields fields_;
};

}  // namespace trivet
