#pragma once

#include <memory>

#include "execution/physical_operator.h"
#include "plan/bound_statement.h"
#include "sql/binder/binder.h"

namespace trivet {

// A plan that serves other values of its parameters, too: how the values are kept out of it while
// it is made, and put into a copy when it is to run.

// The parameters whose values the plan need not hold.
PlanParameters MakePlanParameters(const ParameterValues& values);
// After binding: puts those values into the plan that planning should know. These are all of them
// where joins are ordered or windows limited by what passes; else those of expressions that can
// fail, which would not be moved or asked of a file's statistics otherwise.
Status SettleParameters(LogicalOperator& plan, const PlanParameters& parameters);
// A copy with the values in place of references; the plan itself where there are none. Expressions
// are then computed as far as they are constant.
Result<PhysicalPlan> FillTemplate(const PhysicalPlan& plan, const ParameterValues& values,
                                  const PlanParameters& parameters,
                                  const EvaluationContext& context);
// Memory that the operators and their expressions take, about.
size_t PlanBytes(const PhysicalOperator& plan);

}  // namespace trivet
