#pragma once

#include <memory>
#include <vector>

#include "execution/physical_operator.h"

namespace trivet {

// What of an aggregation an operator does: all of it, or one of two halves with an exchange between
// them. Numbers are part of the plan codec.
enum class AggregatePhase : uint8_t {
  kComplete = 0,
  // Rows to groups and states: the group columns, canonical, then a BLOB for every different state
  // (sum(x) and avg(x) have one together). Threads do not merge what they have, and give it early
  // where memory is short, so that a group may come several times. Of no rows comes nothing.
  kPartial = 1,
  // Groups and states to what kComplete would have given: the functions are bound as there, each
  // with the column of its state as its one argument, but for DISTINCT ones, which read rows.
  kFinal = 2,
};

// Groups rows by equal keys (NULLs are equal) and computes aggregates over each group; one group
// where there are no keys, even of no rows. Threads aggregate on their own, then merge partition by
// partition; groups come out in no order. DISTINCT rows without aggregates are groups. Blocking,
// but for the partial phase.
class PhysicalHashAggregate final : public PhysicalOperator {
 public:
  using Aggregate = LogicalAggregate::Aggregate;

  PhysicalHashAggregate() = default;
  // Schema: groups, then aggregates. Fails where a key type cannot be grouped by.
  PhysicalHashAggregate(std::vector<ExpressionPtr> groups, std::vector<Aggregate> aggregates,
                        std::vector<PhysicalColumn> schema, PhysicalPlan child,
                        AggregatePhase phase = AggregatePhase::kComplete)
      : PhysicalOperator(std::move(schema), {std::move(child)}),
        groups_(std::move(groups)),
        aggregates_(std::move(aggregates)),
        phase_(phase) {}

  std::string_view name() const override { return "HASH_AGGREGATE"; }
  OperatorCapabilities capabilities() const override;
  void VisitFields(FieldVisitor& visitor) override;
  std::optional<Origin> OriginOf(size_t column) const override;
  Status Validate() const override;
  Status BuildPipelines(PipelineBuilder& builder) const override;
  std::shared_ptr<PhysicalOperator> Copy() const override {
    return std::make_shared<PhysicalHashAggregate>(*this);
  }

  Result<std::optional<PhysicalOperator::Phases>> SplitPhases() const override;

  const std::vector<ExpressionPtr>& groups() const { return groups_; }
  const std::vector<Aggregate>& aggregates() const { return aggregates_; }
  AggregatePhase phase() const { return phase_; }

  // ---- two phases ----
  // Whether every aggregate has states that can travel (no DISTINCT that matters, no ORDER BY that
  // matters, a function that can serialise) or wants no more than that every different row of
  // groups, arguments and filter arrives once (DISTINCT). Groups alone (DISTINCT rows) can.
  static bool CanSplit(const std::vector<Aggregate>& aggregates);

  // The two phases of `aggregate` over `child`, which delivers the columns of its child: `first`
  // needs no partitioning; `second` has it as its child, for which WithChildren puts what brings
  // rows together as second->capabilities().required_inputs says. The first, partial one groups by
  // the arguments and filters of DISTINCT aggregates, too; the second finds these as columns.
  // Internal where not CanSplit: such rows are aggregated once.
  struct Halves {
    std::shared_ptr<PhysicalHashAggregate> first;
    std::shared_ptr<PhysicalHashAggregate> second;
  };
  static Result<Halves> Split(const PhysicalHashAggregate& aggregate, PhysicalPlan child);

 private:
  std::vector<ExpressionPtr> groups_;
  std::vector<Aggregate> aggregates_;
  AggregatePhase phase_ = AggregatePhase::kComplete;
};

}  // namespace trivet
