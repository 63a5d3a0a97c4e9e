#include "expression/functions/calendar.h"

#include <algorithm>

#include "types/interval.h"

namespace trivet {

bool AddMonths(int32_t days, int64_t months, int32_t* result) {
  if (!IsFiniteDate(days) || months == 0) {
    *result = days;
    return true;
  }
  const CivilDate date = CivilFromDays(days);
  const int64_t month_count = int64_t{date.year} * 12 + (date.month - 1) + months;
  const int64_t year = FloorDivide(month_count, 12);
  const int64_t month = FloorModulo(month_count, 12) + 1;
  const int64_t day =
      std::min<int64_t>(date.day, DaysInMonth(year, static_cast<int32_t>(month)));
  return MakeDate(year, month, day, result);
}

bool AddInterval(int64_t micros, const Interval& interval, int64_t* result) {
  if (!IsFiniteTimestamp(micros)) {
    *result = micros;
    return true;
  }
  int32_t days = DateOfMicros(micros);
  if (!AddMonths(days, interval.months, &days)) return false;
  if (__builtin_add_overflow(days, interval.days, &days) || !IsFiniteDate(days)) return false;
  int64_t moved = 0;
  if (!CombineDateTime(days, TimeOfMicros(micros), &moved)) return false;
  return !__builtin_add_overflow(moved, interval.micros, result) && IsFiniteTimestamp(*result);
}

bool AddIntervalInZone(int64_t utc_micros, const Interval& interval, const TimeZone& zone,
                       int64_t* result) {
  if (zone.is_utc() || !IsFiniteTimestamp(utc_micros)) {
    return AddInterval(utc_micros, interval, result);
  }
  int64_t moved = utc_micros;
  if (interval.months != 0 || interval.days != 0) {
    int64_t local = 0;
    if (!zone.ToLocal(utc_micros, &local)) return false;
    if (!AddInterval(local, {interval.months, interval.days, 0}, &local)) return false;
    if (!zone.ToUtc(local, &moved)) return false;
  }
  return !__builtin_add_overflow(moved, interval.micros, result) && IsFiniteTimestamp(*result);
}

bool Negated(const Interval& interval, Interval* result) {
  return NegateInterval(interval, result);
}

Interval CalendarDifference(int64_t later, int64_t earlier) {
  if (later < earlier) {
    Interval interval = CalendarDifference(earlier, later);
    interval.months = -interval.months;
    interval.days = -interval.days;
    interval.micros = -interval.micros;
    return interval;
  }
  const CivilDate end = CivilFromDays(DateOfMicros(later));
  const CivilDate start = CivilFromDays(DateOfMicros(earlier));
  int32_t months = (end.year - start.year) * 12 + (end.month - start.month);
  int32_t days = end.day - start.day;
  int64_t micros = TimeOfMicros(later) - TimeOfMicros(earlier);
  if (micros < 0) {
    micros += kMicrosPerDay;
    --days;
  }
  // Borrowed days are those of the month in which the earlier one lies, as in PostgreSQL.
  if (days < 0) {
    days += DaysInMonth(start.year, start.month);
    --months;
  }
  return {months, days, micros};
}

int64_t WholeMonthsBetween(int64_t start, int64_t end) {
  if (start > end) return -WholeMonthsBetween(end, start);
  const CivilDate from = CivilFromDays(DateOfMicros(start));
  const CivilDate to = CivilFromDays(DateOfMicros(end));
  int64_t months = (int64_t{to.year} - from.year) * 12 + (to.month - from.month);
  // The last day of a month stands for every later day: 31 January to 29 February is a month.
  const int32_t reached_day = std::min(from.day, DaysInMonth(to.year, to.month));
  const bool is_reached =
      to.day > reached_day ||
      (to.day == reached_day && TimeOfMicros(end) >= TimeOfMicros(start));
  return months - (is_reached ? 0 : 1);
}

const TimeZone& ZoneOf(const std::string& name) {
  const Result<const TimeZone*> found = TimeZone::Find(name);
  return found.ok() ? **found : TimeZone::Utc();
}

}  // namespace trivet
