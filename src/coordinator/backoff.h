#pragma once

#include <cstdint>

#include "coordinator/coordinator_options.h"
#include "coordinator/time_point.h"

namespace trivet {

// The longest wait before the attempt after `failures` failed ones: base * 2^(failures - 1), up to
// the ceiling; nothing after none.
Duration BackoffLimit(const CoordinatorOptions& options, uint32_t failures);

// Full jitter (M. Brooker, "Exponential Backoff and Jitter", 2015): uniform in [0, limit], so that
// tasks that failed together do not come back together. Advances the generator.
Duration DrawBackoff(const CoordinatorOptions& options, uint32_t failures, uint64_t& random);

}  // namespace trivet
