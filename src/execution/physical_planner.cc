#include "execution/physical_planner.h"

#include <algorithm>

#include "base/string_concat.h"
#include "execution/operator_registry.h"
#include "execution/operators/project.h"
#include "expression/rewrite.h"
#include "plan/logical_custom.h"
#include "plan/logical_window.h"

namespace trivet {

PhysicalPlanner::PhysicalPlanner() : PhysicalPlanner(OperatorRegistry::Builtin()) {}

std::vector<PhysicalColumn> PhysicalPlanner::SchemaOf(const std::vector<OutputColumn>& columns) {
  std::vector<PhysicalColumn> schema;
  for (const OutputColumn& column : columns) schema.push_back({column.name, column.type});
  return schema;
}

std::vector<ColumnId> PhysicalPlanner::IdsOf(const std::vector<OutputColumn>& columns) {
  std::vector<ColumnId> ids;
  for (const OutputColumn& column : columns) ids.push_back(column.id);
  return ids;
}

Result<PhysicalPlanner::Translated> PhysicalPlanner::TranslateNode(const LogicalOperator& node) {
  const Translate* translate = operators_.TranslationOf(node.kind());
  if (translate == nullptr) {
    return Status::NotImplemented(StrCat("no physical operator for ", node.name()));
  }
  TRIVET_ASSIGN_OR_RETURN(Translated translated, (*translate)(node, *this));
  if (!translated.plan->estimated_rows()) {
    translated.plan->set_estimated_rows(node.estimated_rows);
  }
  return translated;
}

namespace {
// Numbers operators in preorder. A subplan reached twice keeps its first number.
void NumberOperators(const PhysicalOperator& op, size_t& next) {
  const_cast<PhysicalOperator&>(op).set_id(next++);
  for (const PhysicalPlan& child : op.children()) NumberOperators(*child, next);
}
}  // namespace

Result<PhysicalPlan> PhysicalPlanner::Plan(const LogicalOperator& root,
                                           const std::vector<OutputColumn>& columns) {
  required_ = RequiredColumns(root, columns);
  result_columns_ = IdsOf(columns);
  TRIVET_ASSIGN_OR_RETURN(Translated translated, TranslateNode(root));
  std::shared_ptr<PhysicalOperator> plan = std::move(translated.plan);
  if (translated.layout != IdsOf(columns)) {
    std::vector<ExpressionPtr> expressions;
    for (const OutputColumn& column : columns) {
      TRIVET_ASSIGN_OR_RETURN(ExpressionPtr input,
                              ResolveInputs(column.Reference(), translated.layout));
      expressions.push_back(std::move(input));
    }
    auto estimate = plan->estimated_rows();
    plan = std::make_shared<PhysicalProject>(std::move(expressions), SchemaOf(columns),
                                             std::move(plan));
    plan->set_estimated_rows(estimate);
  } else {
    plan->set_schema(SchemaOf(columns));
  }
  size_t next = 0;
  NumberOperators(*plan, next);
  return PhysicalPlan(std::move(plan));
}

bool PhysicalPlanner::HasInputOrder(const LogicalOperator& node) {
  switch (node.kind()) {
    case LogicalKind::kScan:
    case LogicalKind::kValues:
    case LogicalKind::kSort: return true;
    // Groups come in any order, however their own rows are ordered.
    case LogicalKind::kTopN: return static_cast<const LogicalTopN&>(node).partition_by.empty();
    case LogicalKind::kWindow: return static_cast<const LogicalWindow&>(node).partition_by.empty();
    case LogicalKind::kFilter:
    case LogicalKind::kProject:
    case LogicalKind::kDistinctOn:
    case LogicalKind::kLimit: return HasInputOrder(node.child());
    case LogicalKind::kSetOperation: {
      const auto& set = static_cast<const LogicalSetOperation&>(node);
      if (set.operation != SetOperationKind::kUnion || !set.all) return false;
      return std::all_of(node.children().begin(), node.children().end(),
                         [](const PlanPtr& child) { return HasInputOrder(*child); });
    }
    case LogicalKind::kCte: return HasInputOrder(node.child(1));
    case LogicalKind::kCustom: {
      const auto& custom = static_cast<const LogicalCustom&>(node);
      if (custom.op->declaration().distribution == Distribution::kHash) return false;
      return HasInputOrder(node.child());
    }
    case LogicalKind::kJoin:
    case LogicalKind::kAggregate:
    case LogicalKind::kCteScan: return false;
  }
  return false;
}

}  // namespace trivet
