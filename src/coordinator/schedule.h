#pragma once

#include "coordinator/turn.h"

namespace trivet {

// Launches what can run: of the admitted queries, again and again the next task of the one with the
// fewest running (fair share), until no free slot fits. Notes when the next backoff ends.
void ScheduleTasks(Turn& turn);

}  // namespace trivet
