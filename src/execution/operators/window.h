#pragma once

#include "execution/physical_operator.h"
#include "plan/logical_window.h"

namespace trivet {

// Adds to each row the numbers that ranking functions give it within its partition (plan/
// logical_window.h): sorts by partition and order, then counts. Rows come partition by partition;
// with a limit, the first rows of each only.
class PhysicalWindow final : public PhysicalOperator {
 public:
  struct Fields {
    std::vector<RankingFunction> functions;
    std::vector<ExpressionPtr> partition_by;
    std::vector<SortKey> order_by;
    std::vector<SortKey> ties;  // what orders rows that are equal by `order_by`
    std::optional<uint64_t> limit;
  };

  PhysicalWindow() = default;
  // `columns`: the child's and one for each function.
  PhysicalWindow(Fields fields, std::vector<PhysicalColumn> columns, PhysicalPlan child)
      : PhysicalOperator(std::move(columns), {std::move(child)}), fields_(std::move(fields)) {}

  std::string_view name() const override { return "WINDOW"; }
  OperatorCapabilities capabilities() const override;
  void VisitFields(FieldVisitor& visitor) override;
  Result<std::optional<Phases>> SplitPhases() const override;
  Status Validate() const override;
  std::optional<Origin> OriginOf(size_t column) const override;
  Status BuildPipelines(PipelineBuilder& builder) const override;
  std::shared_ptr<PhysicalOperator> Copy() const override {
    return std::make_shared<PhysicalWindow>(*this);
  }

 private:
  // By what rows of a partition are ordered.
  std::vector<SortKey> Order() const;

  Fields fields_;
};

}  // namespace trivet
