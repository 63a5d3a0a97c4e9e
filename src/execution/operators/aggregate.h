#pragma once

#include "execution/physical_operator.h"

namespace trivet {

// Groups rows by equal keys (NULLs are equal) and computes aggregates over each group; one group
// where there are no keys, even of no rows. Threads aggregate on their own, then merge partition by
// partition; groups come out in no order. DISTINCT rows without aggregates are groups. Blocking.
class PhysicalHashAggregate final : public PhysicalOperator {
 public:
  PhysicalHashAggregate() = default;
  // Schema: groups, then aggregates. Fails where a key type cannot be grouped by.
  PhysicalHashAggregate(std::vector<ExpressionPtr> groups,
                        std::vector<LogicalAggregate::Aggregate> aggregates,
                        std::vector<PhysicalColumn> schema, PhysicalPlan child)
      : PhysicalOperator(std::move(schema), {std::move(child)}),
        groups_(std::move(groups)),
        aggregates_(std::move(aggregates)) {}

  std::string_view name() const override { return "HASH_AGGREGATE"; }
  OperatorCapabilities capabilities() const override;
  void VisitFields(FieldVisitor& visitor) override;
  std::optional<Origin> OriginOf(size_t column) const override;
  Status Validate() const override;
  Status BuildPipelines(PipelineBuilder& builder) const override;
  std::shared_ptr<PhysicalOperator> Copy() const override {
    return std::make_shared<PhysicalHashAggregate>(*this);
  }

 private:
  std::vector<ExpressionPtr> groups_;
  std::vector<LogicalAggregate::Aggregate> aggregates_;
};

}  // namespace trivet
