#pragma once

#include "coordinator/stage_graph.h"
#include "distributed/range_keys.h"
#include "execution/physical_operator.h"

namespace trivet {

// Where a stage's rows come in: input number `input` of its tasks.
class PhysicalExchangeSource final : public PhysicalOperator {
 public:
  PhysicalExchangeSource() : PhysicalOperator({}, {}) {}
  PhysicalExchangeSource(ExchangeKind kind, std::vector<PhysicalColumn> schema)
      : PhysicalOperator(std::move(schema), {}), kind_(kind) {}

  std::string_view name() const override { return "EXCHANGE_SOURCE"; }
  std::shared_ptr<PhysicalOperator> Copy() const override {
    return std::make_shared<PhysicalExchangeSource>(*this);
  }
  OperatorCapabilities capabilities() const override;
  void VisitFields(FieldVisitor& visitor) override;
  Status Validate() const override;
  Status BuildPipelines(PipelineBuilder& builder) const override;

  ExchangeKind kind() const { return kind_; }
  uint64_t input() const { return input_; }
  // Set while the stage is made.
  void set_input(uint64_t input) { input_ = input; }

 private:
  ExchangeKind kind_ = ExchangeKind::kGather;
  uint64_t input_ = 0;
};

// The root of a stage: how each task's output is cut. The worker's writer reads it; in the pipeline
// it does nothing.
class PhysicalExchange final : public PhysicalOperator {
 public:
  PhysicalExchange() : PhysicalOperator({}, {}) {}
  // `keys`: of a hash exchange, over the child's columns.
  PhysicalExchange(ExchangeKind kind, std::vector<ExpressionPtr> keys, uint32_t partitions,
                   PhysicalPlan child)
      : PhysicalOperator(child->schema(), {child}),
        kind_(kind),
        keys_(std::move(keys)),
        partitions_(partitions) {}

  std::string_view name() const override { return "EXCHANGE"; }
  uint32_t wire_version() const override { return 2; }
  std::shared_ptr<PhysicalOperator> Copy() const override {
    return std::make_shared<PhysicalExchange>(*this);
  }
  OperatorCapabilities capabilities() const override;
  void VisitFields(FieldVisitor& visitor) override;
  Status Validate() const override;
  Status BuildPipelines(PipelineBuilder& builder) const override;

  ExchangeKind kind() const { return kind_; }
  const std::vector<ExpressionPtr>& keys() const { return keys_; }
  uint32_t partitions() const { return static_cast<uint32_t>(partitions_); }
  // Of a range exchange, and of the stage whose rows it cuts: these are sampled.
  const RangeKeys& range() const { return range_; }
  // Set while the stage is made.
  void set_range(RangeKeys range) { range_ = std::move(range); }

 private:
  ExchangeKind kind_ = ExchangeKind::kGather;
  std::vector<ExpressionPtr> keys_;
  uint64_t partitions_ = 1;
  RangeKeys range_;
};

}  // namespace trivet
