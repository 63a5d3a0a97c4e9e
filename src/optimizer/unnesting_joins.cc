// Unnesting of joins inside the right side of a dependent join.

#include <algorithm>

#include "optimizer/unnesting.h"

namespace trivet {

namespace {

std::vector<Equivalence> Join(std::vector<Equivalence> a, const std::vector<Equivalence>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

void RewriteConditions(LogicalJoin& join, const Representation& representation) {
  const ColumnMap map = representation.Map();
  join.ForEachExpression(
      [&](ExpressionPtr& expression) { expression = ReplaceColumns(expression, map); });
  std::vector<ExpressionPtr> conditions;
  for (ExpressionPtr& condition : join.conditions) {
    const bool same = condition->kind() == ExpressionKind::kComparison && IsMovable(condition) &&
                      ExpressionsEqual(condition->child(0), condition->child(1));
    if (same && condition->comparison() == Comparison::kNotDistinctFrom) continue;
    if (same && condition->comparison() == Comparison::kEqual) {
      condition = Expression::IsNotNull(condition->child(0));
    }
    conditions.push_back(std::move(condition));
  }
  join.conditions = std::move(conditions);
}

bool UsesOuter(const LogicalOperator& plan, const CorrelationScope& scope) {
  return Intersects(FreeColumns(plan), scope.outer_ids);
}

}  // namespace

Status Unnester::UnnestJoin(PlanPtr& node, CorrelationScope& scope, const Equivalences& equal,
                            Representation& representation) {
  auto& join = *As<LogicalJoin>(node);
  if (join.join == JoinKind::kRight) {
    std::swap(join.children()[0], join.children()[1]);
    join.join = JoinKind::kLeft;
  }
  if (Intersects(FreeColumns(join.child(1)), OutputIds(join.child(0)))) {
    return UnnestNested(node, scope, equal, representation);
  }
  join.dependent = false;
  switch (join.join) {
    case JoinKind::kInner: return UnnestInnerJoin(join, scope, equal, representation);
    case JoinKind::kFull: return UnnestFullJoin(node, scope, representation);
    default: return UnnestLeftJoin(join, scope, equal, representation);
  }
}

// The inner dependent join's left side is given the outer columns, and its right side uses those:
// then it depends on nothing but its own left side.
Status Unnester::UnnestNested(PlanPtr& node, CorrelationScope& scope, const Equivalences& equal,
                              Representation& representation) {
  auto& join = *As<LogicalJoin>(node);
  if (join.join == JoinKind::kFull) return EliminateJoin(node);  // names what is not supported
  TRIVET_RETURN_IF_ERROR(Unnest(join.children()[0], scope, equal, representation));
  ReplaceColumnsInPlan(join.child(1), representation.Map());
  RewriteConditions(join, representation);
  return EliminateJoin(node);
}

Status Unnester::UnnestInnerJoin(LogicalJoin& join, CorrelationScope& scope,
                                 const Equivalences& equal, Representation& representation) {
  const Equivalences of_left =
      Join(equal, EquivalencesOf(join.conditions, scope.outer_ids, OutputIds(join.child(0))));
  const Equivalences of_right =
      Join(equal, EquivalencesOf(join.conditions, scope.outer_ids, OutputIds(join.child(1))));
  const bool left_uses = UsesOuter(join.child(0), scope);
  const bool right_uses = UsesOuter(join.child(1), scope);
  PlanPtr& left = join.children()[0];
  PlanPtr& right = join.children()[1];
  if (left_uses && right_uses) {
    Representation in_right;
    TRIVET_RETURN_IF_ERROR(Unnest(left, scope, of_left, representation));
    TRIVET_RETURN_IF_ERROR(Unnest(right, scope, of_right, in_right));
    RewriteConditions(join, representation);
    AddSameOuterValues(join.conditions, representation, in_right);
    // Equality of the two sides leaves no row for a NULL where one of them has none.
    representation.null_free |= in_right.null_free;
    return Status::OK();
  }
  if (!left_uses && !right_uses) {
    // Only the conditions use outer columns: the side that has equivalents for them, else the left.
    TRIVET_RETURN_IF_ERROR(EliminateBelow(left));
    TRIVET_RETURN_IF_ERROR(EliminateBelow(right));
    if (!Substitute(right, scope, of_right, representation)) {
      TRIVET_RETURN_IF_ERROR(Attach(left, scope, of_left, representation));
    }
  } else if (left_uses) {
    TRIVET_RETURN_IF_ERROR(Unnest(left, scope, of_left, representation));
    TRIVET_RETURN_IF_ERROR(EliminateBelow(right));
  } else {
    TRIVET_RETURN_IF_ERROR(EliminateBelow(left));
    TRIVET_RETURN_IF_ERROR(Unnest(right, scope, of_right, representation));
  }
  RewriteConditions(join, representation);
  return Status::OK();
}

// Left outer, semi, anti, single and mark joins give rows for each left row, which therefore needs
// the outer columns.
Status Unnester::UnnestLeftJoin(LogicalJoin& join, CorrelationScope& scope,
                                const Equivalences& equal, Representation& representation) {
  PlanPtr& right = join.children()[1];
  TRIVET_RETURN_IF_ERROR(Unnest(join.children()[0], scope, equal, representation));
  if (!UsesOuter(*right, scope)) {
    TRIVET_RETURN_IF_ERROR(EliminateBelow(right));
    RewriteConditions(join, representation);
    return Status::OK();
  }
  const Equivalences of_right = EquivalencesOf(join.conditions, scope.outer_ids, OutputIds(*right));
  Representation in_right;
  TRIVET_RETURN_IF_ERROR(Unnest(right, scope, of_right, in_right));
  RewriteConditions(join, representation);
  AddSameOuterValues(join.conditions, representation, in_right);
  return Status::OK();
}

Status Unnester::UnnestFullJoin(PlanPtr& node, CorrelationScope& scope,
                                Representation& representation) {
  auto& join = *As<LogicalJoin>(node);
  Representation in_left;
  Representation in_right;
  TRIVET_RETURN_IF_ERROR(Unnest(join.children()[0], scope, {}, in_left));
  TRIVET_RETURN_IF_ERROR(Unnest(join.children()[1], scope, {}, in_right));
  RewriteConditions(join, in_left);
  AddSameOuterValues(join.conditions, in_left, in_right);
  auto project = ProjectAll(std::move(node));
  for (const OutputColumn& outer : scope.outer) {
    const OutputColumn column{context_.ids.Next(), outer.name, outer.type};
    project->entries.push_back(
        Compute(column, Expression::Coalesce({in_left.Of(outer.id), in_right.Of(outer.id)})));
    representation.columns[outer.id] = column;
  }
  representation.null_free = in_left.null_free && in_right.null_free;
  node = std::move(project);
  return Status::OK();
}

}  // namespace trivet
