#pragma once

#include <cstdint>
#include <limits>

#include "types/type.h"

namespace trivet {

// The proleptic Gregorian calendar over DATE (days), TIME (microseconds of the day) and TIMESTAMP
// (ticks of its unit). Years are astronomical: 0 is 1 BC.

inline constexpr int64_t kSecondsPerDay = 86400;
inline constexpr int64_t kMicrosPerSecond = 1000000;
inline constexpr int64_t kMicrosPerMilli = 1000;
inline constexpr int64_t kMicrosPerMinute = 60 * kMicrosPerSecond;
inline constexpr int64_t kMicrosPerHour = 60 * kMicrosPerMinute;
inline constexpr int64_t kMicrosPerDay = 24 * kMicrosPerHour;
inline constexpr int64_t kNanosPerMicro = 1000;
inline constexpr int32_t kDaysPerMonth = 30;  // of intervals only
inline constexpr int64_t kMicrosPerMonth = kDaysPerMonth * kMicrosPerDay;

inline constexpr int32_t kDateInfinity = std::numeric_limits<int32_t>::max();
inline constexpr int32_t kDateNegativeInfinity = -kDateInfinity;
inline constexpr int64_t kTimestampInfinity = std::numeric_limits<int64_t>::max();
inline constexpr int64_t kTimestampNegativeInfinity = -kTimestampInfinity;

inline constexpr bool IsFiniteDate(int32_t days) {
  return days != kDateInfinity && days != kDateNegativeInfinity;
}
inline constexpr bool IsFiniteTimestamp(int64_t ticks) {
  return ticks != kTimestampInfinity && ticks != kTimestampNegativeInfinity;
}

// First and last finite values: dates 5877642-06-25 (BC) to 5881580-07-10, timestamps in
// microseconds 290309-12-22 (BC) 00:00:00 to 294247-01-10 04:00:54.775806.
inline constexpr int32_t kDateMin = -2147483646;
inline constexpr int32_t kDateMax = 2147483646;
inline constexpr int64_t kTimestampMicrosMin = -9223372022400000000;
inline constexpr int64_t kTimestampMicrosMax = kTimestampInfinity - 1;

struct CivilDate {
  int32_t year = 1970;
  int32_t month = 1;  // 1..12
  int32_t day = 1;    // 1..31
  bool operator==(const CivilDate&) const = default;
};

struct TimeOfDay {
  int32_t hour = 0;    // 0..24
  int32_t minute = 0;  // 0..59
  int32_t second = 0;  // 0..59
  int32_t micros = 0;  // 0..999999
};

// Year and week of ISO 8601; weeks start on Monday and belong to the year of their Thursday.
struct IsoWeek {
  int32_t year;
  int32_t week;  // 1..53
};

inline constexpr bool IsLeapYear(int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}
int32_t DaysInMonth(int64_t year, int32_t month);

// Any days since 1970-01-01 that int32 holds; no check for infinity.
CivilDate CivilFromDays(int32_t days);
// Days since 1970-01-01; month 1..12, any day count (31 February is 3 March). Never overflows.
int64_t DaysFromCivil(int64_t year, int32_t month, int64_t day);
// False where month or day are no calendar date or the date is out of range.
bool MakeDate(int64_t year, int64_t month, int64_t day, int32_t* days);

TimeOfDay TimeOfDayFromMicros(int64_t micros);
inline constexpr int64_t MicrosFromTimeOfDay(const TimeOfDay& time) {
  return time.hour * kMicrosPerHour + time.minute * kMicrosPerMinute +
         time.second * kMicrosPerSecond + time.micros;
}
// False unless 00:00:00 <= time <= 24:00:00.
bool MakeTime(int64_t hour, int64_t minute, int64_t second, int64_t micros, int64_t* result);

// Floor division and its remainder, always in [0, divisor).
inline constexpr int64_t FloorDivide(int64_t value, int64_t divisor) {
  return value / divisor - (value % divisor < 0);
}
inline constexpr int64_t FloorModulo(int64_t value, int64_t divisor) {
  const int64_t rest = value % divisor;
  return rest < 0 ? rest + divisor : rest;
}

// Of a finite timestamp in microseconds.
inline constexpr int32_t DateOfMicros(int64_t micros) {
  return static_cast<int32_t>(FloorDivide(micros, kMicrosPerDay));
}
inline constexpr int64_t TimeOfMicros(int64_t micros) { return FloorModulo(micros, kMicrosPerDay); }
// Date and microseconds of the day to a timestamp; infinite dates to infinite timestamps. False
// where the result is out of range.
bool CombineDateTime(int32_t days, int64_t micros, int64_t* timestamp);

// Moves a timestamp between units; to a coarser unit it rounds half away from the epoch. Infinities
// stay. False on overflow.
bool ConvertTimestampUnit(int64_t ticks, TimeUnit from, TimeUnit to, int64_t* result);

int32_t DayOfYear(int32_t days);     // 1..366
int32_t DayOfWeek(int32_t days);     // 0 Sunday .. 6 Saturday
int32_t IsoDayOfWeek(int32_t days);  // 1 Monday .. 7 Sunday
IsoWeek IsoWeekOf(int32_t days);
int32_t MondayOfWeek(int32_t days);  // saturates at the first date

inline constexpr const char* kMonthNames[] = {"January",   "February", "March",    "April",
                                              "May",       "June",     "July",     "August",
                                              "September", "October",  "November", "December"};
inline constexpr const char* kMonthAbbreviations[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
inline constexpr const char* kDayNames[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                            "Thursday", "Friday", "Saturday"};
inline constexpr const char* kDayAbbreviations[] = {"Sun", "Mon", "Tue", "Wed",
                                                    "Thu", "Fri", "Sat"};

}  // namespace trivet
