#pragma once

#include <vector>

#include "coordinator/coordinator.h"
#include "coordinator/turn.h"

// What workers say of their attempts, and clients of the results. Stale ones never come here.

namespace trivet {

void HandleFinished(Turn& turn, const TaskFinished& event);
void HandleFailed(Turn& turn, const TaskFailed& event);
void HandleFetchFailed(Turn& turn, const FetchFailed& event);
void HandleResultConsumed(Turn& turn, const ResultConsumed& event);
void HandleResultFetchFailed(Turn& turn, const ResultFetchFailed& event);
// After a restart: offers all unread results again.
void OfferResultsAgain(Turn& turn);
// The result tasks' outputs as they stand.
std::vector<ResultOutput> OutputsOf(const CoordinatorState& state, const QueryState& query);

}  // namespace trivet
