#include "execution/operators/aggregate_plan.h"

#include <algorithm>

namespace trivet {

namespace {

constexpr size_t kStateAlignment = 16;

constexpr size_t AlignUp(size_t bytes, size_t alignment) {
  return (bytes + alignment - 1) / alignment * alignment;
}

size_t FindOrAddExpression(std::vector<ExpressionPtr>& expressions, const ExpressionPtr& wanted) {
  const auto found = std::find_if(expressions.begin(), expressions.end(), [&](const auto& known) {
    return ExpressionsEqual(known, wanted);
  });
  if (found != expressions.end()) return static_cast<size_t>(found - expressions.begin());
  expressions.push_back(wanted);
  return expressions.size() - 1;
}

bool SameOrder(const std::vector<SortKey>& a, const std::vector<SortKey>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const SortKey& x, const SortKey& y) {
    return ExpressionsEqual(x.expression, y.expression) && x.descending == y.descending &&
           x.nulls_first == y.nulls_first;
  });
}

// Same code over same arguments: the same state.
bool SharesState(const AggregatePlan::State& state, const BoundAggregateFunction& bound,
                 const std::vector<size_t>& arguments) {
  const AggregateFunction& a = *state.bound.function;
  const AggregateFunction& b = *bound.function;
  return a.initialize == b.initialize && a.update == b.update && a.combine == b.combine &&
         a.state_size == b.state_size && !state.bound.state && !bound.state &&
         state.arguments == arguments && state.bound.argument_types == bound.argument_types;
}

class PlanMaker {
 public:
  explicit PlanMaker(AggregatePlan& plan) : plan_(plan) {}

  void Add(const LogicalAggregate::Aggregate& aggregate) {
    const AggregateFunction& function = *aggregate.function.function;
    const bool distinct = aggregate.distinct && !function.ignores_duplicates;
    const bool ordered = function.order_dependent && (distinct || !aggregate.order_by.empty());
    std::vector<size_t>* states;
    std::vector<ExpressionPtr>* expressions;
    if (distinct || ordered) {
      AggregatePlan::Buffered& buffered = FindBuffered(aggregate, distinct, ordered);
      states = &buffered.states;
      expressions = &buffered.expressions;
    } else {
      AggregatePlan::Direct& direct = FindDirect(aggregate.filter);
      states = &direct.states;
      expressions = &direct.expressions;
    }
    std::vector<size_t> arguments;
    for (const ExpressionPtr& argument : aggregate.arguments) {
      arguments.push_back(FindOrAddExpression(*expressions, argument));
    }
    for (size_t state : *states) {
      if (!SharesState(plan_.states[state], aggregate.function, arguments)) continue;
      plan_.outputs.push_back({aggregate.function, state});
      return;
    }
    states->push_back(plan_.states.size());
    plan_.outputs.push_back({aggregate.function, plan_.states.size()});
    // A state's size is a multiple of its alignment; one of an odd number of words needs no more
    // than a word's.
    if (function.state_size % kStateAlignment == 0) {
      extra_alignment_ = kStateAlignment;
      extra_bytes_ = AlignUp(extra_bytes_, kStateAlignment);
    }
    plan_.states.push_back({aggregate.function, std::move(arguments), extra_bytes_});
    extra_bytes_ += AlignUp(function.state_size, sizeof(uint64_t));
  }

  std::vector<uint8_t> MakePrototype() {
    extra_bytes_ = AlignUp(extra_bytes_, extra_alignment_);
    // States may hold 16-byte integers, so the image is made in aligned memory.
    struct alignas(kStateAlignment) Unit {
      uint8_t bytes[kStateAlignment];
    };
    std::vector<Unit> image(AlignUp(extra_bytes_, kStateAlignment) / kStateAlignment);
    auto* bytes = reinterpret_cast<uint8_t*>(image.data());
    std::fill_n(bytes, extra_bytes_, uint8_t{0});
    for (const AggregatePlan::State& state : plan_.states) {
      state.bound.function->initialize(state.bound, bytes + state.offset);
    }
    return std::vector<uint8_t>(bytes, bytes + extra_bytes_);
  }

 private:
  AggregatePlan::Direct& FindDirect(const ExpressionPtr& filter) {
    for (AggregatePlan::Direct& known : plan_.direct) {
      if (ExpressionsEqual(known.filter, filter)) return known;
    }
    plan_.direct.push_back({filter, {}, {}});
    return plan_.direct.back();
  }

  // Aggregates share the rows kept where these are the same rows in the same order.
  AggregatePlan::Buffered& FindBuffered(const LogicalAggregate::Aggregate& aggregate, bool distinct,
                                        bool ordered) {
    const std::vector<SortKey> order = ordered ? aggregate.order_by : std::vector<SortKey>();
    for (AggregatePlan::Buffered& known : plan_.buffered) {
      const bool same_arguments =
          std::equal(known.expressions.begin(), known.expressions.end(),
                     aggregate.arguments.begin(), aggregate.arguments.end(), ExpressionsEqual);
      if (same_arguments && ExpressionsEqual(known.filter, aggregate.filter) &&
          known.distinct == distinct && known.ordered == ordered && SameOrder(known.order, order)) {
        return known;
      }
    }
    AggregatePlan::Buffered& added = plan_.buffered.emplace_back();
    added.filter = aggregate.filter;
    added.order = order;
    added.distinct = distinct;
    added.ordered = ordered;
    for (const ExpressionPtr& argument : aggregate.arguments) {
      FindOrAddExpression(added.expressions, argument);
    }
    return added;
  }

  AggregatePlan& plan_;
  size_t extra_bytes_ = 0;
  size_t extra_alignment_ = sizeof(uint64_t);
};

// Layout and sort key of rows kept.
Status CompleteBuffered(const AggregatePlan& plan, AggregatePlan::Buffered& buffered) {
  std::vector<LogicalType> types;
  for (const ExpressionPtr& group : plan.groups) types.push_back(group->type());
  for (const ExpressionPtr& argument : buffered.expressions) types.push_back(argument->type());
  // Without groups, distinct rows spread over partitions by all that they are; rows to be put in
  // order must meet in one place.
  const bool spreads = plan.is_grouped() || !buffered.ordered;
  buffered.radix_bits = spreads ? AggregatePlan::kRadixBits : 0;
  std::vector<uint8_t> prototype;
  if (buffered.ordered) {
    std::vector<size_t> string_columns;
    for (size_t i = 0; i < buffered.order.size(); ++i) {
      const ExpressionPtr& key = buffered.order[i].expression;
      buffered.sort_expressions.push_back(key);
      if (key->type().physical() != PhysicalType::kString) continue;
      const auto argument =
          std::find_if(buffered.expressions.begin(), buffered.expressions.end(),
                       [&](const auto& known) { return ExpressionsEqual(known, key); });
      if (argument != buffered.expressions.end()) {
        string_columns.push_back(plan.groups.size() +
                                 static_cast<size_t>(argument - buffered.expressions.begin()));
        continue;
      }
      if (buffered.distinct) {
        return Status::InvalidInput(
            "In a DISTINCT aggregate, ORDER BY expressions must appear in the argument list");
      }
      string_columns.push_back(types.size());
      buffered.string_keys.push_back(i);
      types.push_back(key->type());
    }
    buffered.encoder = std::make_shared<SortKeyEncoder>(buffered.order, std::move(string_columns));
    // Greater than any key, so that the first one replaces it.
    prototype.assign(buffered.encoder->key_bytes(), 0xFF);
  }
  TRIVET_ASSIGN_OR_RETURN(buffered.layout,
                          GroupLayout::Make(std::move(types), std::move(prototype)));
  return Status::OK();
}

}  // namespace

Result<AggregatePlanPtr> AggregatePlan::Make(
    const std::vector<ExpressionPtr>& groups,
    const std::vector<LogicalAggregate::Aggregate>& aggregates, AggregatePhase phase) {
  const auto has_no_phases = [&](const LogicalAggregate::Aggregate& aggregate) {
    // What is DISTINCT is read from rows in the final phase.
    if (phase == AggregatePhase::kFinal && aggregate.distinct) return false;
    const AggregateFunction& function = *aggregate.function.function;
    return (aggregate.distinct && !function.ignores_duplicates) ||
           (function.order_dependent && !aggregate.order_by.empty()) ||
           function.serialize == nullptr || function.deserialize_combine == nullptr;
  };
  if (phase != AggregatePhase::kComplete &&
      std::any_of(aggregates.begin(), aggregates.end(), has_no_phases)) {
    return Status::Internal("HASH_AGGREGATE: these aggregates have no two phases");
  }
  auto plan = std::make_shared<AggregatePlan>();
  plan->phase = phase;
  plan->groups = groups;
  PlanMaker maker(*plan);
  for (const LogicalAggregate::Aggregate& aggregate : aggregates) maker.Add(aggregate);
  for (Buffered& buffered : plan->buffered) {
    TRIVET_RETURN_IF_ERROR(CompleteBuffered(*plan, buffered));
  }
  std::vector<LogicalType> types;
  for (const ExpressionPtr& group : groups) types.push_back(group->type());
  TRIVET_ASSIGN_OR_RETURN(plan->layout, GroupLayout::Make(std::move(types), maker.MakePrototype()));
  return AggregatePlanPtr(std::move(plan));
}

size_t AggregatePlan::RowsAtATime(const ExecutionContext& context, size_t groups,
                                  size_t arena_bytes) {
  constexpr size_t kShare = 128;  // of the budget
  const size_t bytes_per_group = arena_bytes / std::max<size_t>(groups, 1) + 1;
  const size_t most_bytes = context.memory().limit_bytes() / kShare;
  return std::clamp<size_t>(most_bytes / bytes_per_group, 1, context.batch_size());
}

}  // namespace trivet
