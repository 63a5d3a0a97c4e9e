#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "execution/operators/aggregate.h"
#include "execution/operators/group_layout.h"
#include "execution/operators/sort_key.h"
#include "plan/logical_operators.h"

namespace trivet {

// What an aggregation does, worked out once and shared by all of its threads: which expressions are
// evaluated, which states they feed, and how rows of groups and of kept inputs lie. Immutable.
struct AggregatePlan {
  // One state in the group's row. Several results may be read from one: sum(x) and avg(x) keep one.
  struct State {
    BoundAggregateFunction bound;
    std::vector<size_t> arguments;  // among the expressions of its input
    size_t offset = 0;              // within the extra part of the row
  };
  struct Output {
    BoundAggregateFunction bound;
    size_t state = 0;
  };
  // States that every row goes into at once, or every row that a filter lets through.
  struct Direct {
    ExpressionPtr filter;  // may be null
    std::vector<ExpressionPtr> expressions;
    std::vector<size_t> states;
  };
  // States whose input must be complete first: DISTINCT, and order-dependent ones with ORDER BY.
  // Rows of keys and arguments are kept, once each where they are distinct.
  struct Buffered {
    ExpressionPtr filter;
    std::vector<ExpressionPtr> expressions;
    std::vector<SortKey> order;
    bool distinct = false;
    bool ordered = false;  // the encoded sort key and place in the input form the extra part
    std::vector<size_t> states;
    int radix_bits = 0;
    GroupLayoutPtr layout;  // group keys, arguments; where not distinct also string sort keys
    std::shared_ptr<const SortKeyEncoder> encoder;
    std::vector<ExpressionPtr> sort_expressions;
    std::vector<size_t> string_keys;  // sort keys that are kept as columns behind the arguments
  };

  // NotImplemented for types that cannot be grouped by.
  static Result<std::shared_ptr<const AggregatePlan>> Make(
      const std::vector<ExpressionPtr>& groups,
      const std::vector<LogicalAggregate::Aggregate>& aggregates,
      AggregatePhase phase = AggregatePhase::kComplete);

  // Partitions by which threads merge: 64, or one row without groups.
  static constexpr int kRadixBits = 6;
  static constexpr std::string_view kConsumer = "HASH_AGGREGATE";

  // Of groups that together hold so much in arenas: how many to give in a batch, for their values
  // or bytes take as much again.
  static size_t RowsAtATime(const ExecutionContext& context, size_t groups, size_t arena_bytes);

  AggregatePhase phase = AggregatePhase::kComplete;
  std::vector<ExpressionPtr> groups;
  std::vector<State> states;
  std::vector<Output> outputs;
  std::vector<Direct> direct;
  std::vector<Buffered> buffered;
  GroupLayoutPtr layout;

  bool is_grouped() const { return !groups.empty(); }
  int radix_bits() const { return is_grouped() ? kRadixBits : 0; }
};

using AggregatePlanPtr = std::shared_ptr<const AggregatePlan>;

}  // namespace trivet
