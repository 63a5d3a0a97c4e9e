// Dates, times and timestamps into one another. Timestamps with time zone are read in the zone of
// the session.
#include "base/string_concat.h"
#include "expression/cast/cast_kernels.h"
#include "expression/kernel.h"
#include "types/date_time.h"
#include "types/date_time_format.h"
#include "types/time_zone.h"

namespace trivet::cast_internal {

namespace {

// The zone of the session; UTC where neither side has a zone, without a look-up.
struct ZoneOfCall {
  const TimeZone* zone = &TimeZone::Utc();
  Status status;

  explicit ZoneOfCall(const KernelCall& call) {
    Result<const TimeZone*> found = TimeZone::Find(call.context.time_zone());
    if (found.ok()) {
      zone = *found;
    } else {
      status = std::move(found).status();
    }
  }
  // Gives every row the error where the session's zone is unknown.
  bool FailAll(const KernelCall& call, Vector& result) const {
    if (status.ok()) return false;
    ForEachRow(call, result, [&](size_t row) { Fail(call, result, row, status); });
    return true;
  }
};

Status DateOutOfRange(int32_t days) {
  char text[kMaxDateTimeTextSize];
  const char* const end = WriteDate(text, days);
  return Status::InvalidInput(StrCat("Type INT32 with value ",
                                     std::string_view(text, static_cast<size_t>(end - text)),
                                     " can't be cast to the destination type INT64"));
}

Status TimestampOutOfRange() {
  return Status::InvalidInput("Could not convert Timestamp to higher precision.");
}

// Ticks moved by the offset between UTC and local time; infinities stay.
bool ShiftTicks(int64_t ticks, int64_t ticks_per_second, int32_t offset_seconds, int64_t* result) {
  return !__builtin_add_overflow(ticks, offset_seconds * ticks_per_second, result) &&
         IsFiniteTimestamp(*result);
}

bool LocalTicks(int64_t ticks, TimeUnit unit, const TimeZone& zone, int64_t* result) {
  *result = ticks;
  if (!IsFiniteTimestamp(ticks)) return true;
  const int64_t per_second = TicksPerSecond(unit);
  return ShiftTicks(ticks, per_second, zone.OffsetAtSeconds(FloorDivide(ticks, per_second)),
                    result);
}

bool UtcTicks(int64_t ticks, TimeUnit unit, const TimeZone& zone, int64_t* result) {
  *result = ticks;
  if (!IsFiniteTimestamp(ticks)) return true;
  const int64_t per_second = TicksPerSecond(unit);
  return ShiftTicks(ticks, per_second, -zone.OffsetAtLocalSeconds(FloorDivide(ticks, per_second)),
                    result);
}

void DateToTimestamp(const KernelCall& call, Vector& result) {
  const LogicalType& to = call.result_type;
  const ZoneOfCall session(call);
  if (to.with_time_zone() && session.FailAll(call, result)) return;
  const TimeZone& zone = *session.zone;
  TryUnaryKernel<int32_t, int64_t>(
      call, result,
      [&](int32_t days, int64_t& out) {
        int64_t micros;
        if (!CombineDateTime(days, 0, &micros)) return false;
        if (!ConvertTimestampUnit(micros, TimeUnit::kMicro, to.unit(), &out)) return false;
        return !to.with_time_zone() || UtcTicks(out, to.unit(), zone, &out);
      },
      DateOutOfRange);
}

void TimestampToTimestamp(const KernelCall& call, Vector& result) {
  const LogicalType& from = call.arguments[0].type();
  const LogicalType& to = call.result_type;
  const bool to_local = from.with_time_zone() && !to.with_time_zone();
  const bool to_utc = !from.with_time_zone() && to.with_time_zone();
  const ZoneOfCall session(call);
  if ((to_local || to_utc) && session.FailAll(call, result)) return;
  const TimeZone& zone = *session.zone;
  const TimeUnit from_unit = from.unit();
  const TimeUnit to_unit = to.unit();
  TryUnaryKernel<int64_t, int64_t>(
      call, result,
      [&](int64_t ticks, int64_t& out) {
        if (to_local && !LocalTicks(ticks, from_unit, zone, &ticks)) return false;
        if (!ConvertTimestampUnit(ticks, from_unit, to_unit, &out)) return false;
        return !to_utc || UtcTicks(out, to_unit, zone, &out);
      },
      [](int64_t) { return TimestampOutOfRange(); });
}

// Microseconds in which a DATE or TIME is read off a timestamp.
bool LocalMicros(const LogicalType& from, const TimeZone& zone, int64_t ticks, int64_t* micros) {
  if (from.with_time_zone() && !LocalTicks(ticks, from.unit(), zone, &ticks)) return false;
  return ConvertTimestampUnit(ticks, from.unit(), TimeUnit::kMicro, micros);
}

void TimestampToDate(const KernelCall& call, Vector& result) {
  const LogicalType& from = call.arguments[0].type();
  const ZoneOfCall session(call);
  if (from.with_time_zone() && session.FailAll(call, result)) return;
  const bool plain = !from.with_time_zone() && from.unit() == TimeUnit::kMicro;
  TryUnaryKernel<int64_t, int32_t>(
      call, result,
      [&](int64_t ticks, int32_t& out) {
        if (!IsFiniteTimestamp(ticks)) {
          out = ticks > 0 ? kDateInfinity : kDateNegativeInfinity;
          return true;
        }
        int64_t micros = ticks;
        if (!plain && !LocalMicros(from, *session.zone, ticks, &micros)) {
          // Seconds and milliseconds reach beyond microseconds, not beyond dates.
          if (from.with_time_zone()) return false;
          const int64_t days =
              FloorDivide(FloorDivide(ticks, TicksPerSecond(from.unit())), kSecondsPerDay);
          out = static_cast<int32_t>(days);
          return days >= kDateMin && days <= kDateMax;
        }
        out = DateOfMicros(micros);
        return true;
      },
      [](int64_t) { return Status::InvalidInput("Date out of range in timestamp conversion"); });
}

void TimestampToTime(const KernelCall& call, Vector& result) {
  const LogicalType& from = call.arguments[0].type();
  const ZoneOfCall session(call);
  if (from.with_time_zone() && session.FailAll(call, result)) return;
  TryUnaryKernel<int64_t, int64_t>(
      call, result,
      [&](int64_t ticks, int64_t& out) {
        int64_t micros = 0;
        if (!IsFiniteTimestamp(ticks) || !LocalMicros(from, *session.zone, ticks, &micros))
          return false;
        out = TimeOfMicros(micros);
        return true;
      },
      [](int64_t ticks) {
        return IsFiniteTimestamp(ticks)
                   ? TimestampOutOfRange()
                   : Status::InvalidInput("Can't get TIME of infinite TIMESTAMP");
      });
}

}  // namespace

CastKernel FindTemporalCast(const LogicalType& from, const LogicalType& to) {
  if (from.id() == TypeId::kDate) return to.id() == TypeId::kTimestamp ? DateToTimestamp : nullptr;
  if (from.id() != TypeId::kTimestamp) return nullptr;
  switch (to.id()) {
    case TypeId::kDate: return TimestampToDate;
    case TypeId::kTime: return TimestampToTime;
    default: return TimestampToTimestamp;
  }
}

}  // namespace trivet::cast_internal
