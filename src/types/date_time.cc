#include "types/date_time.h"

#include <algorithm>

namespace trivet {

int32_t DaysInMonth(int64_t year, int32_t month) {
  constexpr int8_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeapYear(year) ? 29 : kDays[month - 1];
}

// Both directions after Howard Hinnant, "chrono-compatible low-level date algorithms" (2013): the
// year starts in March, so that the leap day is its last, and an era is 400 years.
CivilDate CivilFromDays(int32_t days) {
  const int64_t shifted = static_cast<int64_t>(days) + 719468;
  const int64_t era = FloorDivide(shifted, 146097);
  const auto day_of_era = static_cast<uint32_t>(shifted - era * 146097);
  const uint32_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const uint32_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const uint32_t month_from_march = (5 * day_of_year + 2) / 153;
  CivilDate date;
  date.day = static_cast<int32_t>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
  date.month =
      static_cast<int32_t>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
  date.year = static_cast<int32_t>(era * 400 + year_of_era + (date.month <= 2 ? 1 : 0));
  return date;
}

int64_t DaysFromCivil(int64_t year, int32_t month, int64_t day) {
  year -= month <= 2;
  const int64_t era = FloorDivide(year, 400);
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468 + (day - 1);
}

bool MakeDate(int64_t year, int64_t month, int64_t day, int32_t* days) {
  constexpr int64_t kYearLimit = 6000000;  // beyond every date of 32 bits
  if (month < 1 || month > 12 || day < 1 || year < -kYearLimit || year > kYearLimit) return false;
  if (day > DaysInMonth(year, static_cast<int32_t>(month))) return false;
  const int64_t count = DaysFromCivil(year, static_cast<int32_t>(month), day);
  if (count < kDateMin || count > kDateMax) return false;
  *days = static_cast<int32_t>(count);
  return true;
}

TimeOfDay TimeOfDayFromMicros(int64_t micros) {
  TimeOfDay time;
  time.hour = static_cast<int32_t>(micros / kMicrosPerHour);
  micros -= time.hour * kMicrosPerHour;
  time.minute = static_cast<int32_t>(micros / kMicrosPerMinute);
  micros -= time.minute * kMicrosPerMinute;
  time.second = static_cast<int32_t>(micros / kMicrosPerSecond);
  time.micros = static_cast<int32_t>(micros - time.second * kMicrosPerSecond);
  return time;
}

bool MakeTime(int64_t hour, int64_t minute, int64_t second, int64_t micros, int64_t* result) {
  if (hour < 0 || minute < 0 || second < 0 || micros < 0) return false;
  if (hour == 24 ? (minute | second | micros) != 0 : hour > 23) return false;
  if (minute > 59 || second > 59 || micros > 999999) return false;
  *result = hour * kMicrosPerHour + minute * kMicrosPerMinute + second * kMicrosPerSecond + micros;
  return true;
}

bool CombineDateTime(int32_t days, int64_t micros, int64_t* timestamp) {
  if (!IsFiniteDate(days)) {
    *timestamp = days > 0 ? kTimestampInfinity : kTimestampNegativeInfinity;
    return true;
  }
  int64_t result;
  // A negative day is reached from the day after it, so that the first day does not overflow
  // midway.
  if (__builtin_mul_overflow(static_cast<int64_t>(days), kMicrosPerDay, &result)) return false;
  if (__builtin_add_overflow(result, micros, &result)) return false;
  if (result < kTimestampMicrosMin || result > kTimestampMicrosMax) return false;
  *timestamp = result;
  return true;
}

bool ConvertTimestampUnit(int64_t ticks, TimeUnit from, TimeUnit to, int64_t* result) {
  if (from == to || !IsFiniteTimestamp(ticks)) {
    *result = ticks;
    return true;
  }
  const int64_t from_ticks = TicksPerSecond(from);
  const int64_t to_ticks = TicksPerSecond(to);
  if (to_ticks < from_ticks) {
    const int64_t divisor = from_ticks / to_ticks;
    const int64_t rest = ticks % divisor;
    *result = ticks / divisor + (rest >= divisor / 2) - (rest <= -divisor / 2);
    return true;
  }
  return !__builtin_mul_overflow(ticks, to_ticks / from_ticks, result) &&
         IsFiniteTimestamp(*result);
}

int32_t DayOfYear(int32_t days) {
  const CivilDate date = CivilFromDays(days);
  return static_cast<int32_t>(days - DaysFromCivil(date.year, 1, 1)) + 1;
}

int32_t DayOfWeek(int32_t days) {
  return static_cast<int32_t>(
      FloorModulo(static_cast<int64_t>(days) + 4, 7));  // day 0 was a Thursday
}

int32_t IsoDayOfWeek(int32_t days) {
  const int32_t day = DayOfWeek(days);
  return day == 0 ? 7 : day;
}

IsoWeek IsoWeekOf(int32_t days) {
  const int64_t thursday = static_cast<int64_t>(days) - IsoDayOfWeek(days) + 4;
  const auto clamped = static_cast<int32_t>(
      std::clamp<int64_t>(thursday, std::numeric_limits<int32_t>::min(), kDateInfinity));
  const CivilDate date = CivilFromDays(clamped);
  const int64_t day_of_year = clamped - DaysFromCivil(date.year, 1, 1);
  return {date.year, static_cast<int32_t>(day_of_year / 7) + 1};
}

int32_t MondayOfWeek(int32_t days) {
  const int64_t monday = static_cast<int64_t>(days) - (IsoDayOfWeek(days) - 1);
  return static_cast<int32_t>(std::max<int64_t>(monday, kDateMin));
}

}  // namespace trivet
