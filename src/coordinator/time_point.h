#pragma once

#include <chrono>

namespace trivet {

// Spans and moments as the coordinator knows them. It reads no clock: whoever drives it passes the
// moment in, in milliseconds since the Unix epoch. Only differences count, and where the clock
// jumps back no time has passed.
using Duration = std::chrono::milliseconds;
using TimePoint = std::chrono::sys_time<Duration>;

}  // namespace trivet
