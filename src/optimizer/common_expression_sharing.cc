// Subexpressions that a projection or an aggregate uses more than once are computed once, in a
// projection below.

#include <algorithm>

#include "optimizer/expression_set.h"
#include "optimizer/plan_rewrite.h"
#include "optimizer/rules.h"

namespace trivet {

namespace {

// Worth a column of their own: anything that computes.
bool IsShareable(const ExpressionPtr& expression) {
  return expression->has_columns() && !expression->IsColumn() && !expression->is_volatile();
}

// Counts computations; the first one met of equal ones stands for all.
class ExpressionCounter {
 public:
  void Add(const ExpressionPtr& expression) { Add(expression, true); }
  // Computed more than once, and by itself rather than as part of a larger shared one; in the order
  // met.
  std::vector<ExpressionPtr> Shared() const;

 private:
  struct Count {
    ExpressionPtr expression;
    size_t uses = 0;
    // Some use is always evaluated, so computing it ahead cannot fail where nothing failed.
    bool always = false;
  };
  void Add(const ExpressionPtr& expression, bool always);
  Count& CountOf(const ExpressionPtr& expression);

  ExpressionSet numbers_;
  std::vector<Count> counts_;
};

ExpressionCounter::Count& ExpressionCounter::CountOf(const ExpressionPtr& expression) {
  const auto [number, added] = numbers_.Insert(expression);
  if (added) counts_.push_back({expression});
  return counts_[number];
}

void ExpressionCounter::Add(const ExpressionPtr& expression, bool always) {
  if (IsShareable(expression)) {
    Count& count = CountOf(expression);
    count.always |= always;
    // The parts of a repeated expression count once: it will be computed once.
    if (++count.uses > 1) return;
  }
  const auto& children = expression->children();
  for (size_t i = 0; i < children.size(); ++i) {
    bool reached = always;
    switch (expression->kind()) {
      case ExpressionKind::kCase:
      case ExpressionKind::kAnd:
      case ExpressionKind::kOr:
      case ExpressionKind::kCoalesce: reached = always && i == 0; break;
      case ExpressionKind::kCast: reached = always && !expression->is_try(); break;
      default: break;
    }
    Add(children[i], reached);
  }
}

std::vector<ExpressionPtr> ExpressionCounter::Shared() const {
  std::vector<ExpressionPtr> shared;
  for (const Count& count : counts_) {
    const bool may_run_ahead = !count.expression->can_fail() || count.always;
    if (count.uses > 1 && may_run_ahead) shared.push_back(count.expression);
  }
  return shared;
}

// The expression with shared parts replaced by their columns, largest parts first.
ExpressionPtr UseShared(const ExpressionPtr& expression, const ExpressionSet& shared,
                        const std::vector<LogicalProject::Entry>& computed) {
  if (!IsShareable(expression)) return expression;
  if (const auto number = shared.Find(expression)) return computed[*number].column.Reference();
  std::vector<ExpressionPtr> children;
  bool changed = false;
  for (const ExpressionPtr& child : expression->children()) {
    children.push_back(UseShared(child, shared, computed));
    changed |= children.back() != child;
  }
  return changed ? expression->WithChildren(std::move(children)) : expression;
}

size_t ShareAt(PlanPtr& node, OptimizerContext& context) {
  ExpressionCounter counter;
  if (auto* aggregate = As<LogicalAggregate>(node)) {
    for (const auto& group : aggregate->groups) counter.Add(group.expression);
    for (const auto& call : aggregate->aggregates) {
      // Arguments are computed for rows that pass the filter only.
      if (call.filter) continue;
      for (const ExpressionPtr& argument : call.arguments) counter.Add(argument);
    }
  } else {
    for (const auto& entry : As<LogicalProject>(node)->entries) counter.Add(entry.expression);
  }
  const std::vector<ExpressionPtr> shared = counter.Shared();
  if (shared.empty()) return 0;
  const ExpressionSet numbers(shared);
  std::vector<LogicalProject::Entry> computed;
  for (const ExpressionPtr& expression : shared) {
    const OutputColumn column{context.ids.Next(), expression->ToString(), expression->type()};
    computed.push_back(Compute(column, expression));
  }
  node->ForEachExpression(
      [&](ExpressionPtr& expression) { expression = UseShared(expression, numbers, computed); });
  ColumnSet needed;
  node->ForEachExpression([&](ExpressionPtr& expression) { CollectColumns(expression, needed); });
  std::vector<LogicalProject::Entry> entries;
  for (const OutputColumn& column : node->child().Columns()) {
    if (needed.contains(column.id)) entries.push_back(PassOn(column));
  }
  for (LogicalProject::Entry& entry : computed) {
    if (needed.contains(entry.column.id)) entries.push_back(std::move(entry));
  }
  PlanPtr input = std::move(node->children()[0]);
  node->children()[0] = std::make_unique<LogicalProject>(std::move(input), std::move(entries));
  // What is shared may itself repeat parts.
  return shared.size() + ShareAt(node->children()[0], context);
}

}  // namespace

Result<size_t> ShareCommonExpressions(PlanPtr& plan, OptimizerContext& context) {
  size_t shared = 0;
  ForEachNode(plan, [&](PlanPtr& node) {
    if (node->kind() == LogicalKind::kProject || node->kind() == LogicalKind::kAggregate) {
      shared += ShareAt(node, context);
    }
  });
  return shared;
}

}  // namespace trivet
