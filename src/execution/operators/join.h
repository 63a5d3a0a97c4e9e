#pragma once

#include <memory>

#include "execution/physical_operator.h"

namespace trivet {

struct JoinRuntime;
class JoinSwap;
struct ScanColumnRef;

// Joins the left child with the right one. One side is built into a table (the right one, unless
// `build_left`), the other is streamed past it. Without keys every pair is looked at: a cross
// product or a nested-loop join. Output: the listed left columns, then the listed right columns or
// the mark.
class PhysicalJoin final : public PhysicalOperator {
 public:
  struct Fields {
    JoinKind kind = JoinKind::kInner;
    // Semi and anti joins only: the left side is built, matches are noted in its rows, which are
    // given out at the end.
    bool build_left = false;
    // A semi join that other joins imply, there to leave rows out early: one that leaves out hardly
    // any, or whose right side does not fit into memory, lets all pass instead.
    bool reducer = false;
    // Equal keys, pair by pair: over the left child's columns, and over the right child's.
    std::vector<ExpressionPtr> left_keys;
    std::vector<ExpressionPtr> right_keys;
    // Positions of keys that match NULL with NULL (IS NOT DISTINCT FROM).
    std::vector<uint64_t> null_safe_keys;
    // Over left columns, then right columns: a pair must pass it.
    ExpressionPtr residual;
    // Mark and NULL-aware anti joins: the mark is its Kleene OR over the pairs. Where
    // `comparison_is_key`, it is the equality of all keys, and the keys only stand for it.
    ExpressionPtr comparison;
    bool comparison_is_key = false;
    std::vector<uint64_t> left_output;
    std::vector<uint64_t> right_output;
  };

  PhysicalJoin() = default;
  PhysicalJoin(Fields fields, std::vector<PhysicalColumn> schema, PhysicalPlan left,
               PhysicalPlan right)
      : PhysicalOperator(std::move(schema), {std::move(left), std::move(right)}),
        fields_(std::move(fields)) {}

  std::string_view name() const override;
  std::string_view wire_name() const override { return "JOIN"; }
  uint32_t wire_version() const override { return 2; }
  OperatorCapabilities capabilities() const override;
  void VisitFields(FieldVisitor& visitor) override;
  std::optional<Origin> OriginOf(size_t column) const override;
  Status Validate() const override;
  Status BuildPipelines(PipelineBuilder& builder) const override;
  std::shared_ptr<PhysicalOperator> Copy() const override {
    return std::make_shared<PhysicalJoin>(*this);
  }

  const Fields& fields() const { return fields_; }

 private:
  // Rows of the streamed side without a match do not show in the output.
  bool DropsUnmatchedProbeRows() const;
  std::vector<std::vector<Partitioning>> LegalInputs() const;
  std::vector<ScanColumnRef> ProbeKeyOrigins(const JoinRuntime& runtime) const;
  Status BuildSwapped(PipelineBuilder& builder, const std::shared_ptr<JoinSwap>& swap) const;
  void PublishKeys(PipelineBuilder& builder, JoinRuntime& runtime) const;

  Fields fields_;
};

}  // namespace trivet
