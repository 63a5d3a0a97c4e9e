#include "execution/operators/filter.h"

#include "execution/operators/register.h"
#include "execution/pipeline_builder.h"
#include "execution/plan_check.h"
#include "expression/evaluator.h"
#include "expression/rewrite.h"

namespace trivet {

namespace {

class LocalFilter final : public LocalTransform {
 public:
  LocalFilter(const ExpressionPtr& predicate, const ExecutionContext& context)
      : evaluator_({predicate}, context) {}

  Result<Outcome> Process(const Batch& input, Batch& out, const CallContext&) override {
    auto rows = MakeIndices();
    size_t count = 0;
    TRIVET_RETURN_IF_ERROR(evaluator_.Select(0, input, rows.get(), count));
    if (count == 0) return Outcome::kNeedInput;
    out = input;
    if (count < input.row_count()) out.Slice(rows, count);
    return Outcome::kNeedInput;
  }

 private:
  Evaluator evaluator_;
};

class FilterTransform final : public Transform {
 public:
  explicit FilterTransform(ExpressionPtr predicate) : predicate_(std::move(predicate)) {}
  Result<std::unique_ptr<LocalTransform>> MakeLocal(const ExecutionContext& context) override {
    return std::unique_ptr<LocalTransform>(std::make_unique<LocalFilter>(predicate_, context));
  }

 private:
  ExpressionPtr predicate_;
};

Result<PhysicalPlanner::Translated> TranslateFilter(const LogicalOperator& node,
                                                    PhysicalPlanner& planner) {
  const auto& filter = static_cast<const LogicalFilter&>(node);
  TRIVET_ASSIGN_OR_RETURN(auto child, planner.TranslateNode(filter.child()));
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr predicate,
                          ResolveInputs(Expression::And(filter.predicates), child.layout));
  auto plan = std::make_shared<PhysicalFilter>(std::move(predicate), std::move(child.plan));
  return PhysicalPlanner::Translated{std::move(plan), std::move(child.layout)};
}

}  // namespace

OperatorCapabilities PhysicalFilter::capabilities() const {
  OperatorCapabilities capabilities;
  capabilities.streaming = true;
  capabilities.order_preserving = true;
  capabilities.deterministic = !predicate_->is_volatile();
  capabilities.required_inputs = {Partitioning::Any()};
  return capabilities;
}

Status PhysicalFilter::Validate() const {
  PlanCheck check(*this);
  const std::vector<LogicalType> columns = check.Child(0);
  check.ChildCount(1).Predicate(predicate_, columns, "Predicate").Schema(columns);
  return check.status();
}

Status PhysicalFilter::BuildPipelines(PipelineBuilder& builder) const {
  return builder.AddTransform(*this, std::make_shared<FilterTransform>(predicate_), *children_[0]);
}

void RegisterFilter(OperatorRegistry& registry) {
  registry.Add<PhysicalFilter>();

  registry.AddTranslation(LogicalKind::kFilter, TranslateFilter);
}

}  // namespace trivet
