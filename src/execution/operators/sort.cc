#include "execution/operators/sort.h"

#include <algorithm>
#include <iterator>

#include "execution/operators/register.h"
#include "execution/operators/sort_source.h"
#include "execution/pipeline_builder.h"
#include "execution/plan_check.h"
#include "expression/function_registry.h"
#include "expression/rewrite.h"

namespace trivet {

namespace {

// Over an input without an order of its own, rows with equal keys are ordered by the query's output
// columns, left to right, then by what else there is, last by what tells equal values apart (the
// sign of zero, a month and 30 days), so that the answer does not depend on how the input was
// computed.
Status BreakTiesByColumns(const PhysicalPlanner& planner, const PhysicalPlanner::Translated& child,
                          std::vector<SortKey>& keys) {
  std::vector<size_t> positions;
  const auto add = [&](size_t position) {
    if (std::find(positions.begin(), positions.end(), position) == positions.end()) {
      positions.push_back(position);
    }
  };
  for (const ColumnId id : planner.result_columns()) {
    const auto found = std::find(child.layout.begin(), child.layout.end(), id);
    if (found != child.layout.end()) add(static_cast<size_t>(found - child.layout.begin()));
  }
  for (size_t i = 0; i < child.layout.size(); ++i) add(i);
  std::vector<SortKey> apart;
  for (const size_t i : positions) {
    const PhysicalColumn& column = child.plan->schema()[i];
    if (column.type.IsNested()) continue;
    const ExpressionPtr value =
        Expression::Input(static_cast<uint32_t>(i), column.type, column.name);
    keys.push_back({value, false, false});
    if (column.type.IsFloating()) {
      TRIVET_ASSIGN_OR_RETURN(ExpressionPtr sign,
                              FunctionRegistry::Builtin().BindScalar("signbit", {value}, nullptr));
      apart.push_back({std::move(sign), false, false});
    } else if (column.type.id() == TypeId::kInterval) {
      apart.push_back({Expression::Cast(value, TypeId::kVarchar), false, false});
    }
  }
  std::ranges::move(apart, std::back_inserter(keys));
  return Status::OK();
}

Result<PhysicalPlanner::Translated> TranslateSort(PhysicalPlanner& planner,
                                                  const LogicalOperator& input,
                                                  const std::vector<SortKey>& by,
                                                  PhysicalSort::Fields fields) {
  TRIVET_ASSIGN_OR_RETURN(auto child, planner.TranslateNode(input));
  for (const SortKey& key : by) {
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr expression, ResolveInputs(key.expression, child.layout));
    fields.keys.push_back({std::move(expression), key.descending, key.nulls_first});
  }
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
  constexpr uint64_t kAll = ~uint64_t{0};
  const uint64_t limit = fields_.limit.value_or(kAll);
  if (shape.partition_keys == 0 && limit < kAll - fields_.offset)
    shape.keep = limit + fields_.offset;
  const double expected_rows =
      std::min(children_[0]->estimated_rows().value_or(0), static_cast<double>(shape.keep));
  const double expected_bytes =
      expected_rows * static_cast<double>(shape.layout->row_bytes() + sizeof(SortEntry));
  // A bound, for estimates may be beyond all numbers.
  auto sink = std::make_shared<SortSink>(std::move(shape), limit, fields_.offset,
                                         static_cast<size_t>(std::min(expected_bytes, 1e15)),
                                         builder.context(), builder.MetricsOf(*this));
  TRIVET_RETURN_IF_ERROR(builder.BuildInto(*this, *children_[0], sink));
  auto takers = builder.MorselTakers();
  builder.SetSource(*this, std::make_shared<SortSource>(std::move(sink), std::move(takers)));
  return Status::OK();
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
