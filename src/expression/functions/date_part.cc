// The kernels behind EXTRACT and the functions named after parts of dates.
#include "expression/functions/date_part.h"

#include "expression/kernel.h"
#include "types/date_time.h"
#include "types/time_zone.h"

namespace trivet {

namespace {

constexpr int64_t kMonthsPerYear = 12;

// A date and the microseconds of its day; total over whatever lies under NULL.
template <DatePart part>
int64_t PartOf(int32_t days, int64_t micros) {
  switch (part) {
    case DatePart::kMillennium: {
      const int64_t year = CivilFromDays(days).year;
      return year > 0 ? (year - 1) / 1000 + 1 : year / 1000 - 1;
    }
    case DatePart::kCentury: {
      const int64_t year = CivilFromDays(days).year;
      return year > 0 ? (year - 1) / 100 + 1 : year / 100 - 1;
    }
    case DatePart::kDecade: return CivilFromDays(days).year / 10;
    case DatePart::kYear: return CivilFromDays(days).year;
    case DatePart::kQuarter: return (CivilFromDays(days).month - 1) / 3 + 1;
    case DatePart::kMonth: return CivilFromDays(days).month;
    case DatePart::kWeek: return IsoWeekOf(days).week;
    case DatePart::kDay: return CivilFromDays(days).day;
    case DatePart::kHour: return micros / kMicrosPerHour;
    case DatePart::kMinute: return micros % kMicrosPerHour / kMicrosPerMinute;
    case DatePart::kSecond: return micros % kMicrosPerMinute / kMicrosPerSecond;
    case DatePart::kMillisecond: return micros % kMicrosPerMinute / kMicrosPerMilli;
    case DatePart::kMicrosecond: return micros % kMicrosPerMinute;
    case DatePart::kDayOfWeek: return DayOfWeek(days);
    case DatePart::kIsoDayOfWeek: return IsoDayOfWeek(days);
    case DatePart::kDayOfYear: return DayOfYear(days);
    case DatePart::kIsoYear: return IsoWeekOf(days).year;
    case DatePart::kYearWeek: {
      const IsoWeek week = IsoWeekOf(days);
      return int64_t{week.year} * 100 + (week.year > 0 ? week.week : -week.week);
    }
    case DatePart::kEra: return CivilFromDays(days).year > 0;
    default: return 0;
  }
}

double JulianDay(int32_t days, int64_t micros) {
  constexpr double kEpochJulianDay = 2440588;
  return static_cast<double>(days) + kEpochJulianDay +
         static_cast<double>(micros) / static_cast<double>(kMicrosPerDay);
}

double Seconds(int64_t micros) {
  return static_cast<double>(micros) / static_cast<double>(kMicrosPerSecond);
}

// Runs a total operation; infinite values have no parts.
template <typename In, typename Out, typename Op, typename Finite>
void FiniteKernel(const KernelCall& call, Vector& result, const Op& op, const Finite& finite) {
  bool all_finite = true;
  UnaryKernel<In, Out>(call, result, [&](In value) {
    all_finite &= finite(value);
    return op(value);
  });
  if (all_finite) return;
  const Argument<In> in(call, 0);
  ForEachRow(call, result, [&](size_t row) {
    if (!finite(in[row])) result.SetNull(row);
  });
}

template <DatePart part>
void OfDate(const KernelCall& call, Vector& result) {
  if constexpr (part == DatePart::kEpoch) {
    FiniteKernel<int32_t, double>(
        call, result, [](int32_t days) { return static_cast<double>(days * kSecondsPerDay); },
        IsFiniteDate);
  } else if constexpr (part == DatePart::kJulian) {
    FiniteKernel<int32_t, double>(
        call, result, [](int32_t days) { return JulianDay(days, 0); }, IsFiniteDate);
  } else {
    FiniteKernel<int32_t, int64_t>(
        call, result, [](int32_t days) { return PartOf<part>(days, 0); }, IsFiniteDate);
  }
}

// `to_local` moves a timestamp to the clock by which it is read.
template <DatePart part, typename ToLocal>
void OfLocalTimestamp(const KernelCall& call, Vector& result, const ToLocal& to_local) {
  if constexpr (part == DatePart::kEpoch) {
    FiniteKernel<int64_t, double>(call, result, Seconds, IsFiniteTimestamp);
  } else if constexpr (part == DatePart::kJulian) {
    FiniteKernel<int64_t, double>(
        call, result,
        [&](int64_t micros) {
          const int64_t local = to_local(micros);
          return JulianDay(DateOfMicros(local), TimeOfMicros(local));
        },
        IsFiniteTimestamp);
  } else {
    FiniteKernel<int64_t, int64_t>(
        call, result,
        [&](int64_t micros) {
          const int64_t local = to_local(micros);
          return PartOf<part>(DateOfMicros(local), TimeOfMicros(local));
        },
        IsFiniteTimestamp);
  }
}

template <DatePart part>
void OfTimestamp(const KernelCall& call, Vector& result) {
  OfLocalTimestamp<part>(call, result, [](int64_t micros) { return micros; });
}

template <DatePart part>
void OfZonedTimestamp(const KernelCall& call, Vector& result) {
  const Result<const TimeZone*> found = TimeZone::Find(call.context.time_zone());
  const TimeZone& zone = found.ok() ? **found : TimeZone::Utc();
  if constexpr (part == DatePart::kTimeZone || part == DatePart::kTimeZoneHour ||
                part == DatePart::kTimeZoneMinute) {
    FiniteKernel<int64_t, int64_t>(
        call, result,
        [&](int64_t micros) -> int64_t {
          const int64_t offset = zone.OffsetAt(micros);
          if (part == DatePart::kTimeZone) return offset;
          return part == DatePart::kTimeZoneHour ? offset / 3600 : offset % 3600 / 60;
        },
        IsFiniteTimestamp);
  } else if (zone.is_utc()) {
    OfTimestamp<part>(call, result);
  } else {
    OfLocalTimestamp<part>(call, result, [&](int64_t micros) {
      int64_t local = micros;
      return zone.ToLocal(micros, &local) ? local : micros;
    });
  }
}

template <DatePart part>
void OfTime(const KernelCall& call, Vector& result) {
  if constexpr (part == DatePart::kEpoch) {
    UnaryKernel<int64_t, double>(call, result, Seconds);
  } else {
    UnaryKernel<int64_t, int64_t>(call, result,
                                  [](int64_t micros) { return PartOf<part>(0, micros); });
  }
}

// A year of an interval is 365.25 days here, a month 30, as the reference dialect has it.
double IntervalSeconds(const Interval& interval) {
  constexpr int64_t kSecondsPerYear = 365 * kSecondsPerDay + kSecondsPerDay / 4;
  const int64_t years = interval.months / kMonthsPerYear;
  const int64_t months = interval.months % kMonthsPerYear;
  const int64_t seconds = years * kSecondsPerYear +
                          (months * kDaysPerMonth + interval.days) * kSecondsPerDay;
  return static_cast<double>(seconds) + Seconds(interval.micros);
}

template <DatePart part>
int64_t PartOfInterval(const Interval& interval) {
  switch (part) {
    case DatePart::kMillennium: return interval.months / (1000 * kMonthsPerYear);
    case DatePart::kCentury: return interval.months / (100 * kMonthsPerYear);
    case DatePart::kDecade: return interval.months / (10 * kMonthsPerYear);
    case DatePart::kYear: return interval.months / kMonthsPerYear;
    case DatePart::kQuarter: return interval.months % kMonthsPerYear / 3 + 1;
    case DatePart::kMonth: return interval.months % kMonthsPerYear;
    case DatePart::kDay: return interval.days;
    default: return PartOf<part>(0, interval.micros);
  }
}

template <DatePart part>
void OfInterval(const KernelCall& call, Vector& result) {
  if constexpr (part == DatePart::kEpoch) {
    UnaryKernel<Interval, double>(call, result, IntervalSeconds);
  } else {
    UnaryKernel<Interval, int64_t>(call, result, PartOfInterval<part>);
  }
}

bool IsTimePart(DatePart part) {
  return part >= DatePart::kHour && part <= DatePart::kEpoch;
}
bool IsZonePart(DatePart part) {
  return part >= DatePart::kTimeZone && part <= DatePart::kTimeZoneMinute;
}
bool IsIntervalPart(DatePart part) {
  return part <= DatePart::kEpoch && part != DatePart::kWeek;
}

template <DatePart part>
ScalarKernel KernelOf(const LogicalType& type) {
  switch (type.id()) {
    case TypeId::kDate: return IsZonePart(part) ? nullptr : OfDate<part>;
    case TypeId::kTimestamp: return type.with_time_zone() ? OfZonedTimestamp<part> : OfTimestamp<part>;
    case TypeId::kTime: return IsTimePart(part) || IsZonePart(part) ? OfTime<part> : nullptr;
    case TypeId::kInterval: return IsIntervalPart(part) ? OfInterval<part> : nullptr;
    default: return nullptr;
  }
}

}  // namespace

ScalarKernel DatePartKernel(DatePart part, const LogicalType& type) {
  switch (part) {
    case DatePart::kMillennium: return KernelOf<DatePart::kMillennium>(type);
    case DatePart::kCentury: return KernelOf<DatePart::kCentury>(type);
    case DatePart::kDecade: return KernelOf<DatePart::kDecade>(type);
    case DatePart::kYear: return KernelOf<DatePart::kYear>(type);
    case DatePart::kQuarter: return KernelOf<DatePart::kQuarter>(type);
    case DatePart::kMonth: return KernelOf<DatePart::kMonth>(type);
    case DatePart::kWeek: return KernelOf<DatePart::kWeek>(type);
    case DatePart::kDay: return KernelOf<DatePart::kDay>(type);
    case DatePart::kHour: return KernelOf<DatePart::kHour>(type);
    case DatePart::kMinute: return KernelOf<DatePart::kMinute>(type);
    case DatePart::kSecond: return KernelOf<DatePart::kSecond>(type);
    case DatePart::kMillisecond: return KernelOf<DatePart::kMillisecond>(type);
    case DatePart::kMicrosecond: return KernelOf<DatePart::kMicrosecond>(type);
    case DatePart::kEpoch: return KernelOf<DatePart::kEpoch>(type);
    case DatePart::kDayOfWeek: return KernelOf<DatePart::kDayOfWeek>(type);
    case DatePart::kIsoDayOfWeek: return KernelOf<DatePart::kIsoDayOfWeek>(type);
    case DatePart::kDayOfYear: return KernelOf<DatePart::kDayOfYear>(type);
    case DatePart::kIsoYear: return KernelOf<DatePart::kIsoYear>(type);
    case DatePart::kYearWeek: return KernelOf<DatePart::kYearWeek>(type);
    case DatePart::kEra: return KernelOf<DatePart::kEra>(type);
    case DatePart::kTimeZone: return KernelOf<DatePart::kTimeZone>(type);
    case DatePart::kTimeZoneHour: return KernelOf<DatePart::kTimeZoneHour>(type);
    case DatePart::kTimeZoneMinute: return KernelOf<DatePart::kTimeZoneMinute>(type);
    case DatePart::kJulian: return KernelOf<DatePart::kJulian>(type);
  }
  return nullptr;
}

}  // namespace trivet
