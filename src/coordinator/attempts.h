#pragma once

#include <string>
#include <string_view>

#include "coordinator/turn.h"

// The steps a task takes between its phases. Each keeps the three views of a running attempt in
// step: the task's, its worker's and its query's count.

namespace trivet {

TaskId TaskIdOf(const QueryState& query, StageId stage, uint32_t partition);

// Takes a running attempt off its worker, which must still stop it, and back to waiting.
void StopAttempt(Turn& turn, QueryState& query, TaskId task, std::string_view reason);

// Takes a running attempt off the books: its worker has reported its end, or is lost.
void ReleaseAttempt(Turn& turn, QueryState& query, TaskId task);

// After a failure that counts: back to waiting after a backoff, or the end of the query where the
// limit is reached. `released` attempts only.
void RetryAfterFailure(Turn& turn, QueryState& query, TaskId task, Status status);

// Gives the query its outcome, unless it has one. It goes at the end of the turn.
void SetOutcome(Turn& turn, QueryState& query, Status status);

}  // namespace trivet
