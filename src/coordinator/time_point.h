#pragma once

#include <chrono>

namespace trivet {

// Spans and moments as the coordinator knows them. It reads no clock: whoever drives it passes the
// moment in, in milliseconds since the Unix epoch, so that a journal replayed after a restart goes
// on in the same time. A clock that jumps back is taken to stand still.
using Duration = std::chrono::milliseconds;
using TimePoint = std::chrono::sys_time<Duration>;

}  // namespace trivet
