#pragma once

#include <string>

#include "execution/physical_operator.h"

namespace trivet {

// One aggregate call as text: sum(DISTINCT x) FILTER (WHERE y).
std::string AggregateToString(const LogicalAggregate::Aggregate& aggregate);

// Are the fields of two operators of one class the same?
bool FieldsEqual(const PhysicalOperator& a, const PhysicalOperator& b);

}  // namespace trivet
