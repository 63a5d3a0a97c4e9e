#include "types/date_time_arithmetic.h"

#include "types/date_time.h"
#include "types/interval.h"
#include "types/time_zone.h"

namespace trivet {

bool AddDays(int32_t date, int64_t days, int32_t* result) {
  if (!IsFiniteDate(date)) {
    *result = date;
    return true;
  }
  int64_t sum;
  if (__builtin_add_overflow(static_cast<int64_t>(date), days, &sum)) return false;
  if (sum < kDateMin || sum > kDateMax) return false;
  *result = static_cast<int32_t>(sum);
  return true;
}

bool AddMonths(int32_t date, int64_t months, int32_t* result) {
  if (!IsFiniteDate(date)) {
    *result = date;
    return true;
  }
  const CivilDate civil = CivilFromDays(date);
  const int64_t month_index = static_cast<int64_t>(civil.year) * 12 + (civil.month - 1) + months;
  const int64_t year = FloorDivide(month_index, 12);
  const auto month = static_cast<int32_t>(FloorModulo(month_index, 12)) + 1;
  const int32_t last = DaysInMonth(year, month);
  return MakeDate(year, month, civil.day < last ? civil.day : last, result);
}

bool AddToTimestamp(int64_t micros, const Interval& interval, int64_t* result) {
  if (!IsFiniteTimestamp(micros)) {
    *result = micros;
    return true;
  }
  if (interval.months != 0 || interval.days != 0) {
    int32_t date = DateOfMicros(micros);
    if (interval.months != 0 && !AddMonths(date, interval.months, &date)) return false;
    if (!AddDays(date, interval.days, &date)) return false;
    if (!CombineDateTime(date, TimeOfMicros(micros), &micros)) return false;
  }
  return !__builtin_add_overflow(micros, interval.micros, result) &&
         *result >= kTimestampMicrosMin && *result <= kTimestampMicrosMax;
}

bool SubtractFromTimestamp(int64_t micros, const Interval& interval, int64_t* result) {
  Interval negated;
  return NegateInterval(interval, &negated) && AddToTimestamp(micros, negated, result);
}

namespace {

// Moves an instant by days that are 24 hours long except where the offset changes: the wall clock
// keeps its reading. A reading that the new day shows twice is taken before the change if the old
// one stood before it, and one that it skips moves on by the gap.
bool AddLocalDays(int64_t utc, int64_t days, const TimeZone& zone, int64_t* result) {
  int64_t shift;
  int64_t moved;
  if (__builtin_mul_overflow(days, kMicrosPerDay, &shift)) return false;
  if (__builtin_add_overflow(utc, shift, &moved) || !IsFiniteTimestamp(moved)) return false;
  const int32_t old_offset = zone.OffsetAt(utc);
  const int32_t new_offset = zone.OffsetAt(moved);
  if (old_offset != new_offset) {
    int64_t adjusted;
    if (__builtin_add_overflow(moved, (old_offset - new_offset) * kMicrosPerSecond, &adjusted))
      return false;
    const bool reads_alike = zone.OffsetAt(adjusted) == new_offset;
    // Where the adjusted instant falls back before the change, the wall time does not exist.
    if (reads_alike || old_offset > new_offset) moved = adjusted;
  }
  *result = moved;
  return IsFiniteTimestamp(moved);
}

}  // namespace

bool AddToTimestamp(int64_t micros, const Interval& interval, const TimeZone& zone,
                    int64_t* result) {
  if (!IsFiniteTimestamp(micros)) {
    *result = micros;
    return true;
  }
  if (interval.months != 0) {
    int64_t local;
    if (!zone.ToLocal(micros, &local)) return false;
    if (!AddToTimestamp(local, {interval.months, 0, 0}, &local)) return false;
    if (!zone.ToUtc(local, &micros)) return false;
  }
  if (interval.days != 0 && !AddLocalDays(micros, interval.days, zone, &micros)) return false;
  return AddToTimestamp(micros, {0, 0, interval.micros}, result);
}

bool SubtractFromTimestamp(int64_t micros, const Interval& interval, const TimeZone& zone,
                           int64_t* result) {
  Interval negated;
  return NegateInterval(interval, &negated) && AddToTimestamp(micros, negated, zone, result);
}

int64_t AddToTime(int64_t micros, const Interval& interval) {
  return FloorModulo(micros + interval.micros % kMicrosPerDay, kMicrosPerDay);
}

int64_t SubtractFromTime(int64_t micros, const Interval& interval) {
  return FloorModulo(micros - interval.micros % kMicrosPerDay, kMicrosPerDay);
}

bool SubtractTimestamps(int64_t left, int64_t right, Interval* result) {
  if (!IsFiniteTimestamp(left) || !IsFiniteTimestamp(right)) return false;
  int64_t difference;
  if (__builtin_sub_overflow(left, right, &difference)) return false;
  *result = {0, static_cast<int32_t>(difference / kMicrosPerDay), difference % kMicrosPerDay};
  return true;
}

Interval Age(int64_t left, int64_t right) {
  const bool negative = left < right;
  const int64_t later = negative ? right : left;
  const int64_t earlier = negative ? left : right;
  const CivilDate to = CivilFromDays(DateOfMicros(later));
  const CivilDate from = CivilFromDays(DateOfMicros(earlier));
  int64_t months = (static_cast<int64_t>(to.year) - from.year) * 12 + (to.month - from.month);
  int32_t days = to.day - from.day;
  int64_t micros = TimeOfMicros(later) - TimeOfMicros(earlier);
  if (micros < 0) {
    micros += kMicrosPerDay;
    --days;
  }
  // A borrowed month is as long as the earlier date's, which is PostgreSQL's rule.
  while (days < 0) {
    days += DaysInMonth(from.year, from.month);
    --months;
  }
  const Interval age{static_cast<int32_t>(months), days, micros};
  return negative ? Interval{-age.months, -age.days, -age.micros} : age;
}

int32_t LastDayOfMonth(int32_t days) {
  const CivilDate date = CivilFromDays(days);
  return static_cast<int32_t>(
      DaysFromCivil(date.year, date.month, DaysInMonth(date.year, date.month)));
}

namespace {

constexpr int64_t kBucketOriginMicros = 946857600 * kMicrosPerSecond;  // Monday 2000-01-03
constexpr int64_t kBucketOriginMonth = 30 * 12;                        // January 2000, from 1970

int64_t MonthIndex(int64_t micros) {
  const CivilDate date = CivilFromDays(DateOfMicros(micros));
  return static_cast<int64_t>(date.year - 1970) * 12 + date.month - 1;
}

}  // namespace

Result<int64_t> TimeBucket(const Interval& width, int64_t micros, std::optional<int64_t> origin) {
  if (!IsFiniteTimestamp(micros)) return micros;
  const auto out_of_range = [] {
    return Status::InvalidInput("Timestamp out of range in time_bucket");
  };
  if (width.months == 0) {
    const int128_t length = IntervalLengthMicros(width);
    if (length <= 0) return Status::NotImplemented("Period must be greater than 0");
    const int128_t start = origin.value_or(kBucketOriginMicros);
    const int128_t distance = micros - start;
    int128_t rest = distance % length;
    if (rest < 0) rest += length;
    const int128_t bucket = micros - rest;
    if (bucket < kTimestampMicrosMin || bucket > kTimestampMicrosMax) return out_of_range();
    return static_cast<int64_t>(bucket);
  }
  if (width.days != 0 || width.micros != 0) {
    return Status::NotImplemented("Month intervals cannot have day or time component");
  }
  if (width.months < 0) return Status::NotImplemented("Period must be greater than 0");
  const int64_t start = origin ? MonthIndex(*origin) : kBucketOriginMonth;
  const int64_t index = MonthIndex(micros);
  const int64_t bucket = index - FloorModulo(index - start, width.months);
  int32_t date;
  int64_t result;
  if (!MakeDate(FloorDivide(bucket, 12) + 1970, FloorModulo(bucket, 12) + 1, 1, &date) ||
      !CombineDateTime(date, 0, &result)) {
    return out_of_range();
  }
  return result;
}

}  // namespace trivet
