#include <unordered_map>

#include "expression/rewrite.h"
#include "plan/logical_custom.h"
#include "plan/logical_operators.h"
#include "plan/logical_window.h"

namespace trivet {

namespace {

bool PassesOn(const LogicalProject::Entry& entry) {
  return entry.expression->IsColumn() && entry.expression->column() == entry.column.id;
}

void CollectUsed(LogicalOperator& node, std::set<ColumnId>& used) {
  node.ForEachExpression([&](ExpressionPtr& expression) { CollectColumns(expression, used); });
}

void CollectUsedAndMade(LogicalOperator& node, std::set<ColumnId>& used, std::set<ColumnId>& made) {
  CollectUsed(node, used);
  ForEachMadeColumn(node, [&](ColumnId& id) { made.insert(id); });
  for (PlanPtr& child : node.children()) CollectUsedAndMade(*child, used, made);
}

// What a renaming of columns and common table expressions has to know while it walks a plan.
struct Renaming {
  ColumnIdGenerator& ids;
  std::vector<std::pair<ColumnId, ColumnId>>& mapping;
  std::unordered_map<ColumnId, ColumnId> columns;
  std::unordered_map<uint32_t, uint32_t> ctes;

  ColumnId Of(ColumnId old) const {
    const auto found = columns.find(old);
    return found == columns.end() ? old : found->second;
  }
};

void NameFreshColumns(LogicalOperator& node, Renaming& renaming) {
  ForEachMadeColumn(node, [&](ColumnId& id) {
    const ColumnId fresh = renaming.ids.Next();
    renaming.columns.emplace(id, fresh);
    renaming.mapping.emplace_back(id, fresh);
    id = fresh;
  });
  if (node.kind() == LogicalKind::kCte) {
    auto& cte = static_cast<LogicalCte&>(node);
    const uint32_t fresh = renaming.ids.NextCteId();
    renaming.ctes.emplace(cte.cte_id, fresh);
    cte.cte_id = fresh;
  }
  for (PlanPtr& child : node.children()) NameFreshColumns(*child, renaming);
}

ExpressionPtr RenameIn(const ExpressionPtr& root, const Renaming& renaming) {
  return RewriteExpression(root, [&](const ExpressionPtr& node) {
    if (!node->IsColumn()) return node;
    const ColumnId fresh = renaming.Of(node->column());
    if (fresh == node->column()) return node;
    return Expression::Column(fresh, node->type(), node->name());
  });
}

// Names columns by their new ids wherever a node refers to columns that it does not make.
void RenameUses(LogicalOperator& node, const Renaming& renaming) {
  if (node.kind() == LogicalKind::kProject) {
    for (LogicalProject::Entry& entry : static_cast<LogicalProject&>(node).entries) {
      if (PassesOn(entry)) entry.column.id = renaming.Of(entry.column.id);
    }
  } else if (node.kind() == LogicalKind::kSetOperation) {
    for (auto& columns : static_cast<LogicalSetOperation&>(node).input_columns) {
      for (ColumnId& id : columns) id = renaming.Of(id);
    }
  } else if (node.kind() == LogicalKind::kCteScan) {
    auto& scan = static_cast<LogicalCteScan&>(node);
    const auto found = renaming.ctes.find(scan.cte_id);
    if (found != renaming.ctes.end()) scan.cte_id = found->second;
    for (ColumnId& id : scan.definition_columns) id = renaming.Of(id);
  }
  node.ForEachExpression(
      [&](ExpressionPtr& expression) { expression = RenameIn(expression, renaming); });
  for (PlanPtr& child : node.children()) RenameUses(*child, renaming);
}

}  // namespace

void ForEachMadeColumn(LogicalOperator& node, const std::function<void(ColumnId&)>& visit) {
  switch (node.kind()) {
    case LogicalKind::kScan:
      for (auto& column : static_cast<LogicalScan&>(node).columns) visit(column.id);
      return;
    case LogicalKind::kValues:
      for (auto& column : static_cast<LogicalValues&>(node).columns) visit(column.id);
      return;
    case LogicalKind::kProject:
      for (auto& entry : static_cast<LogicalProject&>(node).entries) {
        if (!PassesOn(entry)) visit(entry.column.id);
      }
      return;
    case LogicalKind::kJoin: {
      auto& join = static_cast<LogicalJoin&>(node);
      if (join.join == JoinKind::kMark) visit(join.mark.id);
      return;
    }
    case LogicalKind::kAggregate: {
      auto& aggregate = static_cast<LogicalAggregate&>(node);
      for (auto& group : aggregate.groups) visit(group.column.id);
      for (auto& call : aggregate.aggregates) visit(call.column.id);
      return;
    }
    case LogicalKind::kSetOperation:
      for (auto& column : static_cast<LogicalSetOperation&>(node).columns) visit(column.id);
      return;
    case LogicalKind::kCteScan:
      for (auto& column : static_cast<LogicalCteScan&>(node).columns) visit(column.id);
      return;
    case LogicalKind::kCustom:
      for (auto& column : static_cast<LogicalCustom&>(node).columns) visit(column.id);
      return;
    case LogicalKind::kWindow:
      for (auto& call : static_cast<LogicalWindow&>(node).functions) visit(call.column.id);
      return;
    case LogicalKind::kFilter:
    case LogicalKind::kDistinctOn:
    case LogicalKind::kSort:
    case LogicalKind::kTopN:
    case LogicalKind::kLimit:
    case LogicalKind::kCte: return;
  }
}

namespace {

void CollectOutputIds(const LogicalOperator& plan, std::set<ColumnId>& ids) {
  switch (plan.kind()) {
    case LogicalKind::kFilter:
    case LogicalKind::kDistinctOn:
    case LogicalKind::kSort:
    case LogicalKind::kTopN:
    case LogicalKind::kLimit: return CollectOutputIds(plan.child(), ids);
    case LogicalKind::kCte: return CollectOutputIds(plan.child(1), ids);
    case LogicalKind::kJoin: {
      const auto& join = static_cast<const LogicalJoin&>(plan);
      CollectOutputIds(plan.child(0), ids);
      if (join.join == JoinKind::kMark) {
        ids.insert(join.mark.id);
      } else if (join.join != JoinKind::kSemi && join.join != JoinKind::kAnti) {
        CollectOutputIds(plan.child(1), ids);
      }
      return;
    }
    default:
      for (const OutputColumn& column : plan.Columns()) ids.insert(column.id);
  }
}

}  // namespace

std::set<ColumnId> OutputIds(const LogicalOperator& plan) {
  std::set<ColumnId> ids;
  CollectOutputIds(plan, ids);
  return ids;
}

std::set<ColumnId> FreeColumns(const LogicalOperator& plan) {
  std::set<ColumnId> used;
  std::set<ColumnId> made;
  // The walk reads only; its visitors are declared over mutable nodes because rules rewrite by
  // them.
  CollectUsedAndMade(const_cast<LogicalOperator&>(plan), used, made);
  for (ColumnId id : made) used.erase(id);
  return used;
}

PlanPtr CloneWithFreshColumns(const LogicalOperator& plan, ColumnIdGenerator& ids,
                              std::vector<std::pair<ColumnId, ColumnId>>& mapping) {
  PlanPtr copy = plan.Clone();
  Renaming renaming{ids, mapping, {}, {}};
  NameFreshColumns(*copy, renaming);
  RenameUses(*copy, renaming);
  return copy;
}

}  // namespace trivet
