#pragma once

#include <cstdint>

#include "types/int256.h"

namespace trivet {

// numerator / (count × 10^scale), the exact quotient rounded once to the nearest double, ties to
// even. count > 0, 0 <= scale <= 38.
double RoundedRatio(const Int256& numerator, uint64_t count, int scale);

}  // namespace trivet
