#include "execution/operators/cte.h"

#include <algorithm>

#include "base/string_concat.h"
#include "execution/batch_store.h"
#include "execution/operators/register.h"
#include "execution/pipeline_builder.h"
#include "execution/plan_check.h"

namespace trivet {

namespace {

// One run's state of a common table expression, found by its id.
struct CteState {
  std::shared_ptr<BatchStore> store;
  size_t pipeline = 0;
  std::vector<LogicalType> types;
};

Result<PhysicalPlanner::Translated> TranslateCte(const LogicalOperator& node,
                                                 PhysicalPlanner& planner) {
  const auto& cte = static_cast<const LogicalCte&>(node);
  TRIVET_ASSIGN_OR_RETURN(auto definition, planner.TranslateNode(cte.child(0)));
  planner.SetCteLayout(cte.cte_id, definition.layout);
  TRIVET_ASSIGN_OR_RETURN(auto body, planner.TranslateNode(cte.child(1)));
  auto plan = std::make_shared<PhysicalCte>(cte.cte_id, cte.cte_name, std::move(definition.plan),
                                            std::move(body.plan));
  return PhysicalPlanner::Translated{std::move(plan), std::move(body.layout)};
}

Result<PhysicalPlanner::Translated> TranslateCteScan(const LogicalOperator& node,
                                                     PhysicalPlanner& planner) {
  const auto& scan = static_cast<const LogicalCteScan&>(node);
  const std::vector<ColumnId>& layout = planner.CteLayout(scan.cte_id);
  std::vector<uint64_t> columns;
  for (ColumnId id : scan.definition_columns) {
    const auto found = std::find(layout.begin(), layout.end(), id);
    if (found == layout.end()) {
      return Status::Internal(StrCat("column ", id, " of CTE \"", scan.cte_name, "\" is not made"));
    }
    columns.push_back(static_cast<uint64_t>(found - layout.begin()));
  }
  return PhysicalPlanner::Translated{
      std::make_shared<PhysicalCteScan>(scan.cte_id, scan.cte_name, std::move(columns),
                                        PhysicalPlanner::SchemaOf(scan.columns)),
      PhysicalPlanner::IdsOf(scan.columns)};
}

}  // namespace

OperatorCapabilities PhysicalCte::capabilities() const {
  OperatorCapabilities capabilities;
  capabilities.blocking = true;
  capabilities.order_preserving = true;
  capabilities.spillable = true;
  capabilities.required_inputs = {Partitioning::Any(), Partitioning::Any()};
  return capabilities;
}

void PhysicalCte::VisitFields(FieldVisitor& visitor) {
  visitor.Field("Name", cte_name_);
  visitor.Field("Id", cte_id_);
}

Status PhysicalCte::Validate() const {
  PlanCheck check(*this);
  return check.ChildCount(2).Schema(check.Child(1)).status();
}

Status PhysicalCte::BuildPipelines(PipelineBuilder& builder) const {
  auto state = std::make_shared<CteState>();
  state->types = children_[0]->types();
  double row_bytes = 0;
  for (const LogicalType& type : state->types) row_bytes += static_cast<double>(TypeSize(type));
  // A bound, for estimates may be beyond all numbers.
  const double expected = std::min(children_[0]->estimated_rows().value_or(0) * row_bytes, 1e15);
  state->store = std::make_shared<BatchStore>(builder.context(), builder.MetricsOf(*this),
                                              StrCat("CTE \"", cte_name_, "\""),
                                              static_cast<size_t>(expected));
  TRIVET_RETURN_IF_ERROR(builder.BuildInto(*this, *children_[0], state->store));
  state->pipeline = builder.last_built();
  builder.Shared(cte_id_) = state;
  return children_[1]->BuildPipelines(builder);
}

OperatorCapabilities PhysicalCteScan::capabilities() const {
  OperatorCapabilities capabilities;
  capabilities.streaming = true;
  capabilities.order_preserving = true;
  return capabilities;
}

void PhysicalCteScan::VisitFields(FieldVisitor& visitor) {
  visitor.Field("Name", cte_name_);
  visitor.Field("Id", cte_id_);
  visitor.Field("Columns", columns_);
}

Status PhysicalCteScan::Validate() const {
  PlanCheck check(*this);
  check.ChildCount(0);
  return check.That(columns_.size() == schema_.size(), "as many columns as it gives").status();
}

Status PhysicalCteScan::BuildPipelines(PipelineBuilder& builder) const {
  auto state = std::static_pointer_cast<CteState>(builder.Shared(cte_id_));
  if (state == nullptr) {
    return Status::Internal(StrCat("CTE \"", cte_name_, "\" is read outside of its scope"));
  }
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (columns_[i] < state->types.size() && state->types[columns_[i]] == schema_[i].type) continue;
    return Status::Corruption(StrCat("CTE \"", cte_name_, "\" has no column ", columns_[i],
                                     " of type ", schema_[i].type.ToString()));
  }
  builder.DependOn(state->pipeline);
  auto takers = builder.MorselTakers();
  builder.SetSource(*this, MakeBatchStoreSource(state->store, {columns_.begin(), columns_.end()},
                                                std::move(takers)));
  return Status::OK();
}

void RegisterCte(OperatorRegistry& registry) {
  registry.Add<PhysicalCte>();
  registry.Add<PhysicalCteScan>();

  registry.AddTranslation(LogicalKind::kCte, TranslateCte);
  registry.AddTranslation(LogicalKind::kCteScan, TranslateCteScan);
}

}  // namespace trivet
