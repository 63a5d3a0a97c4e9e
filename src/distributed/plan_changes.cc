#include "distributed/plan_changes.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "distributed/stage_maker.h"
#include "execution/operators/scan.h"

namespace trivet {

double ScannedRows(const PhysicalOperator& leaf) {
  if (leaf.name() != "SCAN") return EstimatedRows(leaf);
  const auto rows = static_cast<const PhysicalScan&>(leaf).table().statistics().row_count;
  return rows ? static_cast<double>(*rows) : kUnknownRows;
}

uint32_t ScanTasks(double rows, uint64_t most, const DistributedPlannerOptions& options) {
  const auto task_rows = static_cast<double>(std::max<uint64_t>(1, options.scan_task_rows));
  const double wanted = std::min<double>(options.scan_tasks, std::floor(rows / task_rows) + 1);
  auto tasks = static_cast<uint64_t>(std::max(1.0, wanted));
  // Where one task more would keep a slot waiting for it, each slot gets one.
  const uint64_t slots = std::max<uint64_t>(1, options.slots);
  if (tasks > slots) tasks = (tasks + slots - 1) / slots * slots;
  return static_cast<uint32_t>(std::max<uint64_t>(1, std::min(tasks, most)));
}

double ScannedBytes(const PhysicalOperator& plan) {
  if (plan.children().empty()) {
    return ScannedRows(plan) * kBytesPerValue * std::max<double>(1, plan.schema().size());
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

bool MayBeDealtOut(const OperatorCapabilities& capabilities, size_t dealt) {
  const auto fits = [&](const std::vector<Partitioning>& requirement) {
    for (size_t i = 0; i < requirement.size(); ++i) {
      const PartitioningKind wanted =
          i == dealt ? PartitioningKind::kAny : PartitioningKind::kBroadcast;
      if (requirement[i].kind != wanted) return false;
    }
    return requirement.size() > dealt;
  };
  return fits(capabilities.required_inputs) ||
         std::any_of(capabilities.alternative_inputs.begin(), capabilities.alternative_inputs.end(),
                     fits);
}

bool TellRowsApart(const std::vector<SortKey>& keys, const std::vector<PhysicalColumn>& columns) {
  for (size_t column = 0; column < columns.size(); ++column) {
    const LogicalType& type = columns[column].type;
    // Equal values of these types may have different bits.
    if (type.IsNested() || type.IsFloating() || type.id() == TypeId::kInterval) return false;
    const bool is_key = std::any_of(keys.begin(), keys.end(), [&](const SortKey& key) {
      return key.expression->kind() == ExpressionKind::kInput &&
             key.expression->input_index() == column;
    });
    if (!is_key) return false;
  }
  return true;
}

bool MayShrink(const PhysicalJoin& join, size_t side) {
  const PhysicalJoin::Fields& fields = join.fields();
  if (fields.left_keys.empty() || fields.comparison != nullptr) return false;
  // Asked twice, such a key would be another one.
  const auto is_volatile = [](const ExpressionPtr& key) { return key->is_volatile(); };
  if (std::ranges::any_of(fields.left_keys, is_volatile) ||
      std::ranges::any_of(fields.right_keys, is_volatile)) {
    return false;
  }
  switch (fields.kind) {
    case JoinKind::kInner:
    case JoinKind::kSemi: return true;
    case JoinKind::kLeft:
    case JoinKind::kSingle:
    case JoinKind::kAnti: return side == 1;
    case JoinKind::kRight: return side == 0;
    default: return false;
  }
}

PhysicalPlan PartnersOnly(const PhysicalJoin& join, size_t side, const PhysicalPlan& rows,
                          const PhysicalPlan& others, const std::vector<ExpressionPtr>& keys) {
  PhysicalJoin::Fields fields;
  fields.kind = JoinKind::kSemi;
  fields.left_keys = side == 0 ? join.fields().left_keys : join.fields().right_keys;
  fields.right_keys = keys;
  fields.null_safe_keys = join.fields().null_safe_keys;
  fields.left_output.resize(rows->schema().size());
  std::iota(fields.left_output.begin(), fields.left_output.end(), uint64_t{0});
  auto partners = std::make_shared<PhysicalJoin>(std::move(fields), rows->schema(), rows, others);
  partners->set_estimated_rows(EstimatedPartners(join, side));
  return partners;
}

double EstimatedPartners(const PhysicalJoin& join, size_t side) {
  // A key has few rows on either side.
  constexpr double kRowsOfKey = 4;
  const double rows = EstimatedRows(*join.children()[side]);
  // Each partner on the left is in the output.
  const bool shows = join.fields().kind == JoinKind::kInner ||
                     (join.fields().kind == JoinKind::kSemi && side == 0);
  if (shows) return std::min(rows, join.estimated_rows().value_or(rows));
  return std::min(rows, kRowsOfKey * EstimatedRows(*join.children()[1 - side]));
}

}  // namespace trivet
