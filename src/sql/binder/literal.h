#pragma once

#include "base/status.h"
#include "sql/syntax/expression.h"
#include "types/value.h"

namespace trivet::binder {

// The value of a literal: integers take the narrowest of INTEGER, BIGINT and HUGEINT, numbers with
// a point DECIMAL with just their digits (DOUBLE beyond 38), numbers with an exponent DOUBLE.
Result<Value> LiteralValue(const syntax::LiteralExpression& literal);

}  // namespace trivet::binder
