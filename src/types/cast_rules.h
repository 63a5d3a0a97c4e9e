#pragma once

#include <optional>

#include "types/type.h"

namespace trivet {

// The one table of conversions that happen without being written.

// What it costs to pass a value of type `from` where `to` is wanted; 0 for the same type, nothing
// where the conversion has to be written as a CAST. Costs only order the overloads of a function:
// BIGINT and DOUBLE are cheapest, then INTEGER and DECIMAL, then the rest.
std::optional<int> ImplicitCastCost(const LogicalType& from, const LogicalType& to);

// The smallest type to which values of both convert without being asked (CASE, COALESCE, IN,
// comparisons, VALUES); nothing where there is none. Decimals keep all integer digits first and
// then as much scale as 38 digits allow.
std::optional<LogicalType> CommonSupertype(const LogicalType& left, const LogicalType& right);

// The column type of UNION, INTERSECT and EXCEPT: CommonSupertype, and VARCHAR beside anything that
// prints as text (the other one beside BLOB and UUID, which text spells).
std::optional<LogicalType> SetOperationType(const LogicalType& left, const LogicalType& right);

// The decimal type that holds every value of an integer type: INTEGER as DECIMAL(10,0).
LogicalType DecimalOfInteger(const LogicalType& integer);

}  // namespace trivet
