#pragma once

#include <string>

#include "coordinator/turn.h"

// Workers coming, being heard, and going.

namespace trivet {

void JoinWorker(Turn& turn, const WorkerJoined& event);
void HearHeartbeat(Turn& turn, const WorkerHeartbeat& event);
// Any word of a live worker but a stale one shows that it lives.
void NoteWord(Turn& turn, const WorkerIncarnation& worker);
// Ends this life of the worker: it is fenced, its running tasks go back with the next attempt, its
// outputs are invalid.
void LoseWorker(Turn& turn, WorkerState& worker, const std::string& reason);
// Loses those that were silent too long or do not stop what they were told to stop.
void SweepWorkers(Turn& turn);

}  // namespace trivet
