#pragma once

#include <cstdint>
#include <string_view>

#include "base/int128.h"
#include "base/status.h"
#include "types/type.h"

namespace trivet {

// The length of an interval when a month is 30 days and a day 24 hours; what order and equality of
// intervals are defined by.
int128_t IntervalLengthMicros(const Interval& interval);

// -1, 0 or 1 by length.
int CompareIntervals(const Interval& left, const Interval& right);

// The one representative of all intervals of equal length: as many whole months as fit in, then
// whole days, then the rest, all of one sign. Hashing and grouping see this form.
Interval CanonicalInterval(const Interval& interval);

// Part-wise arithmetic; false on overflow.
bool AddIntervals(const Interval& left, const Interval& right, Interval* result);
bool SubtractIntervals(const Interval& left, const Interval& right, Interval* result);
bool NegateInterval(const Interval& value, Interval* result);
bool MultiplyInterval(const Interval& value, int64_t factor, Interval* result);
// Fractions of months go to days and those of days to microseconds.
bool MultiplyInterval(const Interval& value, double factor, Interval* result);
bool DivideInterval(const Interval& value, double divisor, Interval* result);

// Reads `1 year 2 mons 3 days 04:05:06.789 ago`: amounts with units in any order and number,
// fractions included, a clock time, a leading `@`. InvalidInput says what could not be read.
Result<Interval> ParseInterval(std::string_view text);

}  // namespace trivet
