#pragma once

#include <span>

#include "execution/physical_operator.h"

namespace trivet {

// Checks of one operator against its columns and children, for the operators' Validate. The first
// failure stays: Corruption that names operator and field.
class PlanCheck {
 public:
  explicit PlanCheck(const PhysicalOperator& op) : op_(op) {}

  PlanCheck& ChildCount(size_t count);
  PlanCheck& That(bool holds, std::string_view what);
  // The expression is there, and its inputs are among the columns, of their types.
  PlanCheck& Expression(const ExpressionPtr& expression, std::span<const LogicalType> columns,
                        std::string_view field);
  PlanCheck& Expressions(const std::vector<ExpressionPtr>& expressions,
                         std::span<const LogicalType> columns, std::string_view field);
  PlanCheck& Predicate(const ExpressionPtr& predicate, std::span<const LogicalType> columns,
                       std::string_view field);
  PlanCheck& SortKeys(const std::vector<SortKey>& keys, std::span<const LogicalType> columns,
                      std::string_view field);
  // The operator's columns have these types, in order.
  PlanCheck& Schema(std::span<const LogicalType> types);
  // The types of the columns at these positions; what lies outside is an error.
  std::vector<LogicalType> Pick(const std::vector<uint64_t>& positions,
                                std::span<const LogicalType> columns, std::string_view field);
  // Types of a child's columns, none where it is missing.
  std::vector<LogicalType> Child(size_t index) const;

  const Status& status() const { return status_; }

 private:
  bool Fail(std::string_view field, std::string_view what);
  bool InputsFit(const trivet::Expression& expression, std::span<const LogicalType> columns) const;

  const PhysicalOperator& op_;
  Status status_;
};

// Types of expressions, in order.
std::vector<LogicalType> TypesOf(const std::vector<ExpressionPtr>& expressions);

// Validates every operator of a plan.
Status ValidatePhysicalPlan(const PhysicalOperator& plan);

}  // namespace trivet
