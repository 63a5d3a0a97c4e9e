#pragma once

#include "coordinator/turn.h"

// Queries coming, waiting for their turn, and ending.

namespace trivet {

void SubmitQuery(Turn& turn, const QuerySubmitted& event);

// Queries past their deadline, or without any worker for too long, fail.
void SweepQueries(Turn& turn);

// Ends what has an outcome: running attempts are cancelled, shuffle data is deleted, the client is
// told. Then admits as many waiting queries as there is room for.
void SettleQueries(Turn& turn);

}  // namespace trivet
