#include "distributed/plan_changes.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "distributed/stage_maker.h"
#include "execution/operators/scan.h"

namespace trivet {

double ScannedBytes(const PhysicalOperator& plan) {
  if (plan.children().empty()) {
    const auto* scan = plan.name() == "SCAN" ? static_cast<const PhysicalScan*>(&plan) : nullptr;
    if (scan == nullptr) return EstimatedBytes(plan);
    const auto rows = scan->table().statistics().row_count;
    return static_cast<double>(rows.value_or(static_cast<uint64_t>(kUnknownRows))) *
           kBytesPerValue * std::max<double>(1, scan->schema().size());
  }
  double bytes = 0;
  for (const PhysicalPlan& child : plan.children()) bytes += ScannedBytes(*child);
  return bytes;
}

PhysicalPlan ReadingWhole(const PhysicalPlan& plan) {
  if (plan->name() == "SCAN") {
    auto scan = std::static_pointer_cast<PhysicalScan>(plan->Copy());
    scan->set_whole(true);
    return scan;
  }
  if (plan->children().empty()) return plan;
  std::vector<PhysicalPlan> children;
  for (const PhysicalPlan& child : plan->children()) children.push_back(ReadingWhole(child));
  return plan->WithChildren(std::move(children));
}

bool WantsPartnersOnly(const PhysicalJoin& join) {
  const PhysicalJoin::Fields& fields = join.fields();
  return (fields.kind == JoinKind::kSemi || fields.kind == JoinKind::kAnti) &&
         !fields.left_keys.empty() && fields.comparison == nullptr;
}

PhysicalPlan PartnersOnly(const PhysicalJoin& join, const PhysicalPlan& left,
                          const PhysicalPlan& right) {
  PhysicalJoin::Fields fields;
  fields.kind = JoinKind::kSemi;
  fields.left_keys = join.fields().right_keys;
  fields.right_keys = join.fields().left_keys;
  fields.null_safe_keys = join.fields().null_safe_keys;
  fields.left_output.resize(right->schema().size());
  std::iota(fields.left_output.begin(), fields.left_output.end(), uint64_t{0});
  // A key has few rows on either side.
  constexpr double kRowsOfKey = 4;
  const double rows = std::min(EstimatedRows(*right), kRowsOfKey * EstimatedRows(*left));
  auto reduced = std::make_shared<PhysicalJoin>(std::move(fields), right->schema(), right, left);
  reduced->set_estimated_rows(rows);
  return reduced;
}

}  // namespace trivet
