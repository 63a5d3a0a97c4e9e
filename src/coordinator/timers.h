#pragma once

#include <optional>

#include "coordinator/turn.h"

namespace trivet {

// Moves the clocks on by what has passed since the last event, by the clock of whoever drives the
// coordinator; where that jumped back, by nothing. At most one silence step counts as time in which
// workers could have been heard.
void AdvanceClocks(const CoordinatorOptions& options, CoordinatorState& state, TimePoint now);

// The earliest moment at which something is due without a further event, by the driver's clock.
std::optional<TimePoint> NextDue(const CoordinatorOptions& options, const CoordinatorState& state);

}  // namespace trivet
