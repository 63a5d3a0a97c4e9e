// An aggregation in two phases, for rows that lie in several places.
#include <algorithm>

#include "base/string_concat.h"
#include "execution/explain_fields.h"
#include "execution/operators/aggregate.h"
#include "execution/operators/aggregate_plan.h"

namespace trivet {

namespace {

using Aggregate = PhysicalHashAggregate::Aggregate;
using Halves = PhysicalHashAggregate::Halves;

bool IsUnfit(const ExpressionPtr& expression) {
  return expression->can_fail() || expression->is_volatile();
}

ExpressionPtr ColumnOf(const std::vector<PhysicalColumn>& schema, size_t column) {
  return Expression::Input(static_cast<uint32_t>(column), schema[column].type, schema[column].name);
}

std::vector<ExpressionPtr> LeadingColumns(const std::vector<PhysicalColumn>& schema, size_t count) {
  std::vector<ExpressionPtr> columns;
  for (size_t i = 0; i < count; ++i) columns.push_back(ColumnOf(schema, i));
  return columns;
}

bool HasStates(const Aggregate& aggregate) {
  const AggregateFunction& function = *aggregate.function.function;
  if (aggregate.distinct && !function.ignores_duplicates) return false;
  if (function.order_dependent && !aggregate.order_by.empty()) return false;
  return function.serialize != nullptr && function.deserialize_combine != nullptr;
}

bool WantsDifferentRows(const Aggregate& aggregate) {
  const AggregateFunction& function = *aggregate.function.function;
  if (!aggregate.distinct && !function.ignores_duplicates) return false;
  if (function.order_dependent) return false;
  if (std::any_of(aggregate.arguments.begin(), aggregate.arguments.end(),
                  [](const ExpressionPtr& argument) { return argument->type().IsNested(); })) {
    return false;
  }
  // Behind a filter, arguments are evaluated for its rows only; as columns they would be for all.
  return aggregate.filter == nullptr ||
         (!IsUnfit(aggregate.filter) &&
          std::none_of(aggregate.arguments.begin(), aggregate.arguments.end(), IsUnfit));
}

// Collects what makes rows different for the second phase; a column of the first phase each.
class DistinctColumns {
 public:
  explicit DistinctColumns(const PhysicalHashAggregate& aggregate)
      : groups_(aggregate.groups()),
        schema_(aggregate.schema().begin(),
                aggregate.schema().begin() + static_cast<std::ptrdiff_t>(groups_.size())) {}

  // Replaces the expression by the column that holds it. Constants stay: binding reads them.
  void Place(ExpressionPtr& expression) {
    if (expression == nullptr || expression->IsConstant()) return;
    size_t column = 0;
    while (column < groups_.size() && !ExpressionsEqual(groups_[column], expression)) ++column;
    if (column == groups_.size()) {
      groups_.push_back(expression);
      schema_.push_back({expression->ToString(), expression->type()});
    }
    expression = ColumnOf(schema_, column);
  }
  const std::vector<ExpressionPtr>& groups() const { return groups_; }
  const std::vector<PhysicalColumn>& schema() const { return schema_; }

 private:
  std::vector<ExpressionPtr> groups_;
  std::vector<PhysicalColumn> schema_;
};

// Rows are grouped by what makes them different for the DISTINCT aggregates, and the others' states
// travel with these groups; where there is none of one sort, there is nothing of it in the plans.
Result<Halves> SplitCalls(const PhysicalHashAggregate& aggregate, PhysicalPlan child) {
  DistinctColumns columns(aggregate);
  std::vector<Aggregate> reading = aggregate.aggregates();
  std::vector<Aggregate> stated;
  for (Aggregate& call : reading) {
    if (HasStates(call)) {
      stated.push_back(call);
      continue;
    }
    for (ExpressionPtr& argument : call.arguments) columns.Place(argument);
    columns.Place(call.filter);
    call.order_by.clear();
  }
  TRIVET_ASSIGN_OR_RETURN(const AggregatePlanPtr plan,
                          AggregatePlan::Make(columns.groups(), stated, AggregatePhase::kPartial));
  std::vector<PhysicalColumn> schema = columns.schema();
  const size_t first_state = schema.size();
  size_t output = 0;
  for (Aggregate& call : reading) {
    if (!HasStates(call)) continue;
    // States are numbered in the order in which they are first read.
    const size_t column = first_state + plan->outputs[output++].state;
    if (column == schema.size()) {
      schema.push_back({StrCat(AggregateToString(call), " state"), TypeId::kBlob});
    }
    call.arguments = {ColumnOf(schema, column)};
    call.filter = nullptr;
    call.distinct = false;
    call.order_by.clear();
  }
  const AggregatePhase phase = stated.empty() ? AggregatePhase::kComplete : AggregatePhase::kFinal;
  Halves phases;
  phases.first = std::make_shared<PhysicalHashAggregate>(
      columns.groups(), std::move(stated), schema, std::move(child), AggregatePhase::kPartial);
  phases.second = std::make_shared<PhysicalHashAggregate>(
      LeadingColumns(schema, aggregate.groups().size()), std::move(reading), aggregate.schema(),
      phases.first, phase);
  return phases;
}

}  // namespace

bool PhysicalHashAggregate::CanSplit(const std::vector<Aggregate>& aggregates) {
  const bool any_states = std::any_of(aggregates.begin(), aggregates.end(), HasStates);
  return std::all_of(aggregates.begin(), aggregates.end(), [&](const Aggregate& aggregate) {
    if (HasStates(aggregate)) return true;
    // Beside states, the final phase knows by DISTINCT what it reads rows of.
    const bool is_distinct = aggregate.distinct && !aggregate.function.function->ignores_duplicates;
    return WantsDifferentRows(aggregate) && (is_distinct || !any_states);
  });
}

Result<Halves> PhysicalHashAggregate::Split(const PhysicalHashAggregate& aggregate,
                                            PhysicalPlan child) {
  if (aggregate.phase_ != AggregatePhase::kComplete) {
    return Status::Internal("HASH_AGGREGATE: only a complete aggregation can be split");
  }
  if (!CanSplit(aggregate.aggregates_)) {
    return Status::Internal("HASH_AGGREGATE: these aggregates have no two phases");
  }
  TRIVET_ASSIGN_OR_RETURN(Halves phases, SplitCalls(aggregate, std::move(child)));
  phases.second->set_estimated_rows(aggregate.estimated_rows());
  return phases;
}

Result<std::optional<PhysicalOperator::Phases>> PhysicalHashAggregate::SplitPhases() const {
  if (phase_ != AggregatePhase::kComplete || !CanSplit(aggregates_)) {
    return std::optional<PhysicalOperator::Phases>();
  }
  TRIVET_ASSIGN_OR_RETURN(Halves halves, Split(*this, children_.front()));
  PhysicalOperator::Phases phases;
  phases.local = std::move(halves.first);
  phases.global = [second = std::move(halves.second)](PhysicalPlan input) -> Result<PhysicalPlan> {
    return PhysicalPlan(second->WithChildren({std::move(input)}));
  };
  return std::optional(std::move(phases));
}

}  // namespace trivet
