#include "types/interval.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "types/date_time.h"

namespace trivet {

int128_t IntervalLengthMicros(const Interval& interval) {
  const int64_t days = static_cast<int64_t>(interval.months) * kDaysPerMonth + interval.days;
  return static_cast<int128_t>(days) * kMicrosPerDay + interval.micros;
}

int CompareIntervals(const Interval& left, const Interval& right) {
  const int128_t a = IntervalLengthMicros(left);
  const int128_t b = IntervalLengthMicros(right);
  return (a > b) - (a < b);
}

Interval CanonicalInterval(const Interval& interval) {
  using Part = std::numeric_limits<int32_t>;
  int128_t rest = IntervalLengthMicros(interval);
  // At the far end months or days saturate; what is left then still fits in the next part, because
  // the interval given is itself such a division.
  const auto take = [&rest](int64_t unit_micros) {
    const auto count = static_cast<int128_t>(rest / unit_micros);
    const auto clamped =
        static_cast<int64_t>(std::clamp<int128_t>(count, Part::min(), Part::max()));
    rest -= static_cast<int128_t>(clamped) * unit_micros;
    return static_cast<int32_t>(clamped);
  };
  Interval result;
  result.months = take(kMicrosPerMonth);
  result.days = take(kMicrosPerDay);
  result.micros = static_cast<int64_t>(rest);
  return result;
}

bool AddIntervals(const Interval& left, const Interval& right, Interval* result) {
  return !__builtin_add_overflow(left.months, right.months, &result->months) &&
         !__builtin_add_overflow(left.days, right.days, &result->days) &&
         !__builtin_add_overflow(left.micros, right.micros, &result->micros);
}

bool SubtractIntervals(const Interval& left, const Interval& right, Interval* result) {
  return !__builtin_sub_overflow(left.months, right.months, &result->months) &&
         !__builtin_sub_overflow(left.days, right.days, &result->days) &&
         !__builtin_sub_overflow(left.micros, right.micros, &result->micros);
}

bool NegateInterval(const Interval& value, Interval* result) {
  return SubtractIntervals(Interval{}, value, result);
}

bool MultiplyInterval(const Interval& value, int64_t factor, Interval* result) {
  return !__builtin_mul_overflow(value.months, factor, &result->months) &&
         !__builtin_mul_overflow(value.days, factor, &result->days) &&
         !__builtin_mul_overflow(value.micros, factor, &result->micros);
}

namespace {

double RoundToMicro(double value) { return std::rint(value * 1e6) / 1e6; }

bool ToInt32(double value, int32_t* result) {
  if (!(value > -2147483649.0 && value < 2147483648.0)) return false;  // NaN fails too
  *result = static_cast<int32_t>(value);
  return true;
}

// PostgreSQL's cascade from parts that were scaled to fractions: the fraction of a month becomes
// days of 30 to the month, that of a day microseconds.
bool CascadeFractions(double months, double days, double micros, Interval* result) {
  if (!ToInt32(months, &result->months) || !ToInt32(days, &result->days)) return false;
  const double month_days = RoundToMicro((months - result->months) * kDaysPerMonth);
  const double whole_month_days = std::trunc(month_days);
  double day_seconds =
      RoundToMicro((days - result->days + month_days - whole_month_days) * kSecondsPerDay);
  double carried_days = whole_month_days;
  if (std::fabs(day_seconds) >= kSecondsPerDay) {
    const double whole = std::trunc(day_seconds / kSecondsPerDay);
    carried_days += whole;
    day_seconds -= whole * kSecondsPerDay;
  }
  if (!ToInt32(result->days + carried_days, &result->days)) return false;
  const double total = std::rint(micros + day_seconds * static_cast<double>(kMicrosPerSecond));
  if (!(total >= -9223372036854775808.0 && total < 9223372036854775808.0)) return false;
  result->micros = static_cast<int64_t>(total);
  return true;
}

}  // namespace

bool MultiplyInterval(const Interval& value, double factor, Interval* result) {
  return CascadeFractions(value.months * factor, value.days * factor,
                          static_cast<double>(value.micros) * factor, result);
}

bool DivideInterval(const Interval& value, double divisor, Interval* result) {
  if (divisor == 0) return false;
  return CascadeFractions(value.months / divisor, value.days / divisor,
                          static_cast<double>(value.micros) / divisor, result);
}

}  // namespace trivet
