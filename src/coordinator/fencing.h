#pragma once

#include "coordinator/turn.h"

namespace trivet {

// True if the event is of a life, an attempt or a query that counts no more, or a repetition: it
// must change nothing. Adds what its sender is to be told: the worker that it is fenced, or that it
// may delete what it speaks of.
bool AnswerStaleEvent(Turn& turn, const Event& event);

// Whether what this worker has of the attempt is wanted: it runs there, or its output there counts.
bool AttemptCounts(const Turn& turn, const AttemptId& attempt, const WorkerIncarnation& worker);

}  // namespace trivet
