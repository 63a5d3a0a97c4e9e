// Puts the side with fewer expected rows on the right, which hash joins build.

#include "optimizer/cardinality.h"
#include "optimizer/rules.h"

namespace trivet {

namespace {

bool Swap(LogicalJoin& join) {
  switch (join.join) {
    case JoinKind::kInner:
    case JoinKind::kFull: break;
    case JoinKind::kLeft: join.join = JoinKind::kRight; break;
    case JoinKind::kRight: join.join = JoinKind::kLeft; break;
    default: return false;
  }
  std::swap(join.children()[0], join.children()[1]);
  return true;
}

}  // namespace

Result<size_t> ChooseBuildSides(PlanPtr& plan, OptimizerContext& context) {
  CardinalityEstimator(context.sampler.get()).Estimate(*plan);
  size_t swapped = 0;
  ForEachNode(plan, [&](PlanPtr& node) {
    auto* join = As<LogicalJoin>(node);
    if (join == nullptr || join->dependent) return;
    const double left = join->child(0).estimated_rows.value_or(0);
    const double right = join->child(1).estimated_rows.value_or(0);
    if (left < right) swapped += Swap(*join);
  });
  return swapped;
}

}  // namespace trivet
