#pragma once

#include "optimizer/plan_rewrite.h"

namespace trivet {

// Is the expression NULL wherever all of `columns` are NULL?
bool IsNullOnNulls(const ExpressionPtr& expression, const ColumnSet& columns);
// Is the predicate FALSE or NULL wherever all of `columns` are NULL, so that a filter drops the
// row?
bool RejectsNulls(const ExpressionPtr& predicate, const ColumnSet& columns);

}  // namespace trivet
