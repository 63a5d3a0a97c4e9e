#include "session/plan_template.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string>

#include "base/string_concat.h"
#include "execution/field_visitor.h"
#include "expression/rewrite.h"
#include "optimizer/expression_rules.h"

namespace trivet {

namespace {

// Hands every expression of an operator to a function, which may replace it.
class ExpressionFields final : public FieldVisitor {
 public:
  using Visit = std::function<void(ExpressionPtr&)>;
  explicit ExpressionFields(const Visit& visit) : visit_(visit) {}

  void Field(std::string_view, bool&) override {}
  void Field(std::string_view, uint64_t&) override {}
  void Field(std::string_view, std::optional<uint64_t>&) override {}
  void Field(std::string_view, std::optional<double>&) override {}
  void Field(std::string_view, std::string&) override {}
  void Field(std::string_view, ExpressionPtr& value) override {
    if (value) visit_(value);
  }
  void Field(std::string_view, std::vector<ExpressionPtr>& values) override {
    for (ExpressionPtr& value : values) visit_(value);
  }
  void Field(std::string_view, std::vector<std::vector<ExpressionPtr>>& rows) override {
    for (auto& row : rows) {
      for (ExpressionPtr& value : row) visit_(value);
    }
  }
  void Field(std::string_view, std::vector<SortKey>& keys) override {
    for (SortKey& key : keys) visit_(key.expression);
  }
  void Field(std::string_view, std::vector<uint64_t>&) override {}
  void Enumeration(std::string_view, uint8_t&, std::string_view) override {}
  void Field(std::string_view, std::vector<LogicalAggregate::Aggregate>& aggregates) override {
    for (LogicalAggregate::Aggregate& aggregate : aggregates) {
      for (ExpressionPtr& argument : aggregate.arguments) visit_(argument);
      if (aggregate.filter) visit_(aggregate.filter);
      for (SortKey& key : aggregate.order_by) visit_(key.expression);
    }
  }
  void Field(std::string_view, TablePtr&) override {}

 private:
  const Visit& visit_;
};

void ForEachExpression(PhysicalOperator& op, const ExpressionFields::Visit& visit) {
  ExpressionFields fields(visit);
  op.VisitFields(fields);
}

bool NeedsValues(const LogicalOperator& plan) {
  switch (plan.kind()) {
    case LogicalKind::kJoin:
    case LogicalKind::kWindow:
    case LogicalKind::kCustom: return true;
    default: break;
  }
  return std::ranges::any_of(plan.children(),
                             [](const PlanPtr& child) { return NeedsValues(*child); });
}

// Reads parameters where `all` are wanted, or in parts without columns that can fail.
Result<ExpressionPtr> Settle(const ExpressionPtr& root, bool all) {
  if (!PlanParameter::IsIn(root)) return root;
  if (all || (!root->has_columns() && root->can_fail())) return WithReadParameters(root);
  if (root->children().empty()) return root;
  std::vector<ExpressionPtr> children;
  for (const ExpressionPtr& child : root->children()) {
    TRIVET_ASSIGN_OR_RETURN(ExpressionPtr settled, Settle(child, false));
    children.push_back(std::move(settled));
  }
  return root->WithChildren(std::move(children));
}

Status SettleNode(LogicalOperator& node, bool all) {
  Status status;
  node.ForEachExpression([&](ExpressionPtr& expression) {
    if (expression == nullptr || !status.ok()) return;
    Result<ExpressionPtr> settled = Settle(expression, all);
    if (settled.ok()) {
      expression = std::move(settled).value();
    } else {
      status = settled.status();
    }
  });
  for (PlanPtr& child : node.children()) {
    if (status.ok()) status = SettleNode(*child, all);
  }
  return status;
}

// Makes the copies of one plan. A subplan that several operators share stays shared.
class TemplateFiller {
 public:
  TemplateFiller(const std::map<const PlanParameter*, const Value*>& values,
                 const EvaluationContext& context)
      : values_(values), context_(context) {}

  Result<PhysicalPlan> Fill(const PhysicalPlan& plan) {
    const auto known = copies_.find(plan.get());
    if (known != copies_.end()) return known->second;
    std::vector<PhysicalPlan> children;
    bool changed = false;
    for (const PhysicalPlan& child : plan->children()) {
      TRIVET_ASSIGN_OR_RETURN(PhysicalPlan filled, Fill(child));
      changed |= filled != child;
      children.push_back(std::move(filled));
    }
    std::shared_ptr<PhysicalOperator> copy = plan->Copy();
    Status status;
    ForEachExpression(*copy, [&](ExpressionPtr& expression) {
      if (!PlanParameter::IsIn(expression)) return;
      changed = true;
      expression = WithValues(expression, status);
    });
    TRIVET_RETURN_IF_ERROR(status);
    if (!changed) return copies_[plan.get()] = plan;
    copy->set_children(std::move(children));
    return copies_[plan.get()] = std::move(copy);
  }

 private:
  ExpressionPtr WithValues(const ExpressionPtr& root, Status& status) {
    const ExpressionPtr filled =
        RewriteExpression(root, [&](const ExpressionPtr& node) -> ExpressionPtr {
          const PlanParameter* parameter = PlanParameter::Of(*node);
          if (parameter == nullptr) return node;
          const auto found = values_.find(parameter);
          Result<Value> value = found == values_.end()
                                    ? Result<Value>(Status::Internal("a parameter has no value"))
                                    : ParameterAs(*found->second, node->type());
          if (!value.ok()) {
            status = value.status();
            return node;
          }
          const ExpressionPtr constant = Expression::Constant(std::move(value).value());
          return node->position() ? constant->WithPosition(*node->position()) : constant;
        });
    return SimplifyExpression(FoldConstants(filled, context_), context_);
  }

  const std::map<const PlanParameter*, const Value*>& values_;
  const EvaluationContext& context_;
  std::map<const PhysicalOperator*, PhysicalPlan> copies_;
};

size_t ExpressionBytes(const Expression& root) {
  size_t bytes = sizeof(Expression) + root.name().size();
  if (root.IsConstant() && !root.value().is_null() &&
      root.type().physical() == PhysicalType::kString) {
    bytes += root.value().string().size();
  }
  for (const ExpressionPtr& child : root.children()) bytes += ExpressionBytes(*child);
  return bytes;
}

}  // namespace

PlanParameters MakePlanParameters(const ParameterValues& values) {
  PlanParameters parameters;
  const auto add = [&](const std::string& name, const Value& value) {
    if (value.is_null() || value.type().IsNested()) return;
    parameters[name] = std::make_shared<const PlanParameter>(name, value);
  };
  for (size_t i = 0; i < values.positional.size(); ++i) {
    add(std::to_string(i + 1), values.positional[i]);
  }
  for (const auto& [name, value] : values.named) add(name, value);
  return parameters;
}

Status SettleParameters(LogicalOperator& plan, const PlanParameters& parameters) {
  return parameters.empty() ? Status::OK() : SettleNode(plan, NeedsValues(plan));
}

Result<PhysicalPlan> FillTemplate(const PhysicalPlan& plan, const ParameterValues& values,
                                  const PlanParameters& parameters,
                                  const EvaluationContext& context) {
  if (parameters.empty()) return plan;
  std::map<const PlanParameter*, const Value*> by_parameter;
  for (size_t i = 0; i < values.positional.size(); ++i) {
    const auto found = parameters.find(std::to_string(i + 1));
    if (found != parameters.end()) by_parameter[found->second.get()] = &values.positional[i];
  }
  for (const auto& [name, value] : values.named) {
    const auto found = parameters.find(name);
    if (found != parameters.end()) by_parameter[found->second.get()] = &value;
  }
  return TemplateFiller(by_parameter, context).Fill(plan);
}

size_t PlanBytes(const PhysicalOperator& plan) {
  // An operator with its name, schema and vectors.
  size_t bytes = 512;
  for (const PhysicalColumn& column : plan.schema()) bytes += sizeof(column) + column.name.size();
  const std::shared_ptr<PhysicalOperator> copy = plan.Copy();
  ForEachExpression(*copy,
                    [&](ExpressionPtr& expression) { bytes += ExpressionBytes(*expression); });
  for (const PhysicalPlan& child : plan.children()) bytes += PlanBytes(*child);
  return bytes;
}

}  // namespace trivet
