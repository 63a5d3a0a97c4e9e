#pragma once

#include <string>
#include <string_view>

#include "coordinator/turn.h"

// Which workers are trusted with tasks. A worker that fails several times in a row, in one query or
// over all, gets none for a while (of that query, or of any); but never so that too few are left.

namespace trivet {

// Live, and silent for no longer than a worker may be before it is suspect.
bool IsResponsive(const Turn& turn, const WorkerState& worker);
bool IsSuspect(const CoordinatorOptions& options, const CoordinatorState& state,
               const WorkerState& worker);
bool IsBlacklisted(const WorkerState& worker, const QueryState* query);

void NoteSuccess(Turn& turn, const std::string& worker, QueryState& query);
// A failure of a task, or of the worker as a whole where `query` is null. May blacklist it, which
// takes its running tasks back.
void NoteFailure(Turn& turn, const std::string& worker, QueryState* query,
                 std::string_view failure);

// Lifts what has decayed, and what leaves too few healthy workers.
void ReadmitWorkers(Turn& turn);
// Lifts whatever keeps this worker from the query.
void Readmit(Turn& turn, WorkerState& worker, QueryState& query);

}  // namespace trivet
