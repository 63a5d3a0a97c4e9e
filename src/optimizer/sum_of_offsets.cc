// Sums of a column plus constants: sum(x + 1), sum(x + 2) and so on are sum(x) and count(x).

#include <algorithm>
#include <map>
#include <utility>

#include "optimizer/plan_rewrite.h"
#include "optimizer/rules.h"

namespace trivet {

namespace {

// sum(column + offset), where the addition cannot overflow.
struct OffsetSum {
  ExpressionPtr column;
  int128_t offset = 0;
};

using Bounds = std::pair<int128_t, int128_t>;

// The least and greatest value that the column's table has in it, wherever below the column is
// read.
std::optional<Bounds> BoundsOf(const LogicalOperator& plan, ColumnId id) {
  if (const auto* scan = As<LogicalScan>(plan)) {
    const auto column = std::ranges::find(scan->columns, id, &LogicalScan::ScanColumn::id);
    if (column == scan->columns.end()) return std::nullopt;
    const TableStatistics statistics = scan->table->statistics();
    if (column->ordinal >= statistics.columns.size()) return std::nullopt;
    const ColumnStatistics& known = statistics.columns[column->ordinal];
    if (!known.min || !known.max) return std::nullopt;
    return Bounds{known.min->integer(), known.max->integer()};
  }
  for (const PlanPtr& child : plan.children()) {
    if (auto found = BoundsOf(*child, id)) return found;
  }
  return std::nullopt;
}

bool FitsInto(const LogicalType& type, int128_t value) {
  const bool is_unsigned = type.id() >= TypeId::kUInt8 && type.id() <= TypeId::kUInt64;
  const size_t bits = 8 * TypeSize(type);
  if (bits == 128) return true;
  const int128_t range = int128_t{1} << (is_unsigned ? bits : bits - 1);
  return value < range && value >= (is_unsigned ? 0 : -range);
}

std::optional<OffsetSum> MatchOffset(const LogicalAggregate::Aggregate& call,
                                     const LogicalOperator& input) {
  if (call.function.function->name != "sum" || call.distinct || call.arguments.size() != 1 ||
      !call.order_by.empty() || call.filter) {
    return std::nullopt;
  }
  const ExpressionPtr& argument = call.arguments[0];
  if (!argument->type().IsInteger()) return std::nullopt;
  if (argument->IsColumn()) return OffsetSum{argument, 0};
  if (argument->kind() != ExpressionKind::kCall || argument->children().size() != 2) {
    return std::nullopt;
  }
  const std::string& name = argument->function().function->name;
  if (name != "+" && name != "-") return std::nullopt;
  ExpressionPtr column = argument->children()[0];
  ExpressionPtr constant = argument->children()[1];
  if (name == "+" && column->IsConstant()) std::swap(column, constant);
  if (!column->IsColumn() || constant->kind() != ExpressionKind::kConstant ||
      constant->value().is_null()) {
    return std::nullopt;
  }
  const int128_t value = constant->value().integer();
  const OffsetSum sum{column, name == "+" ? value : -value};
  const std::optional<Bounds> bounds = BoundsOf(input, column->column());
  if (!bounds || !FitsInto(argument->type(), bounds->first + sum.offset) ||
      !FitsInto(argument->type(), bounds->second + sum.offset)) {
    return std::nullopt;
  }
  return sum;
}

// The sum and the count of one column, computed once for all its offsets.
struct Parts {
  size_t uses = 0;
  OutputColumn sum;
  OutputColumn count;
};

class Rewriting {
 public:
  Rewriting(LogicalAggregate& aggregate, OptimizerContext& context)
      : aggregate_(aggregate), context_(context) {}

  // Entries of a projection above for the calls that were replaced; none where it is not worth it.
  Result<ColumnMap> Run() {
    std::vector<std::optional<OffsetSum>> matches;
    for (const auto& call : aggregate_.aggregates) {
      matches.push_back(MatchOffset(call, aggregate_.child()));
      if (matches.back()) ++parts_[matches.back()->column->column()].uses;
    }
    ColumnMap replaced;
    std::vector<LogicalAggregate::Aggregate> calls;
    for (size_t i = 0; i < matches.size(); ++i) {
      const auto& call = aggregate_.aggregates[i];
      const bool counts =
          matches[i] && matches[i]->offset != 0 && parts_[matches[i]->column->column()].uses > 1;
      if (!counts) {
        calls.push_back(call);
        continue;
      }
      TRIVET_ASSIGN_OR_RETURN(ExpressionPtr value, Replace(*matches[i], calls));
      if (!(value->type() == call.column.type)) value = Expression::Cast(value, call.column.type);
      replaced.emplace(call.column.id, std::move(value));
    }
    if (!replaced.empty()) aggregate_.aggregates = std::move(calls);
    return replaced;
  }

 private:
  Result<OutputColumn> Add(std::string_view name, const ExpressionPtr& column,
                           std::vector<LogicalAggregate::Aggregate>& calls) {
    LogicalAggregate::Aggregate call;
    call.arguments = {column};
    TRIVET_ASSIGN_OR_RETURN(call.function, context_.functions.BindAggregate(name, call.arguments));
    call.column.id = context_.ids.Next();
    call.column.name = std::string(name);
    call.column.type = call.function.return_type;
    calls.push_back(call);
    return calls.back().column;
  }

  // sum + offset * count
  Result<ExpressionPtr> Replace(const OffsetSum& match,
                                std::vector<LogicalAggregate::Aggregate>& calls) {
    const auto [known, is_new] = made_.try_emplace(match.column->column());
    if (is_new) {
      TRIVET_ASSIGN_OR_RETURN(known->second.sum, Add("sum", match.column, calls));
      TRIVET_ASSIGN_OR_RETURN(known->second.count, Add("count", match.column, calls));
    }
    const auto bind = [&](std::string_view name, std::vector<ExpressionPtr> arguments) {
      return context_.functions.BindScalar(name, std::move(arguments), nullptr);
    };
    const ExpressionPtr offset =
        Expression::Constant(Value::Integer(TypeId::kInt128, match.offset));
    TRIVET_ASSIGN_OR_RETURN(
        ExpressionPtr product,
        bind("*", {offset, Expression::Cast(known->second.count.Reference(), TypeId::kInt128)}));
    return bind("+", {known->second.sum.Reference(), std::move(product)});
  }

  LogicalAggregate& aggregate_;
  OptimizerContext& context_;
  std::map<ColumnId, Parts> parts_;
  std::map<ColumnId, Parts> made_;
};

Result<size_t> RewriteSums(PlanPtr& node, OptimizerContext& context) {
  const std::vector<OutputColumn> columns = node->Columns();
  TRIVET_ASSIGN_OR_RETURN(const ColumnMap replaced,
                          Rewriting(*As<LogicalAggregate>(node), context).Run());
  if (replaced.empty()) return size_t{0};
  std::vector<LogicalProject::Entry> entries;
  for (const OutputColumn& column : columns) {
    const auto found = replaced.find(column.id);
    entries.push_back(found == replaced.end() ? PassOn(column) : Compute(column, found->second));
  }
  node = std::make_unique<LogicalProject>(std::move(node), std::move(entries));
  return replaced.size();
}

}  // namespace

Result<size_t> ShareSumsOfOffsets(PlanPtr& plan, OptimizerContext& context) {
  size_t changed = 0;
  TRIVET_RETURN_IF_ERROR(ForEachNodeUntilError(plan, [&](PlanPtr& node) -> Status {
    if (As<LogicalAggregate>(node) == nullptr) return Status::OK();
    TRIVET_ASSIGN_OR_RETURN(const size_t rewritten, RewriteSums(node, context));
    changed += rewritten;
    return Status::OK();
  }));
  return changed;
}

}  // namespace trivet
