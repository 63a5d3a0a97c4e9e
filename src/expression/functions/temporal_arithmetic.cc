// + - * / over dates, times, timestamps and intervals.
#include "expression/function_registry.h"
#include "expression/functions/register.h"
#include "expression/functions/session_zone.h"
#include "expression/kernel.h"
#include "types/date_time.h"
#include "types/date_time_arithmetic.h"
#include "types/interval.h"

namespace trivet {

namespace {

const LogicalType kTimestamp = LogicalType::Timestamp();
const LogicalType kTimestampTz = LogicalType::Timestamp(TimeUnit::kMicro, true);

Status DateOutOfRange() { return Status::InvalidInput("Date out of range"); }
Status TimestampOutOfRange() {
  return Status::InvalidInput("Date and time not in timestamp range");
}
Status IntervalOutOfRange() { return Status::InvalidInput("Interval value is out of range"); }

void DatePlusDays(const KernelCall& call, Vector& result) {
  TryBinaryKernel<int32_t, int32_t, int32_t>(
      call, result, [](int32_t days, int32_t by, int32_t& out) { return AddDays(days, by, &out); },
      [](int32_t, int32_t) { return DateOutOfRange(); });
}

void DaysPlusDate(const KernelCall& call, Vector& result) {
  TryBinaryKernel<int32_t, int32_t, int32_t>(
      call, result, [](int32_t by, int32_t days, int32_t& out) { return AddDays(days, by, &out); },
      [](int32_t, int32_t) { return DateOutOfRange(); });
}

void DateMinusDays(const KernelCall& call, Vector& result) {
  TryBinaryKernel<int32_t, int32_t, int32_t>(
      call, result,
      [](int32_t days, int32_t by, int32_t& out) { return AddDays(days, -int64_t{by}, &out); },
      [](int32_t, int32_t) { return DateOutOfRange(); });
}

void DateMinusDate(const KernelCall& call, Vector& result) {
  BinaryKernel<int32_t, int32_t, int64_t>(call, result,
                                          [](int32_t a, int32_t b) { return int64_t{a} - b; });
}

// Calls body(row, timestamp, interval) for the valid rows of a call in either order.
template <typename Moment, bool interval_first, typename Body>
void ForEachMoment(const KernelCall& call, Vector& result, const Body& body) {
  const Argument<Moment> moments(call, interval_first ? 1 : 0);
  const Argument<Interval> intervals(call, interval_first ? 0 : 1);
  ForEachRow(call, result, [&](size_t row) { body(row, moments[row], intervals[row]); });
}

template <bool interval_first, bool negative>
void DateAndInterval(const KernelCall& call, Vector& result) {
  auto* out = result.mutable_data<int64_t>();
  ForEachMoment<int32_t, interval_first>(
      call, result, [&](size_t row, int32_t days, const Interval& by) {
        int64_t micros = 0;
        const bool fits = CombineDateTime(days, 0, &micros) &&
                          (negative ? SubtractFromTimestamp(micros, by, &out[row])
                                    : AddToTimestamp(micros, by, &out[row]));
        if (!fits) Fail(call, result, row, TimestampOutOfRange());
      });
}

template <bool interval_first, bool negative>
void TimestampAndInterval(const KernelCall& call, Vector& result) {
  auto* out = result.mutable_data<int64_t>();
  ForEachMoment<int64_t, interval_first>(
      call, result, [&](size_t row, int64_t micros, const Interval& by) {
        const bool fits = negative ? SubtractFromTimestamp(micros, by, &out[row])
                                   : AddToTimestamp(micros, by, &out[row]);
        if (!fits) Fail(call, result, row, TimestampOutOfRange());
      });
}

template <bool interval_first, bool negative>
void ZonedAndInterval(const KernelCall& call, Vector& result) {
  auto* out = result.mutable_data<int64_t>();
  const TimeZone& zone = SessionZone(call.context);
  ForEachMoment<int64_t, interval_first>(
      call, result, [&](size_t row, int64_t micros, const Interval& by) {
        const bool fits = negative ? SubtractFromTimestamp(micros, by, zone, &out[row])
                                   : AddToTimestamp(micros, by, zone, &out[row]);
        if (!fits) Fail(call, result, row, TimestampOutOfRange());
      });
}

template <bool interval_first, bool negative>
void TimeAndInterval(const KernelCall& call, Vector& result) {
  auto* out = result.mutable_data<int64_t>();
  ForEachMoment<int64_t, interval_first>(
      call, result, [&](size_t row, int64_t micros, const Interval& interval) {
        out[row] = negative ? SubtractFromTime(micros, interval) : AddToTime(micros, interval);
      });
}

template <bool time_first>
void DateAndTime(const KernelCall& call, Vector& result) {
  const Argument<int32_t> dates(call, time_first ? 1 : 0);
  const Argument<int64_t> times(call, time_first ? 0 : 1);
  auto* out = result.mutable_data<int64_t>();
  ForEachRow(call, result, [&](size_t row) {
    if (!CombineDateTime(dates[row], times[row], &out[row])) {
      Fail(call, result, row, TimestampOutOfRange());
    }
  });
}

// Instants are compared by the clocks of the session's zone.
void TimestampMinusTimestamp(const KernelCall& call, Vector& result) {
  const Argument<int64_t> lefts(call, 0);
  const Argument<int64_t> rights(call, 1);
  const bool is_zoned = call.arguments[0].type().with_time_zone();
  const TimeZone& zone = is_zoned ? SessionZone(call.context) : TimeZone::Utc();
  auto* out = result.mutable_data<Interval>();
  ForEachRow(call, result, [&](size_t row) {
    int64_t left = lefts[row];
    int64_t right = rights[row];
    if (!IsFiniteTimestamp(left) || !IsFiniteTimestamp(right)) {
      return Fail(call, result, row, Status::InvalidInput("Cannot subtract infinite timestamps"));
    }
    const bool fits = (!is_zoned || (zone.ToLocal(left, &left) && zone.ToLocal(right, &right))) &&
                      SubtractTimestamps(left, right, &out[row]);
    if (!fits) Fail(call, result, row, IntervalOutOfRange());
  });
}

template <bool (*operation)(const Interval&, const Interval&, Interval*)>
void IntervalAndInterval(const KernelCall& call, Vector& result) {
  TryBinaryKernel<Interval, Interval, Interval>(
      call, result,
      [](const Interval& a, const Interval& b, Interval& out) { return operation(a, b, &out); },
      [](const Interval&, const Interval&) { return IntervalOutOfRange(); });
}

void NegateIntervals(const KernelCall& call, Vector& result) {
  TryUnaryKernel<Interval, Interval>(
      call, result, [](const Interval& a, Interval& out) { return NegateInterval(a, &out); },
      [](const Interval&) { return IntervalOutOfRange(); });
}

template <typename Factor, bool factor_first>
void MultiplyIntervals(const KernelCall& call, Vector& result) {
  const Argument<Factor> factors(call, factor_first ? 0 : 1);
  const Argument<Interval> intervals(call, factor_first ? 1 : 0);
  auto* out = result.mutable_data<Interval>();
  ForEachRow(call, result, [&](size_t row) {
    if (!MultiplyInterval(intervals[row], factors[row], &out[row])) {
      Fail(call, result, row, IntervalOutOfRange());
    }
  });
}

void DivideIntervals(const KernelCall& call, Vector& result) {
  const Argument<Interval> intervals(call, 0);
  const Argument<double> divisors(call, 1);
  auto* out = result.mutable_data<Interval>();
  ForEachRow(call, result, [&](size_t row) {
    if (divisors[row] == 0) {
      return Fail(call, result, row, Status::InvalidInput("Division by zero of an interval"));
    }
    if (!DivideInterval(intervals[row], divisors[row], &out[row])) {
      Fail(call, result, row, IntervalOutOfRange());
    }
  });
}

struct Overload {
  const char* name;
  std::vector<Parameter> parameters;
  LogicalType result;
  ScalarKernel kernel;
  bool can_fail = true;
};

void Add(FunctionRegistry& registry, Overload overload) {
  ScalarFunction function;
  function.name = overload.name;
  const auto is_zoned = [](const Parameter& p) { return p.type == kTimestampTz; };
  for (const Parameter& parameter : overload.parameters) {
    if (is_zoned(parameter)) function.volatility = Volatility::kStable;
  }
  function.parameters = std::move(overload.parameters);
  function.return_type = std::move(overload.result);
  function.kernel = overload.kernel;
  function.can_fail = overload.can_fail;
  function.description = "Arithmetic of dates, times and intervals";
  registry.AddScalar(std::move(function));
}

}  // namespace

void RegisterTemporalArithmetic(FunctionRegistry& registry) {
  const TypeId date = TypeId::kDate, time = TypeId::kTime, interval = TypeId::kInterval;
  const TypeId int32 = TypeId::kInt32, int64 = TypeId::kInt64, real = TypeId::kDouble;
  const LogicalType& ts = kTimestamp;
  const LogicalType& tz = kTimestampTz;
  Add(registry, {"+", {date, int32}, date, DatePlusDays});
  Add(registry, {"+", {int32, date}, date, DaysPlusDate});
  Add(registry, {"+", {interval, interval}, interval, IntervalAndInterval<AddIntervals>});
  Add(registry, {"+", {date, interval}, ts, DateAndInterval<false, false>});
  Add(registry, {"+", {interval, date}, ts, DateAndInterval<true, false>});
  Add(registry, {"+", {time, interval}, time, TimeAndInterval<false, false>, false});
  Add(registry, {"+", {interval, time}, time, TimeAndInterval<true, false>, false});
  Add(registry, {"+", {ts, interval}, ts, TimestampAndInterval<false, false>});
  Add(registry, {"+", {interval, ts}, ts, TimestampAndInterval<true, false>});
  Add(registry, {"+", {tz, interval}, tz, ZonedAndInterval<false, false>});
  Add(registry, {"+", {interval, tz}, tz, ZonedAndInterval<true, false>});
  Add(registry, {"+", {date, time}, ts, DateAndTime<false>});
  Add(registry, {"+", {time, date}, ts, DateAndTime<true>});
  Add(registry, {"-", {date, date}, int64, DateMinusDate, false});
  Add(registry, {"-", {date, int32}, date, DateMinusDays});
  Add(registry, {"-", {ts, ts}, interval, TimestampMinusTimestamp});
  Add(registry, {"-", {tz, tz}, interval, TimestampMinusTimestamp});
  Add(registry, {"-", {interval, interval}, interval, IntervalAndInterval<SubtractIntervals>});
  Add(registry, {"-", {date, interval}, ts, DateAndInterval<false, true>});
  Add(registry, {"-", {time, interval}, time, TimeAndInterval<false, true>, false});
  Add(registry, {"-", {ts, interval}, ts, TimestampAndInterval<false, true>});
  Add(registry, {"-", {tz, interval}, tz, ZonedAndInterval<false, true>});
  Add(registry, {"-", {interval}, interval, NegateIntervals});
  Add(registry, {"*", {interval, real}, interval, MultiplyIntervals<double, false>});
  Add(registry, {"*", {real, interval}, interval, MultiplyIntervals<double, true>});
  Add(registry, {"*", {int64, interval}, interval, MultiplyIntervals<int64_t, true>});
  Add(registry, {"*", {interval, int64}, interval, MultiplyIntervals<int64_t, false>});
  Add(registry, {"/", {interval, real}, interval, DivideIntervals});
  Add(registry, {"date_add", {date, interval}, ts, DateAndInterval<false, false>});
  Add(registry, {"date_add", {ts, interval}, ts, TimestampAndInterval<false, false>});
  Add(registry, {"date_add", {tz, interval}, tz, ZonedAndInterval<false, false>});
  // The last family to add overloads to the operators, which have names as well.
  registry.AddAlias("add", "+");
  registry.AddAlias("subtract", "-");
  registry.AddAlias("multiply", "*");
  registry.AddAlias("divide", "//");
  registry.AddAlias("mod", "%");
}

}  // namespace trivet
