// Dates, times and intervals made of numbers, and numbers of them.
#include <cmath>

#include "base/string_concat.h"
#include "expression/functions/register.h"
#include "expression/functions/session_zone.h"
#include "expression/functions/signature.h"
#include "expression/kernel.h"
#include "types/date_time.h"
#include "types/date_time_field.h"
#include "types/number_format.h"

namespace trivet {

namespace {

const LogicalType kTimestamp = LogicalType::Timestamp();
const LogicalType kTimestampNs = LogicalType::Timestamp(TimeUnit::kNano);
const LogicalType kTimestampTz = LogicalType::Timestamp(TimeUnit::kMicro, true);

std::string Text(double value) {
  char buffer[kMaxFloatingTextSize];
  return std::string(buffer, WriteDouble(buffer, value));
}

void MakeDates(const KernelCall& call, Vector& result) {
  const Argument<int64_t> years(call, 0);
  const Argument<int64_t> months(call, 1);
  const Argument<int64_t> days(call, 2);
  auto* out = result.mutable_data<int32_t>();
  ForEachRow(call, result, [&](size_t row) {
    if (!MakeDate(years[row], months[row], days[row], &out[row])) {
      Fail(call, result, row,
           Status::InvalidInput(
               StrCat("Date out of range: ", years[row], "-", months[row], "-", days[row])));
    }
  });
}

// Days since 1970-01-01.
void DateOfDays(const KernelCall& call, Vector& result) {
  UnaryKernel<int32_t, int32_t>(call, result, [](int32_t days) { return days; });
}

// Seconds with a fraction, as whole seconds and microseconds; false beyond a minute.
bool SplitSeconds(double seconds, int64_t* whole, int64_t* micros) {
  if (!(seconds >= 0 && seconds <= 60)) return false;
  *whole = static_cast<int64_t>(seconds);
  *micros = std::llround((seconds - static_cast<double>(*whole)) * kMicrosPerSecond);
  return true;
}

// A time of the day up to 24:00:00; the 60th second is the next minute.
bool TimeOfParts(int64_t hour, int64_t minute, double seconds, int64_t* micros) {
  int64_t whole = 0;
  int64_t fraction = 0;
  if (hour < 0 || hour > 24 || minute < 0 || minute > 59) return false;
  if (!SplitSeconds(seconds, &whole, &fraction)) return false;
  *micros = hour * kMicrosPerHour + minute * kMicrosPerMinute + whole * kMicrosPerSecond + fraction;
  return *micros <= kMicrosPerDay;
}

void MakeTimes(const KernelCall& call, Vector& result) {
  const Argument<int64_t> hours(call, 0);
  const Argument<int64_t> minutes(call, 1);
  const Argument<double> seconds(call, 2);
  auto* out = result.mutable_data<int64_t>();
  ForEachRow(call, result, [&](size_t row) {
    if (!TimeOfParts(hours[row], minutes[row], seconds[row], &out[row])) {
      Fail(call, result, row,
           Status::InvalidInput(StrCat("Time out of range: ", hours[row], ":", minutes[row], ":",
                                       Text(seconds[row]))));
    }
  });
}

// Year to second, in argument order.
class TimestampParts {
 public:
  explicit TimestampParts(const KernelCall& call)
      : years_(call, 0),
        months_(call, 1),
        days_(call, 2),
        hours_(call, 3),
        minutes_(call, 4),
        seconds_(call, 5) {}

  bool Combine(size_t row, int64_t* micros) const {
    int32_t days = 0;
    int64_t time = 0;
    return MakeDate(years_[row], months_[row], days_[row], &days) &&
           TimeOfParts(hours_[row], minutes_[row], seconds_[row], &time) &&
           CombineDateTime(days, time, micros);
  }
  Status Error(size_t row) const {
    return Status::InvalidInput(StrCat("Timestamp out of range: ", years_[row], "-", months_[row],
                                       "-", days_[row], " ", hours_[row], ":", minutes_[row], ":",
                                       Text(seconds_[row])));
  }

 private:
  Argument<int64_t> years_, months_, days_, hours_, minutes_;
  Argument<double> seconds_;
};

void MakeTimestamps(const KernelCall& call, Vector& result) {
  const TimestampParts parts(call);
  auto* out = result.mutable_data<int64_t>();
  ForEachRow(call, result, [&](size_t row) {
    if (!parts.Combine(row, &out[row])) Fail(call, result, row, parts.Error(row));
  });
}

// In the zone that argument 6 names, or the session's.
void MakeZonedTimestamps(const KernelCall& call, Vector& result) {
  const TimestampParts parts(call);
  const bool has_zone = call.arguments.size() > 6;
  const Argument<StringView> zones(call, has_zone ? 6 : 0);
  auto* out = result.mutable_data<int64_t>();
  ForEachRow(call, result, [&](size_t row) {
    const TimeZone* zone = &SessionZone(call.context);
    if (has_zone) {
      const Result<const TimeZone*> found = TimeZone::Find(zones[row].view());
      if (!found.ok()) return Fail(call, result, row, found.status());
      zone = *found;
    }
    int64_t local = 0;
    if (!parts.Combine(row, &local) || !zone->ToUtc(local, &out[row])) {
      Fail(call, result, row, parts.Error(row));
    }
  });
}

// The greatest numbers mean infinity, which no count of ticks reaches.
void SameTicks(const KernelCall& call, Vector& result) {
  TryUnaryKernel<int64_t, int64_t>(
      call, result,
      [](int64_t ticks, int64_t& out) {
        out = ticks;
        return IsFiniteTimestamp(ticks) && ticks >= kTimestampMicrosMin;
      },
      [](int64_t ticks) {
        return Status::InvalidInput(StrCat("Timestamp microseconds out of range: ", ticks));
      });
}

void TimestampOfMillis(const KernelCall& call, Vector& result) {
  TryUnaryKernel<int64_t, int64_t>(
      call, result,
      [](int64_t millis, int64_t& out) {
        return !__builtin_mul_overflow(millis, kMicrosPerMilli, &out);
      },
      [](int64_t millis) {
        return Status::InvalidInput(
            StrCat("Could not convert Timestamp(MS) ", millis, " to Timestamp(US)"));
      });
}

void TimestampOfSeconds(const KernelCall& call, Vector& result) {
  TryUnaryKernel<double, int64_t>(
      call, result,
      [](double seconds, int64_t& out) {
        const double micros = std::rint(seconds * static_cast<double>(kMicrosPerSecond));
        // Comparisons with NaN are false.
        if (!(micros >= static_cast<double>(kTimestampMicrosMin) && micros < 9.2e18)) return false;
        out = static_cast<int64_t>(micros);
        return true;
      },
      [](double) {
        return Status::InvalidInput("Epoch seconds out of range for TIMESTAMP WITH TIME ZONE");
      });
}

// Microseconds of a value; false for infinite ones.
template <typename In>
bool MicrosOf(const In& value, int64_t* micros) {
  if constexpr (std::is_same_v<In, int32_t>) {
    return IsFiniteDate(value) && CombineDateTime(value, 0, micros);
  } else if constexpr (std::is_same_v<In, Interval>) {
    *micros = static_cast<int64_t>((int128_t{value.months} * kDaysPerMonth + value.days) *
                                   kMicrosPerDay) +
              value.micros;
    return true;
  } else {
    *micros = value;
    return IsFiniteTimestamp(value);
  }
}

// numerator / denominator units a microsecond.
template <typename In, int64_t numerator, int64_t denominator>
void EpochUnits(const KernelCall& call, Vector& result) {
  const Argument<In> in(call, 0);
  auto* out = result.mutable_data<int64_t>();
  ForEachRow(call, result, [&](size_t row) {
    int64_t micros = 0;
    if (!MicrosOf<In>(in[row], &micros)) return result.SetNull(row);
    if (__builtin_mul_overflow(micros, numerator, &out[row])) {
      return Fail(call, result, row,
                  Status::InvalidInput("Could not convert Timestamp(US) to Timestamp(NS)"));
    }
    out[row] /= denominator;
  });
}

void NanosOfNanoTimestamp(const KernelCall& call, Vector& result) {
  const Argument<int64_t> in(call, 0);
  auto* out = result.mutable_data<int64_t>();
  ForEachRow(call, result, [&](size_t row) {
    out[row] = in[row];
    if (!IsFiniteTimestamp(in[row])) result.SetNull(row);
  });
}

template <int64_t numerator, int64_t denominator>
void AddEpoch(FunctionRegistry& registry, const char* name, const char* description) {
  const TypeId number = TypeId::kInt64;
  const auto add = [&](LogicalType type, ScalarKernel kernel) {
    registry.AddScalar(FailingSignature(name, {std::move(type)}, number, kernel, description));
  };
  add(TypeId::kDate, EpochUnits<int32_t, numerator, denominator>);
  add(TypeId::kTime, EpochUnits<int64_t, numerator, denominator>);
  add(TypeId::kInterval, EpochUnits<Interval, numerator, denominator>);
  add(kTimestamp, EpochUnits<int64_t, numerator, denominator>);
  add(kTimestampTz, EpochUnits<int64_t, numerator, denominator>);
}

Status IntervalOutOfRange(int64_t count, const char* unit) {
  return Status::InvalidInput(StrCat("Interval value ", count, " ", unit, " out of range"));
}

struct IntervalUnit {
  const char* name;
  const char* unit;
  int32_t months;
  int32_t days;
  int64_t micros;
};
constexpr IntervalUnit kIntervalUnits[] = {
    {"to_millennia", "millennia", 12000, 0, 0},
    {"to_centuries", "centuries", 1200, 0, 0},
    {"to_decades", "decades", 120, 0, 0},
    {"to_years", "years", 12, 0, 0},
    {"to_quarters", "quarters", 3, 0, 0},
    {"to_months", "months", 1, 0, 0},
    {"to_weeks", "weeks", 0, 7, 0},
    {"to_days", "days", 0, 1, 0},
    {"to_hours", "hours", 0, 0, kMicrosPerHour},
    {"to_minutes", "minutes", 0, 0, kMicrosPerMinute},
    {"to_microseconds", "microseconds", 0, 0, 1},
};

class UnitState : public FunctionState {
 public:
  explicit UnitState(const IntervalUnit& unit) : unit(unit) {}
  const IntervalUnit& unit;
};

void WholeUnits(const KernelCall& call, Vector& result) {
  const IntervalUnit& unit = static_cast<const UnitState*>(call.state)->unit;
  const Argument<int64_t> counts(call, 0);
  auto* out = result.mutable_data<Interval>();
  ForEachRow(call, result, [&](size_t row) {
    Interval interval;
    const int64_t count = counts[row];
    const bool overflow =
        (unit.months && __builtin_mul_overflow(count, unit.months, &interval.months)) ||
        (unit.days && __builtin_mul_overflow(count, unit.days, &interval.days)) ||
        (unit.micros && __builtin_mul_overflow(count, unit.micros, &interval.micros));
    if (overflow) return Fail(call, result, row, IntervalOutOfRange(count, unit.unit));
    out[row] = interval;
  });
}

template <int64_t micros_per_unit>
void FractionalUnits(const KernelCall& call, Vector& result) {
  TryUnaryKernel<double, Interval>(
      call, result,
      [](double count, Interval& out) {
        const double micros = std::rint(count * static_cast<double>(micros_per_unit));
        if (!(micros > -9.2e18 && micros < 9.2e18)) return false;
        out = {0, 0, static_cast<int64_t>(micros)};
        return true;
      },
      [](double count) {
        return Status::InvalidInput(StrCat("Interval value ", Text(count), " out of range"));
      });
}

void AddIntervalUnits(FunctionRegistry& registry) {
  for (const IntervalUnit& unit : kIntervalUnits) {
    ScalarFunction function = FailingSignature(unit.name, {TypeId::kInt64}, TypeId::kInterval,
                                               WholeUnits, "An interval of so many units");
    function.bind = [state = std::make_shared<UnitState>(unit)](const ScalarBindInput&,
                                                                BoundScalarFunction& bound) {
      bound.state = state;
      return Status::OK();
    };
    registry.AddScalar(std::move(function));
  }
  registry.AddScalar(FailingSignature("to_seconds", {TypeId::kDouble}, TypeId::kInterval,
                                      FractionalUnits<kMicrosPerSecond>,
                                      "An interval of so many seconds"));
  registry.AddScalar(FailingSignature("to_milliseconds", {TypeId::kDouble}, TypeId::kInterval,
                                      FractionalUnits<kMicrosPerMilli>,
                                      "An interval of so many milliseconds"));
}

}  // namespace

void RegisterDateConstruction(FunctionRegistry& registry) {
  const TypeId number = TypeId::kInt64, real = TypeId::kDouble, date = TypeId::kDate;
  registry.AddScalar(FailingSignature("make_date", {number, number, number}, date, MakeDates,
                                      "The date of a year, month and day"));
  registry.AddScalar(Signature("make_date", {TypeId::kInt32}, date, DateOfDays,
                               "The date so many days after 1970-01-01"));
  registry.AddScalar(FailingSignature("make_time", {number, number, real}, TypeId::kTime, MakeTimes,
                                      "The time of an hour, minute and second"));
  const std::vector<Parameter> parts = {number, number, number, number, number, real};
  registry.AddScalar(FailingSignature("make_timestamp", parts, kTimestamp, MakeTimestamps,
                                      "The timestamp of a year, month, day, hour, minute, second"));
  registry.AddScalar(FailingSignature("make_timestamp", {number}, kTimestamp, SameTicks,
                                      "The timestamp so many microseconds after 1970-01-01"));
  ScalarFunction zoned = FailingSignature("make_timestamptz", parts, kTimestampTz,
                                          MakeZonedTimestamps, "The instant of a local time");
  zoned.volatility = Volatility::kStable;
  ScalarFunction in_zone = zoned;
  in_zone.parameters.push_back(TypeId::kVarchar);
  registry.AddScalar(std::move(zoned));
  registry.AddScalar(std::move(in_zone));
  registry.AddScalar(FailingSignature("make_timestamptz", {number}, kTimestampTz, SameTicks,
                                      "The instant so many microseconds after 1970-01-01"));
  registry.AddScalar(FailingSignature("make_timestamp_ms", {number}, kTimestamp, TimestampOfMillis,
                                      "The timestamp so many milliseconds after 1970-01-01"));
  registry.AddScalar(FailingSignature("make_timestamp_ns", {number}, kTimestampNs, SameTicks,
                                      "The timestamp so many nanoseconds after 1970-01-01"));
  registry.AddScalar(FailingSignature("to_timestamp", {real}, kTimestampTz, TimestampOfSeconds,
                                      "The instant so many seconds after 1970-01-01"));
  AddEpoch<1, kMicrosPerMilli>(registry, "epoch_ms", "Milliseconds since 1970-01-01");
  AddEpoch<1, 1>(registry, "epoch_us", "Microseconds since 1970-01-01");
  AddEpoch<kNanosPerMicro, 1>(registry, "epoch_ns", "Nanoseconds since 1970-01-01");
  registry.AddScalar(Signature("epoch_ns", {kTimestampNs}, number, NanosOfNanoTimestamp,
                               "Nanoseconds since 1970-01-01"));
  registry.AddScalar(FailingSignature("epoch_ms", {number}, kTimestamp, TimestampOfMillis,
                                      "The timestamp so many milliseconds after 1970-01-01"));
  AddIntervalUnits(registry);
}

}  // namespace trivet
