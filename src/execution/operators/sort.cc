#include "execution/operators/sort.h"

#include "execution/operators/register.h"
#include "execution/operators/sort_pipelines.h"
#include "execution/plan_check.h"
#include "expression/rewrite.h"

namespace trivet {

namespace {

Result<PhysicalPlanner::Translated> TranslateSort(PhysicalPlanner& planner,
                                                  const LogicalOperator& input,
                                                  const std::vector<SortKey>& by,
                                                  PhysicalSort::Fields fields) {
  TRIVET_ASSIGN_OR_RETURN(auto child, planner.TranslateNode(input));
  TRIVET_ASSIGN_OR_RETURN(fields.keys, ResolveSortKeys(by, child));
  for (ExpressionPtr& expression : fields.partition_by) {
    TRIVET_ASSIGN_OR_RETURN(expression, ResolveInputs(expression, child.layout));
  }
  if (!PhysicalPlanner::HasInputOrder(input)) {
    TRIVET_RETURN_IF_ERROR(BreakTiesByColumns(planner, child, fields.keys));
  }
  auto plan = std::make_shared<PhysicalSort>(std::move(fields), std::move(child.plan));
  return PhysicalPlanner::Translated{std::move(plan), std::move(child.layout)};
}

}  // namespace

OperatorCapabilities PhysicalSort::capabilities() const {
  OperatorCapabilities capabilities;
  capabilities.blocking = true;
  capabilities.order_preserving = true;
  capabilities.spillable = true;
  capabilities.required_inputs = {fields_.partition_by.empty()
                                      ? Partitioning::Single()
                                      : Partitioning::Hash(fields_.partition_by, 0)};
  const bool all_rows = !fields_.limit && fields_.offset == 0 && fields_.partition_by.empty();
  for (const SortKey& key : fields_.keys) {
    if (key.expression->is_volatile()) capabilities.deterministic = false;
  }
  // A key that is another at every look tells no ranges.
  if (all_rows && capabilities.deterministic) capabilities.range_keys = fields_.keys;
  return capabilities;
}

// Top-N: the first rows overall are among the first rows of each partition.
Result<std::optional<PhysicalOperator::Phases>> PhysicalSort::SplitPhases() const {
  if (!fields_.limit || *fields_.limit > ~uint64_t{0} - fields_.offset) {
    return std::optional<Phases>();
  }
  Fields first = fields_;
  first.limit = *fields_.limit + fields_.offset;
  first.offset = 0;
  Phases phases;
  phases.local = std::make_shared<PhysicalSort>(std::move(first), children_.front());
  phases.global = [fields = fields_](PhysicalPlan input) -> Result<PhysicalPlan> {
    return std::make_shared<PhysicalSort>(fields, std::move(input));
  };
  return std::optional<Phases>(std::move(phases));
}

void PhysicalSort::VisitFields(FieldVisitor& visitor) {
  visitor.Field("Keys", fields_.keys);
  visitor.Field("Limit", fields_.limit);
  visitor.Field("Offset", fields_.offset);
  visitor.Field("Partition By", fields_.partition_by);
}

Status PhysicalSort::Validate() const {
  PlanCheck check(*this);
  const std::vector<LogicalType> columns = check.Child(0);
  check.ChildCount(1).Schema(columns).SortKeys(fields_.keys, columns, "Keys");
  check.Expressions(fields_.partition_by, columns, "Partition By");
  return check.status();
}

Status PhysicalSort::BuildPipelines(PipelineBuilder& builder) const {
  std::vector<SortKey> keys;
  for (const ExpressionPtr& expression : fields_.partition_by)
    keys.push_back({expression, false, false});
  keys.insert(keys.end(), fields_.keys.begin(), fields_.keys.end());
  TRIVET_ASSIGN_OR_RETURN(SortShape shape, SortShape::Make(children_[0]->types(), keys));
  shape.partition_keys = fields_.partition_by.size();
  return BuildSortPipelines(*this, std::move(shape), fields_.limit.value_or(kNoSortLimit),
                            fields_.offset, builder);
}

void RegisterSort(OperatorRegistry& registry) {
  registry.Add<PhysicalSort>();

  registry.AddTranslation(LogicalKind::kSort,
                          [](const LogicalOperator& node, PhysicalPlanner& planner) {
                            const auto& sort = static_cast<const LogicalSort&>(node);
                            return TranslateSort(planner, sort.child(), sort.keys, {});
                          });
  registry.AddTranslation(LogicalKind::kTopN,
                          [](const LogicalOperator& node, PhysicalPlanner& planner) {
                            const auto& top = static_cast<const LogicalTopN&>(node);
                            PhysicalSort::Fields fields;
                            fields.limit = top.limit;
                            fields.offset = top.offset;
                            fields.partition_by = top.partition_by;
                            return TranslateSort(planner, top.child(), top.keys, std::move(fields));
                          });
}

}  // namespace trivet
