#include "distributed/group_reduction.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "distributed/plan_changes.h"
#include "distributed/stage_maker.h"

namespace trivet {

namespace {

// A key of the join as it is followed down: a column of the operator at hand, and which key it is.
struct TracedKey {
  size_t column;
  size_t key;
};

// The way from a side of the join down to where its rows come from.
struct Descent {
  std::vector<const PhysicalOperator*> above;  // top first; of each, the child that is on the way
  std::vector<size_t> children;
  const PhysicalOperator* bottom = nullptr;
  std::vector<TracedKey> keys;   // columns of `bottom`
  std::optional<size_t> groups;  // the lowest aggregation among `above`
};

// The keys that one child passes on together, which is the first key's.
std::vector<TracedKey> KeysOfChild(const PhysicalOperator& op, const std::vector<TracedKey>& keys,
                                   size_t& child) {
  std::vector<TracedKey> passed;
  for (const TracedKey& key : keys) {
    const auto origin = op.OriginOf(key.column);
    if (!origin) continue;
    if (passed.empty()) child = origin->child;
    if (origin->child == child) passed.push_back({origin->column, key.key});
  }
  return passed;
}

Descent FollowDown(const PhysicalOperator& side, std::vector<TracedKey> keys) {
  Descent way;
  const PhysicalOperator* op = &side;
  while (true) {
    size_t child = 0;
    std::vector<TracedKey> passed = KeysOfChild(*op, keys, child);
    // A group may be left out by some of its keys as well as by all.
    if (passed.empty()) break;
    if (op->name() == "HASH_AGGREGATE") way.groups = way.above.size();
    way.above.push_back(op);
    way.children.push_back(child);
    keys = std::move(passed);
    op = op->children()[child].get();
  }
  way.bottom = op;
  way.keys = std::move(keys);
  return way;
}

// The rows at the end of the way that have a partner.
PhysicalPlan PartnersAt(const PhysicalJoin& join, size_t side, const Descent& way,
                        const PhysicalPlan& bottom, double share) {
  const PhysicalJoin::Fields& all = join.fields();
  const auto& other_keys = side == 0 ? all.right_keys : all.left_keys;
  PhysicalJoin::Fields fields;
  fields.kind = JoinKind::kSemi;
  for (const TracedKey& key : way.keys) {
    const PhysicalColumn& column = bottom->schema()[key.column];
    if (std::ranges::find(all.null_safe_keys, key.key) != all.null_safe_keys.end()) {
      fields.null_safe_keys.push_back(fields.left_keys.size());
    }
    fields.left_keys.push_back(
        Expression::Input(static_cast<uint32_t>(key.column), column.type, column.name));
    fields.right_keys.push_back(other_keys[key.key]);
  }
  fields.left_output.resize(bottom->schema().size());
  std::iota(fields.left_output.begin(), fields.left_output.end(), uint64_t{0});
  auto partners = std::make_shared<PhysicalJoin>(std::move(fields), bottom->schema(), bottom,
                                                 join.children()[1 - side]);
  partners->set_estimated_rows(EstimatedRows(*bottom) * share);
  return partners;
}

std::optional<GroupReduction> ReduceSide(const PhysicalJoin& join, size_t side,
                                         const DistributedPlannerOptions& options) {
  if (!MayShrink(join, side)) return std::nullopt;
  const auto& side_keys = side == 0 ? join.fields().left_keys : join.fields().right_keys;
  std::vector<TracedKey> keys;
  for (size_t i = 0; i < side_keys.size(); ++i) {
    if (side_keys[i]->kind() == ExpressionKind::kInput) {
      keys.push_back({side_keys[i]->input_index(), i});
    }
  }
  const Descent way = FollowDown(*join.children()[side], std::move(keys));
  if (!way.groups) return std::nullopt;
  const PhysicalOperator& other = *join.children()[1 - side];
  const PhysicalOperator& groups = *way.above[*way.groups];
  const double share = EstimatedRows(other) / std::max(1.0, EstimatedRows(groups));
  if (share * static_cast<double>(options.reduction_factor) > 1 ||
      EstimatedBytes(other) > static_cast<double>(options.broadcast_bytes) ||
      EstimatedBytes(*groups.children()[0]) < static_cast<double>(options.gather_bytes)) {
    return std::nullopt;
  }
  const PhysicalOperator* last = way.above.back();
  GroupReduction reduction;
  reduction.side = side;
  reduction.partners = PartnersAt(join, side, way, last->children()[way.children.back()], share);
  reduction.plan = reduction.partners;
  for (size_t i = way.above.size(); i-- > 0;) {
    std::vector<PhysicalPlan> children = way.above[i]->children();
    children[way.children[i]] = std::move(reduction.plan);
    std::shared_ptr<PhysicalOperator> op = way.above[i]->WithChildren(std::move(children));
    if (const auto rows = op->estimated_rows()) op->set_estimated_rows(*rows * share);
    reduction.plan = std::move(op);
  }
  return reduction;
}

}  // namespace

std::optional<GroupReduction> FindGroupReduction(const PhysicalJoin& join,
                                                 const DistributedPlannerOptions& options) {
  if (options.reduction_factor == 0) return std::nullopt;
  auto reduction = ReduceSide(join, 0, options);
  return reduction ? std::move(reduction) : ReduceSide(join, 1, options);
}

}  // namespace trivet
