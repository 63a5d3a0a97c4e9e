// Drops columns that nothing above reads, and what only served to compute them.

#include <algorithm>

#include "optimizer/plan_properties.h"
#include "optimizer/plan_rewrite.h"
#include "optimizer/rules.h"
#include "plan/logical_window.h"

namespace trivet {

namespace {

class ColumnPruning {
 public:
  // `required`: the output columns that are read above.
  void Prune(PlanPtr& node, const ColumnSet& required);
  size_t dropped() const { return dropped_; }

 private:
  void PruneScan(LogicalScan& scan, const ColumnSet& required);
  void PruneValues(LogicalValues& values, const ColumnSet& required);
  void PruneProject(PlanPtr& node, const ColumnSet& required);
  void PruneJoin(PlanPtr& node, const ColumnSet& required);
  void PruneAggregate(PlanPtr& node, const ColumnSet& required);
  void PruneWindow(PlanPtr& node, const ColumnSet& required);
  void PruneSetOperation(LogicalSetOperation& operation, const ColumnSet& required);
  void PruneCte(PlanPtr& node, const ColumnSet& required);
  void PruneCteScan(LogicalCteScan& scan, const ColumnSet& required);
  // Children need what is required of the node and what its own expressions read.
  void PruneChildren(LogicalOperator& node, ColumnSet required) {
    node.ForEachExpression(
        [&](ExpressionPtr& expression) { CollectColumns(expression, required); });
    for (PlanPtr& child : node.children()) Prune(child, required);
  }
  template <typename List, typename Keep>
  void Retain(List& list, const Keep& keep) {
    dropped_ += std::erase_if(list, [&](const auto& item) { return !keep(item); });
  }

  size_t dropped_ = 0;
  std::map<uint32_t, ColumnSet> cte_columns_;  // columns of definitions that are read
  std::map<uint32_t, size_t> cte_readers_;
};

void ColumnPruning::Prune(PlanPtr& node, const ColumnSet& required) {
  switch (node->kind()) {
    case LogicalKind::kScan: return PruneScan(*As<LogicalScan>(node), required);
    case LogicalKind::kValues: return PruneValues(*As<LogicalValues>(node), required);
    case LogicalKind::kProject: return PruneProject(node, required);
    case LogicalKind::kJoin: return PruneJoin(node, required);
    case LogicalKind::kAggregate: return PruneAggregate(node, required);
    case LogicalKind::kSetOperation:
      return PruneSetOperation(*As<LogicalSetOperation>(node), required);
    case LogicalKind::kCte: return PruneCte(node, required);
    case LogicalKind::kCteScan: return PruneCteScan(*As<LogicalCteScan>(node), required);
    case LogicalKind::kWindow: return PruneWindow(node, required);
    case LogicalKind::kCustom: return PruneChildren(*node, {});
    case LogicalKind::kFilter:
    case LogicalKind::kDistinctOn:
    case LogicalKind::kSort:
    case LogicalKind::kTopN:
    case LogicalKind::kLimit: return PruneChildren(*node, required);
  }
}

void ColumnPruning::PruneScan(LogicalScan& scan, const ColumnSet& required) {
  ColumnSet filtered;
  for (const ExpressionPtr& filter : scan.filters) CollectColumns(filter, filtered);
  Retain(scan.columns, [&](const LogicalScan::ScanColumn& column) {
    return required.contains(column.id) || filtered.contains(column.id);
  });
  for (auto& column : scan.columns) {
    const bool output = required.contains(column.id);
    dropped_ += column.is_output && !output;
    column.is_output = output;
  }
}

void ColumnPruning::PruneValues(LogicalValues& values, const ColumnSet& required) {
  for (size_t i = values.columns.size(); i-- > 0;) {
    if (required.contains(values.columns[i].id)) continue;
    values.columns.erase(values.columns.begin() + i);
    for (auto& row : values.rows) row.erase(row.begin() + i);
    ++dropped_;
  }
}

void ColumnPruning::PruneProject(PlanPtr& node, const ColumnSet& required) {
  auto& project = *As<LogicalProject>(node);
  Retain(project.entries,
         [&](const LogicalProject::Entry& entry) { return required.contains(entry.column.id); });
  ColumnSet below;
  for (const auto& entry : project.entries) CollectColumns(entry.expression, below);
  Prune(project.children()[0], below);
  // One that only passes columns on changes nothing that is read by name.
  if (std::ranges::all_of(project.entries, PassesOn)) {
    ReplaceByChild(node);
  }
}

void ColumnPruning::PruneJoin(PlanPtr& node, const ColumnSet& required) {
  auto& join = *As<LogicalJoin>(node);
  const bool mark_unread = join.join == JoinKind::kMark && !required.contains(join.mark.id);
  const bool right_unread =
      mark_unread ||
      ((join.join == JoinKind::kLeft || join.join == JoinKind::kSingle) &&
       !Intersects(required, OutputIds(join.child(1))) && MatchesAtMostOneRight(join));
  if (right_unread &&
      !join.dependent) {  // the left rows come through once each, whatever the right
    ++dropped_;
    ReplaceByChild(node);
    return Prune(node, required);
  }
  PruneChildren(join, required);
}

void ColumnPruning::PruneAggregate(PlanPtr& node, const ColumnSet& required) {
  auto& aggregate = *As<LogicalAggregate>(node);
  Retain(aggregate.aggregates, [&](const LogicalAggregate::Aggregate& call) {
    return required.contains(call.column.id);
  });
  if (aggregate.groups.empty() && aggregate.aggregates.empty()) {
    node = MakeEmptyRows(1);
    return;
  }
  PruneChildren(aggregate, {});
}

// A window that numbers nothing any more is gone, or what it keeps is a Top-N.
void ColumnPruning::PruneWindow(PlanPtr& node, const ColumnSet& required) {
  auto& window = *As<LogicalWindow>(node);
  Retain(window.functions,
         [&](const LogicalWindow::Function& call) { return required.contains(call.column.id); });
  if (!window.functions.empty()) return PruneChildren(window, required);
  if (!window.limit) {
    ReplaceByChild(node);
    return Prune(node, required);
  }
  PlanPtr input = std::move(window.children()[0]);
  if (window.partition_by.empty() && window.order_by.empty()) {
    node = std::make_unique<LogicalLimit>(std::move(input), window.limit, 0);
  } else {
    auto top = std::make_unique<LogicalTopN>(std::move(input), std::move(window.order_by),
                                             *window.limit, 0);
    top->partition_by = std::move(window.partition_by);
    node = std::move(top);
  }
  PruneChildren(*node, required);
}

void ColumnPruning::PruneSetOperation(LogicalSetOperation& operation, const ColumnSet& required) {
  const bool rows_are_kept = operation.operation == SetOperationKind::kUnion && operation.all;
  for (size_t i = operation.columns.size(); rows_are_kept && i-- > 0;) {
    if (required.contains(operation.columns[i].id)) continue;
    operation.columns.erase(operation.columns.begin() + i);
    for (auto& columns : operation.input_columns) columns.erase(columns.begin() + i);
    ++dropped_;
  }
  for (size_t i = 0; i < operation.children().size(); ++i) {
    const auto& columns = operation.input_columns[i];
    Prune(operation.children()[i], ColumnSet(columns.begin(), columns.end()));
  }
}

void ColumnPruning::PruneCte(PlanPtr& node, const ColumnSet& required) {
  auto& cte = *As<LogicalCte>(node);
  Prune(cte.children()[1], required);
  if (cte_readers_[cte.cte_id] == 0) {
    ++dropped_;
    PlanPtr body = std::move(cte.children()[1]);
    node = std::move(body);
    return;
  }
  Prune(cte.children()[0], cte_columns_[cte.cte_id]);
}

void ColumnPruning::PruneCteScan(LogicalCteScan& scan, const ColumnSet& required) {
  ++cte_readers_[scan.cte_id];
  ColumnSet& read = cte_columns_[scan.cte_id];
  for (size_t i = scan.columns.size(); i-- > 0;) {
    if (required.contains(scan.columns[i].id)) {
      read.insert(scan.definition_columns[i]);
      continue;
    }
    scan.columns.erase(scan.columns.begin() + i);
    scan.definition_columns.erase(scan.definition_columns.begin() + i);
    ++dropped_;
  }
}

}  // namespace

Result<size_t> PruneColumns(PlanPtr& plan, OptimizerContext& context) {
  ColumnPruning pruning;
  pruning.Prune(plan, context.RequiredColumns(*plan));
  return pruning.dropped();
}

}  // namespace trivet
