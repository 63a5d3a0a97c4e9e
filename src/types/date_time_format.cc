#include "types/date_time_format.h"

#include <cstring>
#include <string_view>

#include "types/date_time.h"
#include "types/number_format.h"

namespace trivet {

namespace {

char* WriteText(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

// The date without the marker of years before 1, which stands behind the day in dates and
// timestamps.
char* WriteCivil(char* out, const CivilDate& date) {
  const bool before_christ = date.year <= 0;
  const auto year =
      static_cast<uint64_t>(before_christ ? 1 - static_cast<int64_t>(date.year) : date.year);
  out = year < 10000 ? WritePadded(out, year, 4) : WriteUInt64(out, year);
  *out++ = '-';
  out = WritePadded(out, static_cast<uint64_t>(date.month), 2);
  *out++ = '-';
  out = WritePadded(out, static_cast<uint64_t>(date.day), 2);
  return before_christ ? WriteText(out, " (BC)") : out;
}

char* WriteClock(char* out, uint64_t hours, uint64_t minutes, uint64_t seconds) {
  out = hours < 100 ? WritePadded(out, hours, 2) : WriteUInt64(out, hours);
  *out++ = ':';
  out = WritePadded(out, minutes, 2);
  *out++ = ':';
  return WritePadded(out, seconds, 2);
}

// A fraction of a second given in `digits` digits, without trailing zeros; nothing for zero.
char* WriteFraction(char* out, uint64_t fraction, int digits) {
  if (fraction == 0) return out;
  *out++ = '.';
  out = WritePadded(out, fraction, digits);
  while (out[-1] == '0') --out;
  return out;
}

int FractionDigits(TimeUnit unit) { return 3 * static_cast<int>(unit); }

char* WriteInfinity(char* out, bool positive) {
  return WriteText(out, positive ? "infinity" : "-infinity");
}

// Local seconds and fraction; kept apart, for an offset may leave the range of the ticks.
char* WriteLocal(char* out, int64_t seconds, uint64_t fraction, TimeUnit unit) {
  const int64_t days = FloorDivide(seconds, kSecondsPerDay);
  const auto second_of_day = static_cast<uint64_t>(FloorModulo(seconds, kSecondsPerDay));
  // Seconds of 64 bits span more years than dates of 32 bits; the calendar repeats every 400 years.
  constexpr int64_t kDaysPerEra = 146097;
  const int64_t era = FloorDivide(days, kDaysPerEra);
  CivilDate date = CivilFromDays(static_cast<int32_t>(days - era * kDaysPerEra));
  const int64_t year = date.year + era * 400;
  if (year > -100000000 && year < 100000000) {
    date.year = static_cast<int32_t>(year);
    out = WriteCivil(out, date);
  } else {
    const bool before_christ = year <= 0;
    out = WriteUInt64(out, static_cast<uint64_t>(before_christ ? 1 - year : year));
    *out++ = '-';
    out = WritePadded(out, static_cast<uint64_t>(date.month), 2);
    *out++ = '-';
    out = WritePadded(out, static_cast<uint64_t>(date.day), 2);
    if (before_christ) out = WriteText(out, " (BC)");
  }
  *out++ = ' ';
  out = WriteClock(out, second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60);
  return WriteFraction(out, fraction, FractionDigits(unit));
}

}  // namespace

char* WriteDate(char* out, int32_t days) {
  if (!IsFiniteDate(days)) return WriteInfinity(out, days > 0);
  return WriteCivil(out, CivilFromDays(days));
}

char* WriteTime(char* out, int64_t micros) {
  const TimeOfDay time = TimeOfDayFromMicros(micros);
  out = WriteClock(out, static_cast<uint64_t>(time.hour), static_cast<uint64_t>(time.minute),
                   static_cast<uint64_t>(time.second));
  return WriteFraction(out, static_cast<uint64_t>(time.micros), 6);
}

char* WriteTimestamp(char* out, int64_t ticks, TimeUnit unit) {
  if (!IsFiniteTimestamp(ticks)) return WriteInfinity(out, ticks > 0);
  const int64_t per_second = TicksPerSecond(unit);
  return WriteLocal(out, FloorDivide(ticks, per_second),
                    static_cast<uint64_t>(FloorModulo(ticks, per_second)), unit);
}

char* WriteOffset(char* out, int32_t offset_seconds) {
  *out++ = offset_seconds < 0 ? '-' : '+';
  const auto magnitude =
      static_cast<uint64_t>(offset_seconds < 0 ? -offset_seconds : offset_seconds);
  out = WritePadded(out, magnitude / 3600, 2);
  if (magnitude % 3600 == 0) return out;
  *out++ = ':';
  return WritePadded(out, magnitude / 60 % 60, 2);
}

char* WriteTimestampWithZone(char* out, int64_t ticks, TimeUnit unit, int32_t offset_seconds) {
  if (!IsFiniteTimestamp(ticks)) return WriteInfinity(out, ticks > 0);
  const int64_t per_second = TicksPerSecond(unit);
  out = WriteLocal(out, FloorDivide(ticks, per_second) + offset_seconds,
                   static_cast<uint64_t>(FloorModulo(ticks, per_second)), unit);
  return WriteOffset(out, offset_seconds);
}

namespace {
char* WritePart(char* out, const char* begin, int64_t count, std::string_view unit) {
  if (count == 0) return out;
  if (out != begin) *out++ = ' ';
  out = WriteInt64(out, count);
  *out++ = ' ';
  out = WriteText(out, unit);
  if (count != 1 && count != -1) *out++ = 's';
  return out;
}
}  // namespace

char* WriteInterval(char* out, const Interval& interval) {
  const char* const begin = out;
  out = WritePart(out, begin, interval.months / 12, "year");
  out = WritePart(out, begin, interval.months % 12, "month");
  out = WritePart(out, begin, interval.days, "day");
  if (interval.micros == 0 && out != begin) return out;
  if (out != begin) *out++ = ' ';
  uint64_t micros = static_cast<uint64_t>(interval.micros);
  if (interval.micros < 0) {
    *out++ = '-';
    micros = ~micros + 1;
  }
  const uint64_t seconds = micros / kMicrosPerSecond;
  out = WriteClock(out, seconds / 3600, seconds / 60 % 60, seconds % 60);
  return WriteFraction(out, micros % kMicrosPerSecond, 6);
}

}  // namespace trivet
