#pragma once

#include <cstdint>
#include <optional>

#include "base/status.h"
#include "types/date_time_field.h"
#include "types/type.h"

namespace trivet {

class TimeZone;

// Truncation, addition and differences of dates and times. Unless said otherwise timestamps are in
// microseconds and finite or infinite; an infinite one stays what it is.

// Whether date_trunc, date_diff and date_sub know the unit.
bool IsTruncationField(DateField field);

// The start of the unit that holds the value; false where it is out of range. Weeks start on
// Monday, decades and centuries in the year that is a multiple of their length.
bool TruncateTimestamp(DateField field, int64_t micros, int64_t* result);
bool TruncateDate(DateField field, int32_t days, int32_t* result);
bool TruncateTimestamp(DateField field, int64_t micros, const TimeZone& zone, int64_t* result);
Interval TruncateInterval(DateField field, const Interval& interval);

// Months first (the day clamped to the month's last), then days, then microseconds. False on
// overflow.
bool AddToTimestamp(int64_t micros, const Interval& interval, int64_t* result);
bool SubtractFromTimestamp(int64_t micros, const Interval& interval, int64_t* result);
// The same in local time: a day later is the same wall clock time, an hour is always an hour.
bool AddToTimestamp(int64_t micros, const Interval& interval, const TimeZone& zone,
                    int64_t* result);
bool SubtractFromTimestamp(int64_t micros, const Interval& interval, const TimeZone& zone,
                           int64_t* result);
bool AddDays(int32_t date, int64_t days, int32_t* result);
// The date moved by whole months, its day clamped.
bool AddMonths(int32_t date, int64_t months, int32_t* result);
// Wraps around midnight; months and days have no effect.
int64_t AddToTime(int64_t micros, const Interval& interval);
int64_t SubtractFromTime(int64_t micros, const Interval& interval);

// left - right as days and microseconds; false for infinite values and on overflow.
bool SubtractTimestamps(int64_t left, int64_t right, Interval* result);
// left - right in years, months, days and microseconds, as PostgreSQL's age(); both finite.
Interval Age(int64_t left, int64_t right);

// Unit boundaries between start and end (date_diff), and whole units that fit between them
// (date_sub). Finite values; false on overflow.
bool CountBoundaries(DateField field, int64_t start, int64_t end, int64_t* result);
bool CountWholeUnits(DateField field, int64_t start, int64_t end, int64_t* result);
// Of times of the day; the field is one that TIME has.
int64_t CountTimeBoundaries(DateField field, int64_t start, int64_t end);
int64_t CountWholeTimeUnits(DateField field, int64_t start, int64_t end);

int32_t LastDayOfMonth(int32_t days);

// The start of the bucket that holds the timestamp: buckets of the width follow one another from
// the origin (without one, from Monday 2000-01-03, or 2000-01-01 where the width is in months).
Result<int64_t> TimeBucket(const Interval& width, int64_t micros, std::optional<int64_t> origin);

}  // namespace trivet
