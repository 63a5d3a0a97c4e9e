#pragma once

#include "coordinator/turn.h"

namespace trivet {

// The worker on which a task is to start, or null if it must wait: one that is live, not suspect,
// not blacklisted, capable and has a free slot; not the one where the task went wrong while another
// is there; rather where a forwarded or gathered input lies; rather the one with the least to do,
// so that tasks which come back from a lost worker spread over those that are left.
WorkerState* PlaceTask(Turn& turn, QueryState& query, TaskId task);

// How many tasks the worker runs at once.
uint32_t SlotLimit(const CoordinatorOptions& options, const WorkerState& worker);

}  // namespace trivet
