// Which common table expressions are computed once and kept, and which stand where they are read.

#include <algorithm>

#include "optimizer/plan_rewrite.h"
#include "optimizer/rules.h"

namespace trivet {

namespace {

std::map<uint32_t, size_t> CountReaders(PlanPtr& plan) {
  std::map<uint32_t, size_t> readers;
  ForEachNode(plan, [&](PlanPtr& node) {
    if (const auto* scan = As<LogicalCteScan>(node)) ++readers[scan->cte_id];
  });
  return readers;
}

// Computing it again costs no more than reading what was kept.
bool IsCheap(const LogicalOperator& plan) {
  switch (plan.kind()) {
    case LogicalKind::kScan:
    case LogicalKind::kValues:
    case LogicalKind::kCteScan:
    case LogicalKind::kFilter:
    case LogicalKind::kProject:
      return std::ranges::all_of(plan.children(),
                                 [](const PlanPtr& child) { return IsCheap(*child); });
    default: return false;
  }
}

bool ShouldInline(const LogicalCte& cte, size_t readers) {
  if (cte.materialized == true) return false;
  if (readers == 1) return true;
  if (IsVolatilePlan(cte.child(0))) return false;
  return cte.materialized == false || IsCheap(cte.child(0));
}

// A reader as a projection of the definition that names its columns.
PlanPtr Rename(PlanPtr definition, const LogicalCteScan& scan,
               const std::map<ColumnId, ColumnId>& fresh) {
  std::vector<LogicalProject::Entry> entries;
  for (size_t i = 0; i < scan.columns.size(); ++i) {
    const auto found = fresh.find(scan.definition_columns[i]);
    const ColumnId id = found == fresh.end() ? scan.definition_columns[i] : found->second;
    const OutputColumn& column = scan.columns[i];
    entries.push_back(Compute(column, Expression::Column(id, column.type, column.name)));
  }
  return std::make_unique<LogicalProject>(std::move(definition), std::move(entries));
}

void Inline(PlanPtr& node, size_t readers, ColumnIdGenerator& ids) {
  PlanPtr definition = std::move(node->children()[0]);
  const uint32_t cte_id = As<LogicalCte>(node)->cte_id;
  ReplaceByChild(node, 1);
  ForEachNode(node, [&](PlanPtr& reader) {
    const auto* scan = As<LogicalCteScan>(reader);
    if (scan == nullptr || scan->cte_id != cte_id) return;
    std::map<ColumnId, ColumnId> fresh;
    PlanPtr copy;
    if (--readers == 0) {
      copy = std::move(definition);
    } else {
      std::vector<std::pair<ColumnId, ColumnId>> mapping;
      copy = CloneWithFreshColumns(*definition, ids, mapping);
      fresh.insert(mapping.begin(), mapping.end());
    }
    reader = Rename(std::move(copy), *scan, fresh);
  });
}

}  // namespace

Result<size_t> InlineCtes(PlanPtr& plan, OptimizerContext& context) {
  size_t inlined = 0;
  ForEachNodeTopDown(plan, [&](PlanPtr& node) {
    while (auto* cte = As<LogicalCte>(node)) {
      // Counted anew each time: inlining copies the readers of other definitions.
      const size_t readers = CountReaders(node)[cte->cte_id];
      if (readers == 0) {
        ReplaceByChild(node, 1);
      } else if (ShouldInline(*cte, readers)) {
        Inline(node, readers, context.ids);
      } else {
        break;
      }
      ++inlined;
    }
    return true;
  });
  return inlined;
}

}  // namespace trivet
