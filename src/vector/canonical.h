#pragma once

#include "vector/vector.h"

namespace trivet {

// True where the type has values that are equal but not identical: floating-point numbers,
// intervals.
bool HasEqualTwins(const LogicalType& type);

// The column with every value replaced by the one that stands for all that equal it: 0.0 for -0.0,
// one NaN, CanonicalInterval. Shares the input's memory where nothing can change.
Vector CanonicalVector(const Vector& column, size_t count);

inline double CanonicalValue(double value) {
  if (value == 0.0) return 0.0;
  return value != value ? __builtin_nan("") : value;
}
inline float CanonicalValue(float value) {
  if (value == 0.0f) return 0.0f;
  return value != value ? __builtin_nanf("") : value;
}

}  // namespace trivet
