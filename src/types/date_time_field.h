#pragma once

#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "types/type.h"

namespace trivet {

// The named fields of dates, times and intervals: EXTRACT, date_part, and the units of date_trunc,
// date_diff and date_sub.
enum class DateField : uint8_t {
  kYear,
  kMonth,
  kDay,
  kDecade,
  kCentury,
  kMillennium,
  kQuarter,
  kHour,
  kMinute,
  kSecond,        // whole seconds of the minute
  kMillisecond,   // of the minute, seconds included
  kMicrosecond,   // of the minute, seconds included
  kNanosecond,    // of the minute, seconds included
  kDayOfWeek,     // 0 Sunday .. 6 Saturday
  kIsoDayOfWeek,  // 1 Monday .. 7 Sunday
  kDayOfYear,
  kWeek,      // of ISO 8601
  kIsoYear,   // of ISO 8601
  kYearWeek,  // ISO year × 100 + week
  kEra,       // 1 AD, 0 BC
  kEpoch,     // DOUBLE: seconds since 1970-01-01
  kJulian,    // DOUBLE: Julian day
  kTimezone,  // seconds east of UTC
  kTimezoneHour,
  kTimezoneMinute,
};

// By any of the reference dialect's spellings, in any case; InvalidInput names an unknown one.
Result<DateField> FindDateField(std::string_view name);
std::string_view DateFieldName(DateField field);

// Whether the field is a DOUBLE; all others are BIGINT.
inline constexpr bool IsDoubleField(DateField field) {
  return field == DateField::kEpoch || field == DateField::kJulian;
}
// What a type has fields for: a DATE has no time zone, a TIME no date, an INTERVAL no weeks.
bool HasDateField(TypeId type, DateField field);
// NotImplemented: "time" units "year" not recognized.
Status UnknownFieldError(TypeId type, std::string_view name);

// BIGINT fields. Values are finite (of infinite ones every field is NULL, which is the caller's to
// decide); the zone fields are 0 here, for zones see below.
int64_t FieldOfDate(DateField field, int32_t days);
int64_t FieldOfTime(DateField field, int64_t micros);
int64_t FieldOfTimestamp(DateField field, int64_t micros);
int64_t FieldOfInterval(DateField field, const Interval& interval);
// The zone fields, of an offset from UTC.
int64_t FieldOfOffset(DateField field, int32_t offset_seconds);

// DOUBLE fields.
double EpochOfMicros(int64_t micros);
double EpochOfDate(int32_t days);
double EpochOfInterval(const Interval& interval);  // a year is 365.25 days, a month 30
double JulianOfDate(int32_t days);
double JulianOfTimestamp(int64_t micros);

}  // namespace trivet
