#pragma once

#include "coordinator/turn.h"

namespace trivet {

// Decides what waits for measured producers: joins that broadcast after all, range bounds, and the
// inputs of each task of the stages that can start. Each is decided once, before the first task of
// the stage it changes.
void AdaptStages(Turn& turn, QueryState& query);

}  // namespace trivet
