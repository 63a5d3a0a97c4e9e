#pragma once

#include "expression/aggregate_function.h"
#include "types/superaccumulator.h"

namespace trivet {

// The arena of aggregate states as exact sums see it.
inline ExactSumArena ExactArena(AggregateArena& arena) {
  return {&arena, [](void* context, size_t bytes) {
            return static_cast<AggregateArena*>(context)->Allocate(bytes);
          }};
}

}  // namespace trivet
