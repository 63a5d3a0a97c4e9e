#pragma once

#include "coordinator/action.h"
#include "coordinator/event.h"
#include "distributed/event_log.h"

namespace trivet {

// What a coordinator hears and does, as lines of its log. Heartbeats and the passing of time are
// none.
void LogCoordinatorEvent(EventLog& log, const Event& event);
void LogCoordinatorAction(EventLog& log, const Action& action);

}  // namespace trivet
