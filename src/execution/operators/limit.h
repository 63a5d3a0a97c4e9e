#pragma once

#include "execution/physical_operator.h"

namespace trivet {

// Keeps rows [offset, offset + limit) of its input's order (of any order, where the input has none)
// and stops the sources as soon as these are known.
class PhysicalLimit final : public PhysicalOperator {
 public:
  PhysicalLimit() = default;
  PhysicalLimit(std::optional<uint64_t> limit, std::optional<double> percent, uint64_t offset,
                bool ordered, PhysicalPlan child)
      : PhysicalOperator(child->schema(), {child}),
        limit_(limit),
        percent_(percent),
        offset_(offset),
        ordered_(ordered) {}

  std::string_view name() const override { return "LIMIT"; }
  OperatorCapabilities capabilities() const override;
  void VisitFields(FieldVisitor& visitor) override;
  Result<std::optional<Phases>> SplitPhases() const override;
  Status Validate() const override;
  Status BuildPipelines(PipelineBuilder& builder) const override;
  std::shared_ptr<PhysicalOperator> Copy() const override {
    return std::make_shared<PhysicalLimit>(*this);
  }

 private:
  std::optional<uint64_t> limit_;
  std::optional<double> percent_;
  uint64_t offset_ = 0;
  bool ordered_ = false;
};

}  // namespace trivet
