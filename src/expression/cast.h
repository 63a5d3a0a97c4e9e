#pragma once

#include "expression/function.h"

namespace trivet {

// Converts rows [0, call.count) of call.arguments[0] to call.result_type. Rows that cannot be
// converted get a lane error (TRY_CAST drops it) and NULL. NULL rows give NULL.
using CastKernel = ScalarKernel;

// The kernel for a pair of types, or null where the pair has no explicit cast. Identity pairs and
// kNull as source are handled by the evaluator.
CastKernel FindCast(const LogicalType& from, const LogicalType& to);

// True where a cast of the pair may fail for some value (narrowing, parsing).
bool CastCanFail(const LogicalType& from, const LogicalType& to);

}  // namespace trivet
