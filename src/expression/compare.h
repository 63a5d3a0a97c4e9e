#pragma once

#include "expression/expression.h"
#include "vector/vector.h"

namespace trivet {

// Compares rows [0, count) of two vectors of one type. The result is flat (or constant where both
// arguments are); NULL where an argument is, but for [NOT] DISTINCT FROM.
void CompareVectors(Comparison comparison, const Vector& left, const Vector& right, size_t count,
                    Vector& result);

// Rows for which the comparison is TRUE, ascending, among rows[0..count) or, where rows is null,
// among [0, count). `out` has room for count rows and may be `rows`. Returns their number.
size_t SelectComparison(Comparison comparison, const Vector& left, const Vector& right,
                        const uint32_t* rows, size_t count, uint32_t* out);

}  // namespace trivet
