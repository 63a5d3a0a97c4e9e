#pragma once

#include "expression/aggregate_function.h"
#include "expression/aggregates/state_bytes.h"
#include "types/superaccumulator.h"

namespace trivet {

// The arena of aggregate states as exact sums see it.
inline ExactSumArena ExactArena(AggregateArena& arena) {
  return {&arena, [](void* context, size_t bytes) {
            return static_cast<AggregateArena*>(context)->Allocate(bytes);
          }};
}

// Adds a sum that was written by Serialize; false where the bytes are none.
template <typename Sum>
bool AbsorbExact(AggregateArena& arena, StateReader& in, Sum& target) {
  // What the written sum keeps aside is needed only until it is merged.
  alignas(16) uint8_t room[sizeof(typename Sum::Wide)];
  const ExactSumArena scratch{room, [](void* context, size_t) { return context; }};
  Sum source;
  if (!Sum::Deserialize(in.bytes(), scratch, &source)) return false;
  target.Merge(source, ExactArena(arena));
  return true;
}

}  // namespace trivet
