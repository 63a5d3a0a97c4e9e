#include "execution/operators/set_operation.h"

#include <algorithm>

#include "execution/morsel_tracker.h"
#include "execution/operators/aggregate.h"
#include "execution/operators/counted_rows.h"
#include "execution/operators/project.h"
#include "execution/operators/register.h"
#include "execution/pipeline_builder.h"
#include "execution/plan_check.h"
#include "expression/rewrite.h"

namespace trivet {

namespace {

using Counts = CountedRows::Counts;

int64_t CopiesOfIntersect(const Counts& counts) { return counts.side[0] > 0 && counts.side[1] > 0; }
int64_t CopiesOfIntersectAll(const Counts& counts) {
  return std::min(counts.side[0], counts.side[1]);
}
int64_t CopiesOfExcept(const Counts& counts) { return counts.side[0] > 0 && counts.side[1] == 0; }
int64_t CopiesOfExceptAll(const Counts& counts) {
  return std::max<int64_t>(0, counts.side[0] - counts.side[1]);
}

// A child's plan whose columns are the named ones, in that order.
Result<PhysicalPlan> TranslateChild(const LogicalOperator& child,
                                    const std::vector<ColumnId>& columns,
                                    const std::vector<PhysicalColumn>& schema,
                                    PhysicalPlanner& planner) {
  TRIVET_ASSIGN_OR_RETURN(auto translated, planner.TranslateNode(child));
  if (translated.layout == columns) return PhysicalPlan(std::move(translated.plan));
  std::vector<ExpressionPtr> expressions;
  for (size_t i = 0; i < columns.size(); ++i) {
    const ExpressionPtr column = Expression::Column(columns[i], schema[i].type, schema[i].name);
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr input, ResolveInputs(column, translated.layout));
    expressions.push_back(std::move(input));
  }
  auto project =
      std::make_shared<PhysicalProject>(std::move(expressions), schema, std::move(translated.plan));
  return PhysicalPlan(std::move(project));
}

std::shared_ptr<PhysicalOperator> MakeDistinct(std::vector<PhysicalColumn> schema,
                                               PhysicalPlan child) {
  std::vector<ExpressionPtr> groups;
  for (size_t i = 0; i < schema.size(); ++i) {
    groups.push_back(Expression::Input(static_cast<uint32_t>(i), schema[i].type, schema[i].name));
  }
  return std::make_shared<PhysicalHashAggregate>(std::move(groups),
                                                 std::vector<LogicalAggregate::Aggregate>(),
                                                 std::move(schema), std::move(child));
}

Result<PhysicalPlanner::Translated> TranslateSetOperation(const LogicalOperator& node,
                                                          PhysicalPlanner& planner) {
  const auto& set = static_cast<const LogicalSetOperation&>(node);
  const std::vector<PhysicalColumn> schema = PhysicalPlanner::SchemaOf(set.columns);
  std::vector<PhysicalPlan> children;
  for (size_t i = 0; i < set.children().size(); ++i) {
    TRIVET_ASSIGN_OR_RETURN(PhysicalPlan child,
                            TranslateChild(set.child(i), set.input_columns[i], schema, planner));
    children.push_back(std::move(child));
  }
  std::vector<ColumnId> layout = PhysicalPlanner::IdsOf(set.columns);
  if (set.operation == SetOperationKind::kUnion) {
    std::shared_ptr<PhysicalOperator> plan =
        std::make_shared<PhysicalUnionAll>(schema, std::move(children));
    if (!set.all) plan = MakeDistinct(schema, std::move(plan));
    return PhysicalPlanner::Translated{std::move(plan), std::move(layout)};
  }
  auto plan =
      std::make_shared<PhysicalSetOperation>(set.operation, set.all, schema, std::move(children));
  return PhysicalPlanner::Translated{std::move(plan), std::move(layout)};
}

std::vector<ExpressionPtr> AllColumns(const std::vector<PhysicalColumn>& schema) {
  std::vector<ExpressionPtr> columns;
  for (size_t i = 0; i < schema.size(); ++i) {
    columns.push_back(Expression::Input(static_cast<uint32_t>(i), schema[i].type, schema[i].name));
  }
  return columns;
}

}  // namespace

OperatorCapabilities PhysicalUnionAll::capabilities() const {
  OperatorCapabilities capabilities;
  capabilities.streaming = true;
  capabilities.order_preserving = true;
  capabilities.required_inputs.assign(children_.size(), Partitioning::Any());
  return capabilities;
}

Status PhysicalUnionAll::Validate() const {
  PlanCheck check(*this);
  check.That(!children_.empty(), "no child");
  for (size_t i = 0; i < children_.size(); ++i) check.Schema(check.Child(i));
  return check.status();
}

Status PhysicalUnionAll::BuildPipelines(PipelineBuilder& builder) const {
  std::vector<const PhysicalOperator*> children;
  for (const PhysicalPlan& child : children_) children.push_back(child.get());
  return builder.BuildBranches(children);
}

OperatorCapabilities PhysicalSetOperation::capabilities() const {
  OperatorCapabilities capabilities;
  capabilities.blocking = true;
  capabilities.spillable = true;
  const std::vector<ExpressionPtr> columns = AllColumns(schema_);
  capabilities.required_inputs = {Partitioning::Hash(columns, 0), Partitioning::Hash(columns, 0)};
  capabilities.delivered = Partitioning::Hash(columns, 0);
  return capabilities;
}

void PhysicalSetOperation::VisitFields(FieldVisitor& visitor) {
  auto kind = static_cast<uint8_t>(kind_);
  visitor.Enumeration("Operation", kind,
                      kind_ == SetOperationKind::kExcept ? "EXCEPT" : "INTERSECT");
  kind_ = static_cast<SetOperationKind>(kind);
  visitor.Field("All", all_);
}

Status PhysicalSetOperation::Validate() const {
  PlanCheck check(*this);
  check.ChildCount(2).Schema(check.Child(0)).Schema(check.Child(1));
  const bool known = kind_ == SetOperationKind::kIntersect || kind_ == SetOperationKind::kExcept;
  return check.That(known, "an unknown operation").status();
}

Status PhysicalSetOperation::BuildPipelines(PipelineBuilder& builder) const {
  CountedRows::Copies copies = CopiesOfIntersect;
  if (kind_ == SetOperationKind::kExcept) {
    copies = all_ ? CopiesOfExceptAll : CopiesOfExcept;
  } else if (all_) {
    copies = CopiesOfIntersectAll;
  }
  TRIVET_ASSIGN_OR_RETURN(
      auto rows, CountedRows::Make(types(), copies, builder.context(), &builder.MetricsOf(*this)));
  for (size_t side = 0; side < 2; ++side) {
    TRIVET_RETURN_IF_ERROR(builder.BuildInto(*this, *children_[side], rows->MakeSink(side)));
  }
  auto takers = builder.MorselTakers();
  builder.SetSource(*this, rows->MakeSource(std::move(takers)));
  return Status::OK();
}

void RegisterSetOperation(OperatorRegistry& registry) {
  registry.Add<PhysicalUnionAll>();
  registry.Add<PhysicalSetOperation>();

  registry.AddTranslation(LogicalKind::kSetOperation, TranslateSetOperation);
}

}  // namespace trivet
