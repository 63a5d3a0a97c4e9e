#include "distributed/requirements.h"

#include <set>

#include "base/string_concat.h"
#include "execution/operators/custom.h"

namespace trivet {

namespace {

// Meets every expression of an operator by the one declaration of its fields.
class NeedsVisitor final : public FieldVisitor {
 public:
  void Field(std::string_view, bool&) override {}
  void Field(std::string_view, uint64_t&) override {}
  void Field(std::string_view, std::optional<uint64_t>&) override {}
  void Field(std::string_view, std::optional<double>&) override {}
  void Field(std::string_view, std::string&) override {}
  void Field(std::string_view, ExpressionPtr& value) override { Visit(value); }
  void Field(std::string_view, std::vector<ExpressionPtr>& values) override {
    for (const ExpressionPtr& value : values) Visit(value);
  }
  void Field(std::string_view, std::vector<std::vector<ExpressionPtr>>& rows) override {
    for (const auto& row : rows) {
      for (const ExpressionPtr& value : row) Visit(value);
    }
  }
  void Field(std::string_view, std::vector<SortKey>& keys) override {
    for (const SortKey& key : keys) Visit(key.expression);
  }
  void Field(std::string_view, std::vector<uint64_t>&) override {}
  void Enumeration(std::string_view, uint8_t&, std::string_view) override {}
  void Field(std::string_view, std::vector<LogicalAggregate::Aggregate>& aggregates) override {
    for (const LogicalAggregate::Aggregate& aggregate : aggregates) {
      for (const ExpressionPtr& argument : aggregate.arguments) Visit(argument);
      Visit(aggregate.filter);
      for (const SortKey& key : aggregate.order_by) Visit(key.expression);
    }
  }
  void Field(std::string_view, TablePtr&) override {}

  void VisitPlan(const PhysicalOperator& plan) {
    if (const auto* custom = dynamic_cast<const PhysicalCustomOperator*>(&plan)) {
      Need(custom->declaration(), operators_);
    }
    // Fields are only read; they come by reference for those who fill them.
    const_cast<PhysicalOperator&>(plan).VisitFields(*this);
    for (const PhysicalPlan& child : plan.children()) VisitPlan(*child);
  }

  PlanNeeds Take() const {
    PlanNeeds needs;
    needs.requirements.operators.assign(operators_.begin(), operators_.end());
    needs.requirements.functions.assign(functions_.begin(), functions_.end());
    needs.requirements.labels.assign(runtimes_.begin(), runtimes_.end());
    needs.code.assign(code_.begin(), code_.end());
    return needs;
  }

 private:
  template <typename Declaration>
  void Need(const Declaration& declaration, std::set<std::string>& registered) {
    if (declaration.code.empty()) {
      registered.insert(declaration.capability());
    } else {
      code_.insert(declaration.code);
      runtimes_.insert(declaration.runtime);
    }
  }

  void Visit(const ExpressionPtr& expression) {
    if (expression == nullptr) return;
    if (expression->kind() == ExpressionKind::kCall) {
      const CustomFunction* custom = CustomFunctionOf(expression->function());
      if (custom != nullptr) Need(custom->declaration(), functions_);
    }
    for (const ExpressionPtr& child : expression->children()) Visit(child);
  }

  std::set<std::string> operators_;
  std::set<std::string> functions_;
  std::set<std::string> runtimes_;
  std::set<std::string> code_;
};

}  // namespace

PlanNeeds NeedsOf(const PhysicalOperator& plan) {
  NeedsVisitor visitor;
  visitor.VisitPlan(plan);
  return visitor.Take();
}

std::string ToString(const Requirements& requirements) {
  std::string text;
  const auto add = [&](std::string_view kind, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      text += StrCat(text.empty() ? "" : ", ", kind, " '", name, "'");
    }
  };
  add("operator", requirements.operators);
  add("function", requirements.functions);
  add("format", requirements.formats);
  add("label", requirements.labels);
  return text;
}

}  // namespace trivet
