#pragma once

#include "execution/physical_operator.h"
#include "plan/custom_operator.h"

namespace trivet {

// A custom operator over its child's rows, all columns of which it sees under the child's names.
// Where any share of the rows will do, it runs once for each thread, as a transform; else once, as
// a source beside the pipelines that make its input.
class PhysicalCustomOperator final : public PhysicalOperator {
 public:
  // Empty, to be filled from another process's message.
  explicit PhysicalCustomOperator(CustomOperatorPtr op);
  PhysicalCustomOperator(CustomOperatorPtr op, std::vector<ExpressionPtr> arguments,
                         std::vector<uint64_t> keys, std::vector<PhysicalColumn> schema,
                         PhysicalPlan child);

  static std::string WireName(const std::string& name) { return "custom:" + name; }

  std::string_view name() const override { return "CUSTOM_OPERATOR"; }
  std::string_view wire_name() const override { return wire_name_; }
  uint32_t wire_version() const override { return op_->declaration().version; }
  OperatorCapabilities capabilities() const override;
  void VisitFields(FieldVisitor& visitor) override;
  Status Validate() const override;
  Status BuildPipelines(PipelineBuilder& builder) const override;
  std::shared_ptr<PhysicalOperator> Copy() const override {
    return std::make_shared<PhysicalCustomOperator>(*this);
  }

  const CustomOperatorDeclaration& declaration() const { return op_->declaration(); }

 private:
  std::vector<ColumnDefinition> InputColumns() const;
  CustomOperatorCall MakeCall(const ExecutionContext& context) const;

  CustomOperatorPtr op_;
  std::string wire_name_;
  std::string capability_;
  std::vector<ExpressionPtr> arguments_;  // constants
  std::vector<uint64_t> keys_;            // columns of the child by which rows must be spread
};

}  // namespace trivet
