#include "execution/operators/project.h"

#include "execution/operators/register.h"
#include "execution/pipeline_builder.h"
#include "execution/plan_check.h"
#include "expression/evaluator.h"
#include "expression/rewrite.h"

namespace trivet {

namespace {

class LocalProject final : public LocalTransform {
 public:
  LocalProject(const std::vector<ExpressionPtr>& expressions, const ExecutionContext& context)
      : evaluator_(expressions, context) {}

  Result<Outcome> Process(const Batch& input, Batch& out, const CallContext&) override {
    TRIVET_RETURN_IF_ERROR(evaluator_.EvaluateAll(input, out));
    return Outcome::kNeedInput;
  }

 private:
  Evaluator evaluator_;
};

class ProjectTransform final : public Transform {
 public:
  explicit ProjectTransform(std::vector<ExpressionPtr> expressions)
      : expressions_(std::move(expressions)) {}
  Result<std::unique_ptr<LocalTransform>> MakeLocal(const ExecutionContext& context) override {
    return std::unique_ptr<LocalTransform>(std::make_unique<LocalProject>(expressions_, context));
  }

 private:
  std::vector<ExpressionPtr> expressions_;
};

Result<PhysicalPlanner::Translated> TranslateProject(const LogicalOperator& node,
                                                     PhysicalPlanner& planner) {
  const auto& project = static_cast<const LogicalProject&>(node);
  TRIVET_ASSIGN_OR_RETURN(auto child, planner.TranslateNode(project.child()));
  std::vector<ExpressionPtr> expressions;
  for (const LogicalProject::Entry& entry : project.entries) {
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr expression,
                            ResolveInputs(entry.expression, child.layout));
    expressions.push_back(std::move(expression));
  }
  const std::vector<OutputColumn> columns = project.Columns();
  return PhysicalPlanner::Translated{
      std::make_shared<PhysicalProject>(std::move(expressions), PhysicalPlanner::SchemaOf(columns),
                                        std::move(child.plan)),
      PhysicalPlanner::IdsOf(columns)};
}

}  // namespace

OperatorCapabilities PhysicalProject::capabilities() const {
  OperatorCapabilities capabilities;
  capabilities.streaming = true;
  capabilities.order_preserving = true;
  for (const ExpressionPtr& expression : expressions_) {
    if (expression->is_volatile()) capabilities.deterministic = false;
  }
  capabilities.required_inputs = {Partitioning::Any()};
  return capabilities;
}

std::optional<PhysicalOperator::Origin> PhysicalProject::OriginOf(size_t column) const {
  for (const ExpressionPtr& expression : expressions_) {
    // An expression that can fail must see every row that it was written to see.
    if (expression->can_fail()) return std::nullopt;
  }
  const ExpressionPtr& expression = expressions_[column];
  if (expression->kind() != ExpressionKind::kInput) return std::nullopt;
  return Origin{0, expression->input_index()};
}

Status PhysicalProject::Validate() const {
  PlanCheck check(*this);
  check.ChildCount(1).Expressions(expressions_, check.Child(0), "Expressions");
  return check.Schema(TypesOf(expressions_)).status();
}

Status PhysicalProject::BuildPipelines(PipelineBuilder& builder) const {
  return builder.AddTransform(*this, std::make_shared<ProjectTransform>(expressions_),
                              *children_[0]);
}

void RegisterProject(OperatorRegistry& registry) {
  registry.Add<PhysicalProject>();

  registry.AddTranslation(LogicalKind::kProject, TranslateProject);
}

}  // namespace trivet
