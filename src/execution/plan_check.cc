#include "execution/plan_check.h"

#include <algorithm>

#include "base/string_concat.h"

namespace trivet {

bool PlanCheck::Fail(std::string_view field, std::string_view what) {
  if (status_.ok()) {
    status_ = Status::Corruption(StrCat("operator ", op_.wire_name(), ", ", field, ": ", what));
  }
  return false;
}

PlanCheck& PlanCheck::ChildCount(size_t count) {
  if (op_.children().size() != count) {
    Fail("children", StrCat(op_.children().size(), " instead of ", count));
  }
  return *this;
}

PlanCheck& PlanCheck::That(bool holds, std::string_view what) {
  if (!holds) Fail("fields", what);
  return *this;
}

bool PlanCheck::InputsFit(const trivet::Expression& expression,
                          std::span<const LogicalType> columns) const {
  if (!expression.has_columns()) return true;
  if (expression.kind() == ExpressionKind::kColumn) return false;
  if (expression.kind() == ExpressionKind::kInput) {
    return expression.input_index() < columns.size() &&
           columns[expression.input_index()] == expression.type();
  }
  return std::ranges::all_of(expression.children(), [&](const ExpressionPtr& child) {
    return InputsFit(*child, columns);
  });
}

PlanCheck& PlanCheck::Expression(const ExpressionPtr& expression,
                                 std::span<const LogicalType> columns, std::string_view field) {
  if (expression == nullptr) {
    Fail(field, "an expression is missing");
  } else if (!InputsFit(*expression, columns)) {
    Fail(field, "an expression names a column that is not there");
  }
  return *this;
}

PlanCheck& PlanCheck::Expressions(const std::vector<ExpressionPtr>& expressions,
                                  std::span<const LogicalType> columns, std::string_view field) {
  for (const ExpressionPtr& expression : expressions) Expression(expression, columns, field);
  return *this;
}

PlanCheck& PlanCheck::Predicate(const ExpressionPtr& predicate,
                                std::span<const LogicalType> columns, std::string_view field) {
  Expression(predicate, columns, field);
  if (predicate != nullptr && predicate->type() != TypeId::kBoolean) {
    Fail(field, "a predicate is not BOOLEAN");
  }
  return *this;
}

PlanCheck& PlanCheck::SortKeys(const std::vector<SortKey>& keys,
                               std::span<const LogicalType> columns, std::string_view field) {
  for (const SortKey& key : keys) Expression(key.expression, columns, field);
  return *this;
}

PlanCheck& PlanCheck::Schema(std::span<const LogicalType> types) {
  if (!std::ranges::equal(op_.types(), types)) Fail("schema", "types are not those of its fields");
  return *this;
}

std::vector<LogicalType> PlanCheck::Pick(const std::vector<uint64_t>& positions,
                                         std::span<const LogicalType> columns,
                                         std::string_view field) {
  std::vector<LogicalType> picked;
  for (const uint64_t position : positions) {
    if (position < columns.size()) {
      picked.push_back(columns[position]);
    } else {
      Fail(field, "a column that is not there");
    }
  }
  return picked;
}

std::vector<LogicalType> PlanCheck::Child(size_t index) const {
  return index < op_.children().size() ? op_.children()[index]->types()
                                       : std::vector<LogicalType>();
}

std::vector<LogicalType> TypesOf(const std::vector<ExpressionPtr>& expressions) {
  std::vector<LogicalType> types;
  for (const ExpressionPtr& expression : expressions) {
    types.push_back(expression ? expression->type() : LogicalType());
  }
  return types;
}

Status ValidatePhysicalPlan(const PhysicalOperator& plan) {
  for (const PhysicalPlan& child : plan.children()) {
    TRIVET_RETURN_IF_ERROR(ValidatePhysicalPlan(*child));
  }
  return plan.Validate();
}

}  // namespace trivet
