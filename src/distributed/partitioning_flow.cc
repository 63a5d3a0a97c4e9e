#include "distributed/partitioning_flow.h"

#include <algorithm>

#include "expression/rewrite.h"

namespace trivet {

namespace {

// The expression over the child's columns as one over the operator's; nothing where a column is not
// passed on.
std::optional<ExpressionPtr> OverOutput(const PhysicalOperator& op, size_t child,
                                        const ExpressionPtr& expression) {
  bool known = true;
  ExpressionPtr rewritten =
      RewriteExpression(expression, [&](const ExpressionPtr& node) -> ExpressionPtr {
        if (node->kind() != ExpressionKind::kInput) return node;
        for (size_t column = 0; column < op.schema().size(); ++column) {
          const auto origin = op.OriginOf(column);
          if (origin && origin->child == child && origin->column == node->input_index()) {
            return Expression::Input(static_cast<uint32_t>(column), node->type(), node->name());
          }
        }
        known = false;
        return node;
      });
  if (!known) return std::nullopt;
  return rewritten;
}

}  // namespace

Spread SpreadThrough(const PhysicalOperator& op, size_t child, const Spread& input) {
  Spread output;
  for (const Partitioning& fact : input) {
    if (fact.kind != PartitioningKind::kHash && fact.kind != PartitioningKind::kRange) {
      output.push_back(fact);
      continue;
    }
    Partitioning mapped{fact.kind, fact.partition_count, {}};
    for (const ExpressionPtr& key : fact.keys) {
      const auto over_output = OverOutput(op, child, key);
      if (!over_output) break;
      mapped.keys.push_back(*over_output);
    }
    if (mapped.keys.size() == fact.keys.size()) output.push_back(std::move(mapped));
  }
  return output;
}

bool AnySatisfies(const Spread& delivered, const Partitioning& required) {
  if (required.kind == PartitioningKind::kAny) return true;
  return std::any_of(delivered.begin(), delivered.end(),
                     [&](const Partitioning& fact) { return Satisfies(fact, required); });
}

std::optional<std::vector<size_t>> HashPositions(const Spread& delivered,
                                                 const Partitioning& required) {
  for (const Partitioning& fact : delivered) {
    if (fact.kind != PartitioningKind::kHash || !Satisfies(fact, required)) continue;
    std::vector<size_t> positions;
    for (const ExpressionPtr& key : fact.keys) {
      const auto found =
          std::find_if(required.keys.begin(), required.keys.end(),
                       [&](const ExpressionPtr& other) { return ExpressionsEqual(key, other); });
      if (found == required.keys.end()) break;
      positions.push_back(static_cast<size_t>(found - required.keys.begin()));
    }
    if (positions.size() == fact.keys.size()) return positions;
  }
  return std::nullopt;
}

}  // namespace trivet
