// Joins that proof shows to be simpler kinds: a scalar subquery with at most one row for each outer
// row is an outer join, an outer join with exactly one match is an inner join, and so is a semi
// join with at most one match.

#include "optimizer/plan_properties.h"
#include "optimizer/rules.h"

namespace trivet {

namespace {

bool SimplifyOnce(LogicalJoin& join) {
  switch (join.join) {
    case JoinKind::kSingle:
      if (!MatchesAtMostOneRight(join)) return false;
      join.join = JoinKind::kLeft;
      return true;
    case JoinKind::kLeft:
      if (!join.conditions.empty() || !GivesExactlyOneRow(join.child(1))) return false;
      join.join = JoinKind::kInner;
      return true;
    case JoinKind::kSemi:
      // As an inner join it takes part in join ordering with both of its sides.
      if (join.comparison || !MatchesAtMostOneRight(join)) return false;
      join.join = JoinKind::kInner;
      return true;
    default: return false;
  }
}

}  // namespace

Result<size_t> SimplifySingleJoins(PlanPtr& plan, OptimizerContext&) {
  size_t changed = 0;
  ForEachNode(plan, [&](PlanPtr& node) {
    auto* join = As<LogicalJoin>(node);
    while (join != nullptr && !join->dependent && SimplifyOnce(*join)) ++changed;
  });
  return changed;
}

}  // namespace trivet
