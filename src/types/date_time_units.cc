// Truncation to units and the counting of units between two points in time.
#include "base/assert.h"
#include "types/date_time.h"
#include "types/date_time_arithmetic.h"
#include "types/time_zone.h"

namespace trivet {

bool IsTruncationField(DateField field) {
  switch (field) {
    case DateField::kEra:
    case DateField::kTimezone:
    case DateField::kTimezoneHour:
    case DateField::kTimezoneMinute: return false;
    default: return true;
  }
}

namespace {

// Length in microseconds of the units below a day, 0 for all others.
int64_t ClockUnitMicros(DateField field) {
  switch (field) {
    case DateField::kHour: return kMicrosPerHour;
    case DateField::kMinute: return kMicrosPerMinute;
    case DateField::kSecond:
    case DateField::kEpoch: return kMicrosPerSecond;
    case DateField::kMillisecond: return kMicrosPerMilli;
    case DateField::kMicrosecond:
    case DateField::kNanosecond: return 1;
    default: return 0;
  }
}

// Length in months of the units that are made of months, 0 for all others.
int64_t UnitMonths(DateField field) {
  switch (field) {
    case DateField::kMonth: return 1;
    case DateField::kQuarter: return 3;
    case DateField::kYear:
    case DateField::kIsoYear: return 12;
    case DateField::kDecade: return 120;
    case DateField::kCentury: return 1200;
    case DateField::kMillennium: return 12000;
    default: return 0;
  }
}

bool IsWeek(DateField field) { return field == DateField::kWeek || field == DateField::kYearWeek; }

}  // namespace

bool TruncateDate(DateField field, int32_t days, int32_t* result) {
  if (!IsFiniteDate(days)) {
    *result = days;
    return true;
  }
  if (IsWeek(field)) return AddDays(days, 1 - IsoDayOfWeek(days), result);
  if (field == DateField::kIsoYear) {
    const IsoWeek week = IsoWeekOf(days);
    return AddDays(days, 1 - IsoDayOfWeek(days) - 7 * (week.week - 1), result);
  }
  const int64_t months = UnitMonths(field);
  if (months == 0) {
    *result = days;
    return true;
  }
  const CivilDate date = CivilFromDays(days);
  if (months < 12) return MakeDate(date.year, (date.month - 1) / months * months + 1, 1, result);
  const int64_t years = months / 12;
  return MakeDate(date.year / years * years, 1, 1, result);
}

bool TruncateTimestamp(DateField field, int64_t micros, int64_t* result) {
  if (!IsFiniteTimestamp(micros)) {
    *result = micros;
    return true;
  }
  if (const int64_t unit = ClockUnitMicros(field); unit != 0) {
    *result = micros - FloorModulo(micros, unit);
    return *result >= kTimestampMicrosMin;
  }
  int32_t date;
  return TruncateDate(field, DateOfMicros(micros), &date) && CombineDateTime(date, 0, result);
}

bool TruncateTimestamp(DateField field, int64_t micros, const TimeZone& zone, int64_t* result) {
  int64_t local;
  if (!zone.ToLocal(micros, &local) || !TruncateTimestamp(field, local, &local)) return false;
  return zone.ToUtc(local, result);
}

Interval TruncateInterval(DateField field, const Interval& interval) {
  if (const int64_t unit = ClockUnitMicros(field); unit != 0) {
    return {interval.months, interval.days, interval.micros - interval.micros % unit};
  }
  if (const auto months = static_cast<int32_t>(UnitMonths(field)); months != 0) {
    return {interval.months - interval.months % months, 0, 0};
  }
  if (IsWeek(field)) return {interval.months, interval.days - interval.days % 7, 0};
  return {interval.months, interval.days, 0};
}

bool CountBoundaries(DateField field, int64_t start, int64_t end, int64_t* result) {
  if (const int64_t unit = ClockUnitMicros(field); unit != 0) {
    if (unit == 1) return !__builtin_sub_overflow(end, start, result);
    *result = FloorDivide(end, unit) - FloorDivide(start, unit);
    return true;
  }
  const int32_t start_day = DateOfMicros(start);
  const int32_t end_day = DateOfMicros(end);
  const int64_t days = static_cast<int64_t>(end_day) - start_day;
  if (IsWeek(field)) {
    *result = days / 7;
    return true;
  }
  if (field == DateField::kIsoYear) {
    *result = static_cast<int64_t>(IsoWeekOf(end_day).year) - IsoWeekOf(start_day).year;
    return true;
  }
  const int64_t months = UnitMonths(field);
  if (months == 0) {
    *result = days;
    return true;
  }
  const CivilDate from = CivilFromDays(start_day);
  const CivilDate to = CivilFromDays(end_day);
  if (months >= 12) {
    *result = to.year / (months / 12) - from.year / (months / 12);
    return true;
  }
  const auto unit_index = [months](const CivilDate& date) {
    return static_cast<int64_t>(date.year) * (12 / months) + (date.month - 1) / months;
  };
  *result = unit_index(to) - unit_index(from);
  return true;
}

namespace {

// Whole months from start to end, start <= end. A start on a day that the end's month lacks counts
// as that month's last day.
int64_t WholeMonths(int64_t start, int64_t end) {
  const CivilDate to = CivilFromDays(DateOfMicros(end));
  CivilDate from = CivilFromDays(DateOfMicros(start));
  const int32_t end_of_month = DaysInMonth(to.year, to.month);
  if (to.day == end_of_month && from.day > end_of_month) from.day = end_of_month;
  const int64_t months = (static_cast<int64_t>(to.year) - from.year) * 12 + (to.month - from.month);
  const bool incomplete =
      to.day < from.day || (to.day == from.day && TimeOfMicros(end) < TimeOfMicros(start));
  return months - (incomplete ? 1 : 0);
}

}  // namespace

bool CountWholeUnits(DateField field, int64_t start, int64_t end, int64_t* result) {
  if (const int64_t months = UnitMonths(field); months != 0) {
    *result = (start <= end ? WholeMonths(start, end) : -WholeMonths(end, start)) / months;
    return true;
  }
  int64_t micros;
  if (__builtin_sub_overflow(end, start, &micros)) return false;
  const int64_t clock_unit = ClockUnitMicros(field);
  const int64_t unit = clock_unit != 0 ? clock_unit : kMicrosPerDay * (IsWeek(field) ? 7 : 1);
  *result = micros / unit;
  return true;
}

int64_t CountTimeBoundaries(DateField field, int64_t start, int64_t end) {
  const int64_t unit = ClockUnitMicros(field);
  TRIVET_ASSERT(unit > 0);
  return end / unit - start / unit;
}

int64_t CountWholeTimeUnits(DateField field, int64_t start, int64_t end) {
  const int64_t unit = ClockUnitMicros(field);
  TRIVET_ASSERT(unit > 0);
  return (end - start) / unit;
}

}  // namespace trivet
