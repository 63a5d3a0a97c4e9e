// Operators that can give no row, and inputs that therefore change nothing.

#include <algorithm>

#include "optimizer/plan_rewrite.h"
#include "optimizer/rules.h"

namespace trivet {

namespace {

bool IsEmpty(const LogicalOperator& plan) {
  const auto* values = As<LogicalValues>(plan);
  return values != nullptr && values->rows.empty();
}

bool NeverTrue(const std::vector<ExpressionPtr>& conjuncts) {
  return std::ranges::any_of(
      conjuncts, [](const ExpressionPtr& conjunct) { return conjunct->IsConstantFalseOrNull(); });
}

void MakeEmpty(PlanPtr& node) { node = MakeNoRows(node->Columns()); }

// Replaces a join by its child `side` beside constants for the columns of the other.
void PadWithNulls(PlanPtr& node, size_t side) {
  const std::vector<OutputColumn> missing = node->child(1 - side).Columns();
  auto project = ProjectAll(std::move(node->children()[side]));
  for (const OutputColumn& column : missing) {
    project->entries.push_back(Compute(column, Expression::Constant(Value::Null(column.type))));
  }
  node = std::move(project);
}

void MarkAll(PlanPtr& node, bool mark) {
  const OutputColumn column = As<LogicalJoin>(node)->mark;
  auto project = ProjectAll(std::move(node->children()[0]));
  project->entries.push_back(Compute(column, Expression::Constant(Value::Boolean(mark))));
  node = std::move(project);
}

bool RemoveFromJoin(PlanPtr& node) {
  const auto& join = *As<LogicalJoin>(node);
  const bool left_empty = IsEmpty(join.child(0));
  const bool no_match = IsEmpty(join.child(1)) || NeverTrue(join.conditions);
  switch (join.join) {
    case JoinKind::kInner:
    case JoinKind::kSemi:
      if (!left_empty && !no_match) return false;
      MakeEmpty(node);
      return true;
    case JoinKind::kLeft:
    case JoinKind::kSingle:
      if (left_empty) {
        MakeEmpty(node);
      } else if (no_match) {
        PadWithNulls(node, 0);
      } else {
        return false;
      }
      return true;
    case JoinKind::kRight:
      if (IsEmpty(join.child(1))) {
        MakeEmpty(node);
      } else if (left_empty || NeverTrue(join.conditions)) {
        PadWithNulls(node, 1);
      } else {
        return false;
      }
      return true;
    case JoinKind::kFull:
      if (!left_empty && !IsEmpty(join.child(1))) return false;
      PadWithNulls(node, left_empty ? 1 : 0);
      return true;
    case JoinKind::kAnti:
      if (left_empty) {
        MakeEmpty(node);
      } else if (no_match) {
        ReplaceByChild(node);
      } else {
        return false;
      }
      return true;
    case JoinKind::kMark:
      if (left_empty) {
        MakeEmpty(node);
      } else if (no_match) {
        MarkAll(node, false);
      } else {
        return false;
      }
      return true;
  }
  return false;
}

// A union all of one input is a projection of it.
void ReplaceByOnlyInput(PlanPtr& node) {
  auto& operation = *As<LogicalSetOperation>(node);
  std::vector<LogicalProject::Entry> entries;
  for (size_t i = 0; i < operation.columns.size(); ++i) {
    const OutputColumn& column = operation.columns[i];
    entries.push_back(Compute(
        column, Expression::Column(operation.input_columns[0][i], column.type, column.name)));
  }
  node = std::make_unique<LogicalProject>(std::move(operation.children()[0]), std::move(entries));
}

bool RemoveFromSetOperation(PlanPtr& node) {
  auto& operation = *As<LogicalSetOperation>(node);
  auto& children = operation.children();
  const bool first_empty = IsEmpty(*children[0]);
  switch (operation.operation) {
    case SetOperationKind::kIntersect:
      if (!first_empty && !IsEmpty(*children[1])) return false;
      MakeEmpty(node);
      return true;
    case SetOperationKind::kExcept:
      if (first_empty) {
        MakeEmpty(node);
        return true;
      }
      if (!operation.all || !IsEmpty(*children[1])) return false;
      ReplaceByOnlyInput(node);
      return true;
    case SetOperationKind::kUnion: break;
  }
  if (!operation.all) return false;
  const size_t before = children.size();
  for (size_t i = children.size(); i-- > 0;) {
    if (!IsEmpty(*children[i])) continue;
    children.erase(children.begin() + i);
    operation.input_columns.erase(operation.input_columns.begin() + i);
  }
  if (children.size() == before) return false;
  if (children.empty()) {
    MakeEmpty(node);
  } else if (children.size() == 1) {
    ReplaceByOnlyInput(node);
  }
  return true;
}

bool RemoveFrom(PlanPtr& node) {
  switch (node->kind()) {
    case LogicalKind::kScan:
      if (!NeverTrue(As<LogicalScan>(node)->filters)) return false;
      break;
    case LogicalKind::kFilter:
      if (!IsEmpty(node->child()) && !NeverTrue(As<LogicalFilter>(node)->predicates)) return false;
      break;
    case LogicalKind::kAggregate:
      if (As<LogicalAggregate>(node)->groups.empty() || !IsEmpty(node->child())) return false;
      break;
    case LogicalKind::kLimit:
      if (!IsEmpty(node->child()) && As<LogicalLimit>(node)->limit != 0) return false;
      break;
    case LogicalKind::kTopN:
      if (!IsEmpty(node->child()) && As<LogicalTopN>(node)->limit != 0) return false;
      break;
    case LogicalKind::kProject:
    case LogicalKind::kWindow:
    case LogicalKind::kDistinctOn:
    case LogicalKind::kSort:
      if (!IsEmpty(node->child())) return false;
      break;
    case LogicalKind::kJoin: return RemoveFromJoin(node);
    case LogicalKind::kSetOperation: return RemoveFromSetOperation(node);
    case LogicalKind::kCte:
      if (!IsEmpty(node->child(1))) return false;
      break;
    case LogicalKind::kValues:
    case LogicalKind::kCustom:  // may give rows over no input
    case LogicalKind::kCteScan: return false;
  }
  MakeEmpty(node);
  return true;
}

}  // namespace

Result<size_t> RemoveEmptyInputs(PlanPtr& plan, OptimizerContext&) {
  size_t removed = 0;
  ForEachNode(plan, [&](PlanPtr& node) { removed += RemoveFrom(node); });
  return removed;
}

}  // namespace trivet
