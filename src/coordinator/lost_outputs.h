#pragma once

#include "coordinator/turn.h"

// Outputs that were sealed and are gone. They are only marked here: what is run again is what
// somebody still needs (demand.h).

namespace trivet {

// Every output on this incarnation is lost.
void InvalidateWorker(Turn& turn, const WorkerIncarnation& worker);

// The attempt could not read some outputs: these are lost, and the task waits for new ones. A
// second loss of the same task's output for the same reader, while the peer of the first is still
// live, ends the query with a diagnosis: running producers again does not help.
void HandleFetchFailure(Turn& turn, QueryState& query, const FetchFailed& event);

// The client's side could not read a delivered output: likewise.
void HandleResultFetchFailure(Turn& turn, QueryState& query, const ResultFetchFailed& event);

// Where a lost output of an indeterminate stage is needed: runs the stage and all that read it
// again, whole, or fails the query if some of its result was handed out.
void RestartIndeterminateStages(Turn& turn, QueryState& query);

}  // namespace trivet
