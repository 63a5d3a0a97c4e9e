#pragma once

#include <cstdint>

#include "types/exact_product_sum.h"
#include "types/exact_sum.h"

namespace trivet {

// Moments from exact sums, as exact rationals that are rounded once. NaN where an infinity or NaN
// took part. `count` is the number of values or pairs.

// Σ(x-mean)² / count, count > 0, or / (count-1), count > 1: (count·Σx² - (Σx)²) / (count·divisor).
double PopulationVariance(const ExactSum& sum, const ExactProductSum& squares, uint64_t count);
double SampleVariance(const ExactSum& sum, const ExactProductSum& squares, uint64_t count);

// Σ(x-mean)(y-mean) / count or / (count-1).
double PopulationCovariance(const ExactSum& x, const ExactSum& y, const ExactProductSum& products,
                            uint64_t count);
double SampleCovariance(const ExactSum& x, const ExactSum& y, const ExactProductSum& products,
                        uint64_t count);

}  // namespace trivet
