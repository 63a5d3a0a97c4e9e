// Aggregates one side of a join below it, by the columns that the join and the groups need, and
// combines above (W. P. Yan and P.-A. Larson, "Eager Aggregation and Lazy Aggregation", VLDB 1995):
// where the join would repeat the rows of that side many times.
//
// Only what gives the same bits, and fails on the same data, is moved: counts, least and greatest
// values, and sums that no number of rows can make overflow. Averages are one rounding of an exact
// sum, which two roundings are not.

#include <algorithm>
#include <functional>
#include <utility>

#include "optimizer/plan_properties.h"
#include "optimizer/rules.h"
#include "optimizer/table_sampler.h"

namespace trivet {

namespace {

// Cost of aggregating a row, in units of what joins pay to give one (join_enumeration.h).
constexpr double kAggregateCost = 3.0;
// Estimates err: less than this is not worth a changed plan.
constexpr double kLeastGain = 2.0;
constexpr double kLeastRows = 10'000;  // that the join gives
constexpr uint8_t kMostSumDigits = 18;

// Are equal values of the type the same bits?
bool HasOneFormOfEachValue(const LogicalType& type) {
  return type.IsInteger() || type.id() == TypeId::kBoolean || type.id() == TypeId::kDecimal ||
         type.id() == TypeId::kDate || type.id() == TypeId::kTimestamp ||
         type.id() == TypeId::kTime || type.id() == TypeId::kVarchar;
}

// Can a sum of such values overflow, over as many rows as there can be?
bool SumFits(const LogicalType& type) {
  if (type.id() == TypeId::kDecimal) return type.precision() <= kMostSumDigits;
  return type.IsInteger() && TypeSize(type) <= 8;
}

enum class Combination : uint8_t { kNone, kSum, kCount, kExtremum };

Combination CombinationOf(const LogicalAggregate::Aggregate& call) {
  if (call.distinct || !call.order_by.empty()) return Combination::kNone;
  if (!std::ranges::all_of(call.arguments, IsMovable)) return Combination::kNone;
  if (call.filter && !IsMovable(call.filter)) return Combination::kNone;
  const std::string& name = call.function.function->name;
  if (name == "count_star" || name == "count") return Combination::kCount;
  if (call.arguments.size() != 1) return Combination::kNone;
  const LogicalType& type = call.arguments[0]->type();
  if (name == "sum" && SumFits(type)) return Combination::kSum;
  if ((name == "min" || name == "max") && HasOneFormOfEachValue(type)) {
    return Combination::kExtremum;
  }
  return Combination::kNone;
}

// A partial count and its sums above may be NULL where there was no row.
ExpressionPtr ZeroForNull(ExpressionPtr count, const LogicalType& type) {
  ExpressionPtr cast = Expression::Cast(std::move(count), type);
  return Expression::Coalesce({std::move(cast), Expression::Constant(Value::Integer(type, 0))});
}

class Rewriting {
 public:
  Rewriting(PlanPtr& node, OptimizerContext& context)
      : node_(node),
        aggregate_(*As<LogicalAggregate>(node)),
        join_(*As<LogicalJoin>(aggregate_.children()[0])),
        context_(context) {}

  // Aggregates the side for which it pays most; false where it pays for neither.
  Result<bool> Run() {
    if (!IsSuitable()) return false;
    CardinalityEstimator estimator(context_.sampler.get());
    const RowEstimate join = estimator.Estimate(join_);
    std::optional<size_t> best;
    double best_gain = kLeastGain;
    for (size_t side = 0; side < 2; ++side) {
      const double gain = join.rows < kLeastRows ? 0 : GainOf(side, join.rows);
      if (gain > best_gain) {
        best = side;
        best_gain = gain;
      }
    }
    if (!best) return false;
    TRIVET_RETURN_IF_ERROR(Aggregate(*best));
    return true;
  }

 private:
  bool IsSuitable() const {
    if (join_.dependent || join_.comparison != nullptr) return false;
    if (join_.join != JoinKind::kInner && join_.join != JoinKind::kLeft &&
        join_.join != JoinKind::kRight) {
      return false;
    }
    const auto is_volatile = [](const ExpressionPtr& part) { return part->is_volatile(); };
    if (std::ranges::any_of(join_.conditions, is_volatile)) return false;
    if (aggregate_.aggregates.empty()) return false;  // DISTINCT
    return std::ranges::all_of(aggregate_.groups,
                               [](const auto& group) { return !group.expression->is_volatile(); });
  }
  // May the side's rows be replaced by padding?
  bool IsPadded(size_t side) const {
    return join_.join == (side == 0 ? JoinKind::kRight : JoinKind::kLeft);
  }

  bool CanAggregate(size_t side, const ColumnSet& own) const {
    return std::ranges::all_of(aggregate_.aggregates, [&](const auto& call) {
      if (CombinationOf(call) == Combination::kNone) return false;
      // A padded row counts where rows do, and a filter may let it pass.
      if (IsPadded(side) && (call.arguments.empty() || call.filter)) return false;
      // What no column of the side decides could be NULL, or not, for padding as for rows.
      const auto is_of_side = [&](const ExpressionPtr& argument) {
        return UsesOnly(argument, own) && (!IsPadded(side) || argument->IsColumn());
      };
      return std::ranges::all_of(call.arguments, is_of_side) &&
             (!call.filter || UsesOnly(call.filter, own));
    });
  }

  // The side's columns that the join and the groups read, in order.
  ColumnSet KeysOf(const ColumnSet& own) const {
    ColumnSet used;
    for (const ExpressionPtr& condition : join_.conditions) CollectColumns(condition, used);
    for (const auto& group : aggregate_.groups) CollectColumns(group.expression, used);
    ColumnSet keys;
    std::ranges::set_intersection(used, own, std::inserter(keys, keys.end()));
    return keys;
  }

  // How many times cheaper the query gets; 0 where the side cannot be aggregated.
  double GainOf(size_t side, double join_rows) {
    const ColumnSet own = OutputIds(*join_.children()[side]);
    const ColumnSet keys = KeysOf(own);
    // Without keys there would be a row where the side has none.
    if (keys.empty() || !CanAggregate(side, own)) return 0;
    if (IsUniqueOn(*join_.children()[side], keys)) return 0;
    const RowEstimate input =
        CardinalityEstimator(context_.sampler.get()).Estimate(*join_.children()[side]);
    double groups = 1;
    for (const OutputColumn& column : join_.children()[side]->Columns()) {
      if (!keys.contains(column.id)) continue;
      if (!HasOneFormOfEachValue(column.type)) return 0;
      groups *= std::max(1.0, DistinctAmong(DistinctOf(column.Reference(), input), input.rows));
    }
    groups = std::min(groups, input.rows);
    const double share = groups / std::max(input.rows, 1.0);
    const double lazy = join_rows * (1 + kAggregateCost);
    const double eager =
        input.rows * kAggregateCost + groups + join_rows * share * (1 + kAggregateCost);
    return lazy / std::max(eager, 1.0);
  }

  Status Aggregate(size_t side) {
    PlanPtr& input = join_.children()[side];
    const ColumnSet keys = KeysOf(OutputIds(*input));
    std::vector<LogicalAggregate::Group> groups;
    ColumnMap renamed;
    for (const OutputColumn& column : input->Columns()) {
      if (!keys.contains(column.id)) continue;
      groups.push_back({{context_.ids.Next(), column.name, column.type}, column.Reference()});
      renamed[column.id] = groups.back().column.Reference();
    }
    for (ExpressionPtr& part : join_.conditions) part = ReplaceColumns(part, renamed);
    for (auto& group : aggregate_.groups) {
      group.expression = ReplaceColumns(group.expression, renamed);
    }
    auto below = std::make_unique<LogicalAggregate>(std::move(input));
    below->groups = std::move(groups);
    std::vector<LogicalProject::Entry> entries;
    for (const auto& group : aggregate_.groups) entries.push_back(PassOn(group.column));
    for (auto& call : aggregate_.aggregates) {
      const OutputColumn result = call.column;
      const Combination combination = CombinationOf(call);
      LogicalAggregate::Aggregate partial = std::move(call);
      partial.column.id = context_.ids.Next();
      call = LogicalAggregate::Aggregate();
      call.arguments = {partial.column.Reference()};
      const std::string name =
          combination == Combination::kExtremum ? partial.function.function->name : "sum";
      TRIVET_ASSIGN_OR_RETURN(call.function,
                              context_.functions.BindAggregate(name, call.arguments));
      call.column = {context_.ids.Next(), result.name, call.function.return_type};
      ExpressionPtr value = call.column.Reference();
      entries.push_back(Compute(result, combination == Combination::kCount
                                            ? ZeroForNull(std::move(value), result.type)
                                            : Expression::Cast(std::move(value), result.type)));
      below->aggregates.push_back(std::move(partial));
    }
    join_.children()[side] = std::move(below);
    node_ = std::make_unique<LogicalProject>(std::move(node_), std::move(entries));
    return Status::OK();
  }

  PlanPtr& node_;
  LogicalAggregate& aggregate_;
  LogicalJoin& join_;
  OptimizerContext& context_;
};

}  // namespace

Result<size_t> AggregateEagerly(PlanPtr& plan, OptimizerContext& context) {
  size_t changed = 0;
  std::function<Status(PlanPtr&)> visit = [&](PlanPtr& node) -> Status {
    if (As<LogicalAggregate>(node) != nullptr && As<LogicalJoin>(node->children()[0]) != nullptr) {
      TRIVET_ASSIGN_OR_RETURN(const bool fired, Rewriting(node, context).Run());
      changed += fired;
    }
    // An aggregate that was moved down may move on.
    for (PlanPtr& child : node->children()) {
      TRIVET_RETURN_IF_ERROR(visit(child));
    }
    return Status::OK();
  };
  TRIVET_RETURN_IF_ERROR(visit(plan));
  return changed;
}

}  // namespace trivet
