#include "types/date_time_field.h"

#include "base/string_concat.h"
#include "types/date_time.h"
#include "types/number_parse.h"

namespace trivet {

namespace {

struct FieldSpelling {
  std::string_view text;
  DateField field;
};

// The first spelling of a field is its name.
constexpr FieldSpelling kSpellings[] = {
    {"year", DateField::kYear},
    {"years", DateField::kYear},
    {"yr", DateField::kYear},
    {"yrs", DateField::kYear},
    {"y", DateField::kYear},
    {"month", DateField::kMonth},
    {"months", DateField::kMonth},
    {"mon", DateField::kMonth},
    {"mons", DateField::kMonth},
    {"day", DateField::kDay},
    {"days", DateField::kDay},
    {"d", DateField::kDay},
    {"dayofmonth", DateField::kDay},
    {"decade", DateField::kDecade},
    {"decades", DateField::kDecade},
    {"dec", DateField::kDecade},
    {"decs", DateField::kDecade},
    {"century", DateField::kCentury},
    {"centuries", DateField::kCentury},
    {"cent", DateField::kCentury},
    {"c", DateField::kCentury},
    {"millennium", DateField::kMillennium},
    {"millennia", DateField::kMillennium},
    {"millenniums", DateField::kMillennium},
    {"millenium", DateField::kMillennium},
    {"mil", DateField::kMillennium},
    {"mils", DateField::kMillennium},
    {"quarter", DateField::kQuarter},
    {"quarters", DateField::kQuarter},
    {"hour", DateField::kHour},
    {"hours", DateField::kHour},
    {"hr", DateField::kHour},
    {"hrs", DateField::kHour},
    {"h", DateField::kHour},
    {"minute", DateField::kMinute},
    {"minutes", DateField::kMinute},
    {"min", DateField::kMinute},
    {"mins", DateField::kMinute},
    {"m", DateField::kMinute},
    {"second", DateField::kSecond},
    {"seconds", DateField::kSecond},
    {"sec", DateField::kSecond},
    {"secs", DateField::kSecond},
    {"s", DateField::kSecond},
    {"millisecond", DateField::kMillisecond},
    {"milliseconds", DateField::kMillisecond},
    {"ms", DateField::kMillisecond},
    {"msec", DateField::kMillisecond},
    {"msecs", DateField::kMillisecond},
    {"microsecond", DateField::kMicrosecond},
    {"microseconds", DateField::kMicrosecond},
    {"us", DateField::kMicrosecond},
    {"usec", DateField::kMicrosecond},
    {"usecs", DateField::kMicrosecond},
    {"usecond", DateField::kMicrosecond},
    {"useconds", DateField::kMicrosecond},
    {"nanosecond", DateField::kNanosecond},
    {"nanoseconds", DateField::kNanosecond},
    {"ns", DateField::kNanosecond},
    {"dow", DateField::kDayOfWeek},
    {"dayofweek", DateField::kDayOfWeek},
    {"weekday", DateField::kDayOfWeek},
    {"isodow", DateField::kIsoDayOfWeek},
    {"doy", DateField::kDayOfYear},
    {"dayofyear", DateField::kDayOfYear},
    {"week", DateField::kWeek},
    {"weeks", DateField::kWeek},
    {"w", DateField::kWeek},
    {"weekofyear", DateField::kWeek},
    {"isoyear", DateField::kIsoYear},
    {"yearweek", DateField::kYearWeek},
    {"era", DateField::kEra},
    {"epoch", DateField::kEpoch},
    {"julian", DateField::kJulian},
    {"timezone", DateField::kTimezone},
    {"timezone_hour", DateField::kTimezoneHour},
    {"timezone_minute", DateField::kTimezoneMinute},
};

// Centuries and millennia have no year 0: 1..100 is the first, 0..-99 the one before it.
int64_t Period(int64_t year, int64_t length) {
  return year > 0 ? (year - 1) / length + 1 : year / length - 1;
}

double Seconds(int128_t micros) { return static_cast<double>(micros) / 1e6; }

}  // namespace

Result<DateField> FindDateField(std::string_view name) {
  for (const FieldSpelling& spelling : kSpellings) {
    if (EqualsLower(name, spelling.text)) return spelling.field;
  }
  return Status::InvalidInput(StrCat("extract specifier \"", name, "\" not recognized"));
}

std::string_view DateFieldName(DateField field) {
  for (const FieldSpelling& spelling : kSpellings) {
    if (spelling.field == field) return spelling.text;
  }
  return "";
}

bool HasDateField(TypeId type, DateField field) {
  switch (field) {
    case DateField::kHour:
    case DateField::kMinute:
    case DateField::kSecond:
    case DateField::kMillisecond:
    case DateField::kMicrosecond:
    case DateField::kNanosecond:
    case DateField::kEpoch: return true;
    case DateField::kTimezone:
    case DateField::kTimezoneHour:
    case DateField::kTimezoneMinute: return type == TypeId::kTimestamp || type == TypeId::kTime;
    case DateField::kYear:
    case DateField::kMonth:
    case DateField::kDay:
    case DateField::kDecade:
    case DateField::kCentury:
    case DateField::kMillennium:
    case DateField::kQuarter: return type != TypeId::kTime;
    default: return type == TypeId::kDate || type == TypeId::kTimestamp;
  }
}

Status UnknownFieldError(TypeId type, std::string_view name) {
  const std::string_view kind = type == TypeId::kTime       ? "time"
                                : type == TypeId::kInterval ? "interval"
                                : type == TypeId::kDate     ? "date"
                                                            : "timestamp";
  return Status::NotImplemented(StrCat("\"", kind, "\" units \"", name, "\" not recognized"));
}

int64_t FieldOfDate(DateField field, int32_t days) {
  switch (field) {
    case DateField::kYear: return CivilFromDays(days).year;
    case DateField::kMonth: return CivilFromDays(days).month;
    case DateField::kDay: return CivilFromDays(days).day;
    case DateField::kDecade: return CivilFromDays(days).year / 10;
    case DateField::kCentury: return Period(CivilFromDays(days).year, 100);
    case DateField::kMillennium: return Period(CivilFromDays(days).year, 1000);
    case DateField::kQuarter: return (CivilFromDays(days).month - 1) / 3 + 1;
    case DateField::kDayOfWeek: return DayOfWeek(days);
    case DateField::kIsoDayOfWeek: return IsoDayOfWeek(days);
    case DateField::kDayOfYear: return DayOfYear(days);
    case DateField::kWeek: return IsoWeekOf(days).week;
    case DateField::kIsoYear: return IsoWeekOf(days).year;
    case DateField::kYearWeek: {
      const IsoWeek week = IsoWeekOf(days);
      return static_cast<int64_t>(week.year) * 100 + (week.year > 0 ? week.week : -week.week);
    }
    case DateField::kEra: return CivilFromDays(days).year > 0 ? 1 : 0;
    default: return 0;
  }
}

int64_t FieldOfTime(DateField field, int64_t micros) {
  switch (field) {
    case DateField::kHour: return micros / kMicrosPerHour;
    case DateField::kMinute: return micros % kMicrosPerHour / kMicrosPerMinute;
    case DateField::kSecond: return micros % kMicrosPerMinute / kMicrosPerSecond;
    case DateField::kMillisecond: return micros % kMicrosPerMinute / kMicrosPerMilli;
    case DateField::kMicrosecond: return micros % kMicrosPerMinute;
    case DateField::kNanosecond: return micros % kMicrosPerMinute * kNanosPerMicro;
    default: return 0;
  }
}

int64_t FieldOfTimestamp(DateField field, int64_t micros) {
  switch (field) {
    case DateField::kHour:
    case DateField::kMinute:
    case DateField::kSecond:
    case DateField::kMillisecond:
    case DateField::kMicrosecond:
    case DateField::kNanosecond: return FieldOfTime(field, TimeOfMicros(micros));
    default: return FieldOfDate(field, DateOfMicros(micros));
  }
}

int64_t FieldOfInterval(DateField field, const Interval& interval) {
  switch (field) {
    case DateField::kYear: return interval.months / 12;
    case DateField::kMonth: return interval.months % 12;
    case DateField::kDay: return interval.days;
    case DateField::kDecade: return interval.months / 120;
    case DateField::kCentury: return interval.months / 1200;
    case DateField::kMillennium: return interval.months / 12000;
    case DateField::kQuarter: return interval.months % 12 / 3 + 1;
    default: return FieldOfTime(field, interval.micros);
  }
}

int64_t FieldOfOffset(DateField field, int32_t offset_seconds) {
  switch (field) {
    case DateField::kTimezone: return offset_seconds;
    case DateField::kTimezoneHour: return offset_seconds / 3600;
    case DateField::kTimezoneMinute: return offset_seconds % 3600 / 60;
    default: return 0;
  }
}

double EpochOfMicros(int64_t micros) { return Seconds(micros); }
double EpochOfDate(int32_t days) { return static_cast<double>(days * kSecondsPerDay); }

double EpochOfInterval(const Interval& interval) {
  constexpr int64_t kMicrosPerYear = 31557600 * kMicrosPerSecond;
  return Seconds(static_cast<int128_t>(interval.months / 12) * kMicrosPerYear +
                 static_cast<int128_t>(interval.months % 12) * kMicrosPerMonth +
                 static_cast<int128_t>(interval.days) * kMicrosPerDay + interval.micros);
}

constexpr double kJulianOfEpoch = 2440588;  // the day that starts at noon of 1970-01-01

double JulianOfDate(int32_t days) { return days + kJulianOfEpoch; }

double JulianOfTimestamp(int64_t micros) {
  const double fraction =
      static_cast<double>(TimeOfMicros(micros)) / static_cast<double>(kMicrosPerDay);
  return JulianOfDate(DateOfMicros(micros)) + fraction;
}

}  // namespace trivet
