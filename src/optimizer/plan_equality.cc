#include "optimizer/plan_equality.h"

#include <algorithm>

#include "base/hash.h"
#include "plan/logical_custom.h"
#include "plan/logical_window.h"

namespace trivet {

namespace {

// The expressions of a node, a missing comparison or filter included as nothing.
std::vector<ExpressionPtr> ExpressionsOf(LogicalOperator& node) {
  std::vector<ExpressionPtr> list;
  node.ForEachExpression([&](ExpressionPtr& expression) { list.push_back(expression); });
  return list;
}

bool SameSortKeys(const std::vector<SortKey>& a, const std::vector<SortKey>& b) {
  return std::ranges::equal(a, b, [](const SortKey& x, const SortKey& y) {
    return x.descending == y.descending && x.nulls_first == y.nulls_first;
  });
}

bool SameCalls(const LogicalAggregate& a, const LogicalAggregate& b) {
  using Aggregate = LogicalAggregate::Aggregate;
  return a.groups.size() == b.groups.size() &&
         std::ranges::equal(a.aggregates, b.aggregates, [](const Aggregate& x, const Aggregate& y) {
           return x.function.function == y.function.function && x.distinct == y.distinct &&
                  x.arguments.size() == y.arguments.size() && !x.filter == !y.filter &&
                  x.column.type == y.column.type && SameSortKeys(x.order_by, y.order_by);
         });
}

}  // namespace

bool PlanMatch::Match(const LogicalOperator& a, const LogicalOperator& b) {
  if (a.kind() != b.kind() || a.children().size() != b.children().size()) return false;
  for (size_t i = 0; i < a.children().size(); ++i) {
    if (!Match(a.child(i), b.child(i))) return false;
  }
  return MatchNode(a, b);
}

bool PlanMatch::MatchNode(const LogicalOperator& a, const LogicalOperator& b) {
  if (a.kind() == LogicalKind::kScan) {
    return MatchScan(*As<LogicalScan>(a), *As<LogicalScan>(b));
  }
  if (a.kind() == LogicalKind::kCteScan) {
    return MatchCteScan(*As<LogicalCteScan>(a), *As<LogicalCteScan>(b));
  }
  // The walks read only; their visitors are declared over mutable nodes because rules rewrite by
  // them.
  auto& x = const_cast<LogicalOperator&>(a);
  auto& y = const_cast<LogicalOperator&>(b);
  return MatchFields(a, b) && MatchExpressions(x, y) && MatchMade(x, y);
}

bool PlanMatch::MatchScan(const LogicalScan& a, const LogicalScan& b) {
  if (a.table != b.table || a.columns.size() != b.columns.size()) return false;
  for (const auto& column : b.columns) {
    const auto same = std::ranges::find_if(a.columns, [&](const LogicalScan::ScanColumn& other) {
      return other.ordinal == column.ordinal && other.is_output == column.is_output;
    });
    if (same == a.columns.end()) return false;
    columns_[column.id] = same->id;
  }
  return MatchExpressions(const_cast<LogicalScan&>(a), const_cast<LogicalScan&>(b));
}

bool PlanMatch::MatchCteScan(const LogicalCteScan& a, const LogicalCteScan& b) {
  if (a.cte_id != b.cte_id || a.definition_columns != b.definition_columns) return false;
  for (size_t i = 0; i < b.columns.size(); ++i) columns_[b.columns[i].id] = a.columns[i].id;
  return true;
}

bool PlanMatch::MatchFields(const LogicalOperator& a, const LogicalOperator& b) const {
  switch (a.kind()) {
    case LogicalKind::kJoin: {
      const auto& x = *As<LogicalJoin>(a);
      const auto& y = *As<LogicalJoin>(b);
      return x.join == y.join && x.dependent == y.dependent && x.reducer == y.reducer &&
             !x.comparison == !y.comparison && x.conditions.size() == y.conditions.size();
    }
    case LogicalKind::kValues:
      return As<LogicalValues>(a)->rows.size() == As<LogicalValues>(b)->rows.size() &&
             As<LogicalValues>(a)->columns.size() == As<LogicalValues>(b)->columns.size();
    case LogicalKind::kAggregate:
      return SameCalls(*As<LogicalAggregate>(a), *As<LogicalAggregate>(b));
    case LogicalKind::kSort:
      return SameSortKeys(As<LogicalSort>(a)->keys, As<LogicalSort>(b)->keys);
    case LogicalKind::kTopN: {
      const auto& x = *As<LogicalTopN>(a);
      const auto& y = *As<LogicalTopN>(b);
      return x.limit == y.limit && x.offset == y.offset && SameSortKeys(x.keys, y.keys) &&
             x.partition_by.size() == y.partition_by.size();
    }
    case LogicalKind::kWindow: {
      const auto& x = *As<LogicalWindow>(a);
      const auto& y = *As<LogicalWindow>(b);
      return std::ranges::equal(x.functions, y.functions, {}, &LogicalWindow::Function::function,
                                &LogicalWindow::Function::function) &&
             x.limit == y.limit && SameSortKeys(x.order_by, y.order_by) &&
             x.partition_by.size() == y.partition_by.size();
    }
    case LogicalKind::kLimit: {
      const auto& x = *As<LogicalLimit>(a);
      const auto& y = *As<LogicalLimit>(b);
      return x.limit == y.limit && x.offset == y.offset && x.percent == y.percent;
    }
    case LogicalKind::kSetOperation: {
      const auto& x = *As<LogicalSetOperation>(a);
      const auto& y = *As<LogicalSetOperation>(b);
      if (x.operation != y.operation || x.all != y.all) return false;
      for (size_t i = 0; i < x.input_columns.size(); ++i) {
        std::vector<ColumnId> renamed;
        for (ColumnId id : y.input_columns[i]) renamed.push_back(Of(id).value_or(kInvalidColumn));
        if (renamed != x.input_columns[i]) return false;
      }
      return true;
    }
    case LogicalKind::kCustom: {
      const auto& x = *As<LogicalCustom>(a);
      const auto& y = *As<LogicalCustom>(b);
      const auto same = [](const Value& one, const Value& other) {
        return ExpressionsEqual(Expression::Constant(one), Expression::Constant(other));
      };
      return x.op == y.op && x.op->declaration().deterministic && x.input_names == y.input_names &&
             std::ranges::equal(x.arguments, y.arguments, same);
    }
    case LogicalKind::kCte: return false;  // definitions stand at the top of a plan only
    default: return true;
  }
}

bool PlanMatch::MatchExpressions(LogicalOperator& a, LogicalOperator& b) const {
  const std::vector<ExpressionPtr> of_a = ExpressionsOf(a);
  const std::vector<ExpressionPtr> of_b = ExpressionsOf(b);
  return std::ranges::equal(of_a, of_b, [&](const ExpressionPtr& x, const ExpressionPtr& y) {
    const ExpressionPtr renamed = RewriteExpression(y, [&](const ExpressionPtr& node) {
      if (!node->IsColumn()) return node;
      const std::optional<ColumnId> id = Of(node->column());
      return Expression::Column(id.value_or(kInvalidColumn), node->type(), node->name());
    });
    return ExpressionsEqual(x, renamed);
  });
}

bool PlanMatch::MatchMade(LogicalOperator& a, LogicalOperator& b) {
  const auto made_by = [](LogicalOperator& node) {
    std::vector<ColumnId> made;
    ForEachMadeColumn(node, [&](ColumnId& id) { made.push_back(id); });
    return made;
  };
  const std::vector<ColumnId> of_a = made_by(a);
  const std::vector<ColumnId> of_b = made_by(b);
  if (of_a.size() != of_b.size()) return false;
  for (size_t i = 0; i < of_a.size(); ++i) columns_[of_b[i]] = of_a[i];
  return true;
}

uint64_t HashOfNode(const LogicalOperator& plan) {
  uint64_t hash = HashInt64(static_cast<uint64_t>(plan.kind()));
  if (const auto* scan = As<LogicalScan>(plan)) {
    hash = CombineHash(hash, reinterpret_cast<uintptr_t>(scan->table.get()));
  }
  size_t expressions = 0;
  const_cast<LogicalOperator&>(plan).ForEachExpression([&](ExpressionPtr& expression) {
    ++expressions;
    hash = CombineHash(hash, static_cast<uint64_t>(expression->kind()));
    hash = CombineHash(hash, expression->children().size());
  });
  return CombineHash(hash, expressions);
}

}  // namespace trivet
