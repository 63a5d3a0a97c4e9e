#pragma once

#include <string>

#include "coordinator/turn.h"

namespace trivet {

// Whether the worker has all of it; if not and `missing` is given, appends what it lacks.
bool IsCapable(const WorkerState& worker, const Requirements& requirements,
               std::string* missing = nullptr);

// Fails the queries of which a stage needs what no live worker has, naming it, once that has been
// so for as long as a worker may take to join.
void CheckCapabilities(Turn& turn);

}  // namespace trivet
