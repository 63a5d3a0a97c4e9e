// Uses what is known of NULLs: tests of what is never NULL, and comparisons that treat NULLs as
// values.

#include <algorithm>

#include "optimizer/conjunct_list.h"
#include "optimizer/plan_properties.h"
#include "optimizer/rules.h"

namespace trivet {

namespace {

// Drops what stands behind the first operand that is never NULL.
ExpressionPtr ShortenCoalesce(const ExpressionPtr& node, const ColumnSet& non_null) {
  const auto& children = node->children();
  for (size_t i = 0; i + 1 < children.size(); ++i) {
    if (!IsNeverNull(children[i], non_null)) continue;
    return Expression::Coalesce({children.begin(), children.begin() + i + 1});
  }
  return node;
}

ExpressionPtr RemoveTests(const ExpressionPtr& root, const ColumnSet& non_null) {
  return RewriteExpression(root, [&](const ExpressionPtr& node) -> ExpressionPtr {
    switch (node->kind()) {
      case ExpressionKind::kIsNull:
      case ExpressionKind::kIsNotNull:
        if (!IsMovable(node) || !IsNeverNull(node->child(0), non_null)) return node;
        return Expression::Constant(Value::Boolean(node->kind() == ExpressionKind::kIsNotNull));
      case ExpressionKind::kCoalesce: return ShortenCoalesce(node, non_null);
      case ExpressionKind::kComparison: {
        const bool same = node->comparison() == Comparison::kNotDistinctFrom;
        if (!same && node->comparison() != Comparison::kDistinctFrom) return node;
        if (!IsNeverNull(node->child(0), non_null) || !IsNeverNull(node->child(1), non_null)) {
          return node;
        }
        return Expression::Compare(same ? Comparison::kEqual : Comparison::kNotEqual,
                                   node->child(0), node->child(1));
      }
      default: return node;
    }
  });
}

// Where only TRUE counts, one side without NULLs is enough for IS NOT DISTINCT FROM to be an
// equality.
ExpressionPtr RemoveFromConjunct(const ExpressionPtr& conjunct, const ColumnSet& non_null) {
  ExpressionPtr simple = RemoveTests(conjunct, non_null);
  if (simple->kind() == ExpressionKind::kComparison &&
      simple->comparison() == Comparison::kNotDistinctFrom &&
      (IsNeverNull(simple->child(0), non_null) || IsNeverNull(simple->child(1), non_null))) {
    return Expression::Compare(Comparison::kEqual, simple->child(0), simple->child(1));
  }
  return simple;
}

size_t RemoveFromConjuncts(std::vector<ExpressionPtr>& conjuncts, const ColumnSet& non_null) {
  size_t changed = 0;
  ConjunctList kept;
  for (const ExpressionPtr& conjunct : conjuncts) {
    const ExpressionPtr simple = RemoveFromConjunct(conjunct, non_null);
    changed += !ExpressionsEqual(simple, conjunct);
    kept.Add(simple);
  }
  if (changed > 0) conjuncts = std::move(kept).Take();
  return changed;
}

// count(x) of what is never NULL counts rows, and need not read x.
size_t CountRows(LogicalAggregate& aggregate, const ColumnSet& non_null,
                 const FunctionRegistry& functions) {
  size_t changed = 0;
  for (auto& call : aggregate.aggregates) {
    if (call.function.function->name != "count" || call.distinct || call.arguments.size() != 1 ||
        !IsMovable(call.arguments[0]) || !IsNeverNull(call.arguments[0], non_null)) {
      continue;
    }
    std::vector<ExpressionPtr> none;
    Result<BoundAggregateFunction> count = functions.BindAggregate("count_star", none);
    if (!count.ok() || !(count->return_type == call.column.type)) continue;
    call.function = std::move(count).value();
    call.arguments.clear();
    ++changed;
  }
  return changed;
}

size_t RemoveAt(PlanPtr& node, NonNullAnalysis& analysis, const FunctionRegistry& functions,
                std::vector<PlanPtr>& removed) {
  if (auto* scan = As<LogicalScan>(node)) {
    return RemoveFromConjuncts(scan->filters, NonNullBeforeFilters(*scan));
  }
  ColumnSet non_null;
  for (const PlanPtr& child : node->children()) {
    const ColumnSet& of_child = analysis.Of(*child);
    non_null.insert(of_child.begin(), of_child.end());
  }
  size_t changed = 0;
  if (auto* filter = As<LogicalFilter>(node)) {
    changed += RemoveFromConjuncts(filter->predicates, non_null);
    if (filter->predicates.empty()) {
      removed.push_back(std::move(node));
      node = std::move(removed.back()->children()[0]);
    }
    return changed;
  }
  if (auto* join = As<LogicalJoin>(node)) {
    changed += RemoveFromConjuncts(join->conditions, non_null);
  }
  node->ForEachExpression([&](ExpressionPtr& expression) {
    ExpressionPtr simple = RemoveTests(expression, non_null);
    changed += !ExpressionsEqual(simple, expression);
    expression = std::move(simple);
  });
  if (auto* aggregate = As<LogicalAggregate>(node)) {
    changed += CountRows(*aggregate, non_null, functions);
  }
  return changed;
}

}  // namespace

Result<size_t> RemoveNullTests(PlanPtr& plan, OptimizerContext& context) {
  size_t changed = 0;
  NonNullAnalysis analysis;
  std::vector<PlanPtr> removed;  // kept, as nodes are known by address
  ForEachNode(plan, [&](PlanPtr& node) {
    changed += RemoveAt(node, analysis, context.functions, removed);
  });
  return changed;
}

}  // namespace trivet
