#include "coordinator/backoff.h"

#include <algorithm>

#include "base/hash.h"

namespace trivet {

Duration BackoffLimit(const CoordinatorOptions& options, uint32_t failures) {
  if (failures == 0) return Duration{0};
  Duration limit = std::min(options.backoff_base, options.backoff_ceiling);
  for (uint32_t i = 1; i < failures && limit < options.backoff_ceiling; ++i) {
    limit = std::min(limit * 2, options.backoff_ceiling);
  }
  return limit;
}

Duration DrawBackoff(const CoordinatorOptions& options, uint32_t failures, uint64_t& random) {
  random += 0x9e3779b97f4a7c15ULL;  // Weyl sequence, finalised below (SplitMix64)
  const auto choices = static_cast<uint64_t>(BackoffLimit(options, failures).count()) + 1;
  return Duration{static_cast<Duration::rep>(HashInt64(random) % choices)};
}

}  // namespace trivet
