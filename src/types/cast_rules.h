#pragma once

#include <optional>

#include "types/type.h"

namespace trivet {

// Cost of converting `from` to `to` without a written CAST; the cheapest sum chooses a function's
// overload. 0 for the type itself; nothing where only an explicit cast converts.
std::optional<int> ImplicitCastCost(const LogicalType& from, const LogicalType& to);

// The type to which values of both types convert without a written CAST (CASE, COALESCE, UNION,
// comparisons); nothing where there is none.
std::optional<LogicalType> CommonSupertype(const LogicalType& a, const LogicalType& b);

}  // namespace trivet
