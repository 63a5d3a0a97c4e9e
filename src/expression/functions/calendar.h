#pragma once

#include "types/date_time.h"
#include "types/time_zone.h"

namespace trivet {

// Calendar arithmetic behind the date functions. Infinite dates and timestamps stay as they are; every
// function answers false where the result is out of range.

// Moves by whole months; a day that the target month lacks becomes its last one.
bool AddMonths(int32_t days, int64_t months, int32_t* result);
// Months first, then days, then microseconds.
bool AddInterval(int64_t micros, const Interval& interval, int64_t* result);
// Months and days by the local calendar of the zone, microseconds by the clock.
bool AddIntervalInZone(int64_t utc_micros, const Interval& interval, const TimeZone& zone,
                       int64_t* result);
// The interval with every part negated; saturates nowhere, fails where a part has no negative.
bool Negated(const Interval& interval, Interval* result);
// later - earlier in months, days and microseconds, as a person would count them (age).
Interval CalendarDifference(int64_t later, int64_t earlier);
// Whole months from start to end, towards zero.
int64_t WholeMonthsBetween(int64_t start, int64_t end);

// The session's zone; checked when it was set, so that it is found.
const TimeZone& ZoneOf(const std::string& name);

}  // namespace trivet
