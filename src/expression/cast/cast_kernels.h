#pragma once

// The families of cast kernels, one source file each. Every function gives the kernel for a pair
// that belongs to its family, or null.

#include <string_view>

#include "expression/cast.h"

namespace trivet::cast_internal {

CastKernel FindIntegerCast(const LogicalType& from, const LogicalType& to);  // booleans, integers
CastKernel FindFloatingCast(const LogicalType& from,
                            const LogicalType& to);  // FLOAT or DOUBLE on a side
CastKernel FindToDecimalCast(const LogicalType& from, const LogicalType& to);
CastKernel FindFromDecimalCast(const LogicalType& from, const LogicalType& to);
CastKernel FindTemporalCast(const LogicalType& from,
                            const LogicalType& to);  // dates and times on both
CastKernel FindFromTextCast(const LogicalType& to);
CastKernel FindToTextCast(const LogicalType& from);
CastKernel FindUuidCast(const LogicalType& from, const LogicalType& to);    // UUID and BLOB
CastKernel FindNestedCast(const LogicalType& from, const LogicalType& to);  // lists and structs

// INT32, DOUBLE, BOOL: how messages name a type's storage.
std::string_view StorageName(const LogicalType& type);

// Type INT32 with value 300 can't be cast because the value is out of range for the destination
// type INT8
Status OutOfRange(const LogicalType& from, std::string_view value, const LogicalType& to);
// Could not convert string 'abc' to INT32
Status BadText(std::string_view text, std::string_view target);

}  // namespace trivet::cast_internal
