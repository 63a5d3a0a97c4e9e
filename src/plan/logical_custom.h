#pragma once

#include "plan/custom_operator.h"
#include "plan/logical_operators.h"

namespace trivet {

// An operator of the user's over the child's rows: it sees the columns `inputs`, under the names
// `input_names`, and gives new ones. Nothing is known of how its rows come from the child's.
class LogicalCustom final : public LogicalOperator {
 public:
  LogicalCustom(CustomOperatorPtr called, std::vector<Value> constants, PlanPtr input);
  TRIVET_LOGICAL_OPERATOR("CUSTOM_OPERATOR")

  CustomOperatorPtr op;
  std::vector<Value> arguments;
  std::vector<std::string> input_names;
  std::vector<ExpressionPtr> inputs;
  std::vector<OutputColumn> columns;
};

}  // namespace trivet
