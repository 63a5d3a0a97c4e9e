#pragma once

#include <cstddef>
#include <cstdint>

#include "types/type.h"

namespace trivet {

// Text of dates and times as results print them. Each function writes at `out`, which has room for
// kMaxDateTimeTextSize bytes, and returns the end of what it wrote. Infinite values print as
// `infinity` and `-infinity`; years before 1 end in ` (BC)`.

inline constexpr size_t kMaxDateTimeTextSize = 64;

char* WriteDate(char* out, int32_t days);
// 12:34:56 with as many of six fraction digits as are needed.
char* WriteTime(char* out, int64_t micros);
char* WriteTimestamp(char* out, int64_t ticks, TimeUnit unit);
// A timestamp in UTC as the local time of the offset, followed by it: 2020-01-01 01:00:00+05:30.
char* WriteTimestampWithZone(char* out, int64_t ticks, TimeUnit unit, int32_t offset_seconds);
// +05 or -04:30; the odd seconds of local mean time are left out, as in the reference dialect.
char* WriteOffset(char* out, int32_t offset_seconds);

// 1 year 2 months 3 days 04:05:06.789; 00:00:00 for the empty interval.
inline constexpr size_t kMaxIntervalTextSize = 96;
char* WriteInterval(char* out, const Interval& interval);

}  // namespace trivet
