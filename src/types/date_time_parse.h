#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "types/type.h"

namespace trivet {

// Dates and times from text, with the forms of the reference dialect's casts: year-month-day with
// `-`,
// `/`, `\` or a blank between, years of any length, negative or with ` (BC)` behind; `T` or a blank
// before the time; fractions of a second of any length (cut, never rounded up); Z, an offset or the
// name of a zone behind; infinity, -infinity, inf, epoch. Blanks around are ignored.

enum class DateTimeParse { kOk, kMalformed, kOutOfRange };

// A date; a time behind it must be valid and is dropped.
DateTimeParse ParseDate(std::string_view text, int32_t* days);
// A time, or the time of a timestamp; a zone behind it is dropped.
DateTimeParse ParseTime(std::string_view text, int64_t* micros);

// A timestamp as it stands in the text, before any zone is applied.
struct ParsedTimestamp {
  int32_t days = 0;
  int64_t nanos_of_day = 0;
  int infinity = 0;            // -1 or 1; then nothing else holds
  bool has_offset = false;     // Z or an offset
  int32_t offset_seconds = 0;  // local time minus UTC
  std::string_view zone;       // the name behind a blank, where there is one
};
DateTimeParse ParseTimestampParts(std::string_view text, ParsedTimestamp* parts);

// TIMESTAMP of a unit; an offset or zone is dropped, digits below the unit are rounded.
DateTimeParse ParseTimestamp(std::string_view text, TimeUnit unit, int64_t* ticks);

class TimeZone;
// TIMESTAMP WITH TIME ZONE in microseconds of UTC; text without offset or zone is local to the
// session's zone. The error names the text, the expected form or the unknown zone.
Result<int64_t> ParseTimestampWithZone(std::string_view text, const TimeZone& session_zone);

// The message of a failed cast, as the reference dialect words it.
Status DateParseError(std::string_view text, DateTimeParse outcome);
Status TimeParseError(std::string_view text);
Status TimestampParseError(std::string_view text, DateTimeParse outcome);

}  // namespace trivet
