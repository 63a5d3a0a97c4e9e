#include "types/date_time_pattern.h"

#include <algorithm>
#include <optional>

#include "base/string_concat.h"
#include "types/date_time.h"
#include "types/date_time_format.h"
#include "types/number_format.h"
#include "types/number_parse.h"
#include "types/time_zone.h"

namespace trivet {

Result<DateTimePattern> DateTimePattern::Compile(std::string_view format) {
  const auto failure = [format](std::string_view reason) {
    return Status::InvalidInput(StrCat("Failed to parse format specifier ", format, ": ", reason));
  };
  if (format.empty()) return failure("Empty format string");
  DateTimePattern pattern;
  pattern.text_ = format;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      pattern.AddLiteral(format.substr(i, 1));
      continue;
    }
    if (++i == format.size()) return failure("Trailing format character %");
    const bool padded = format[i] != '-';
    if (!padded && ++i == format.size()) return failure("Trailing format character %");
    const Status status = pattern.CompileSpecifier(format[i], padded);
    if (!status.ok()) return failure(status.message());
  }
  return pattern;
}

void DateTimePattern::AddLiteral(std::string_view text) {
  for (const char c : text) {
    const Kind kind = IsBlank(c) ? Kind::kSpace : Kind::kLiteral;
    if (pieces_.empty() || pieces_.back().kind != kind) pieces_.push_back({kind, true, ""});
    pieces_.back().literal.push_back(c);
  }
}

std::optional<DateTimePattern::Kind> DateTimePattern::FindSpecifier(char specifier, bool padded) {
  struct Known {
    char specifier;
    Kind kind;
    bool may_drop_padding;
  };
  static constexpr Known kKnown[] = {
      {'a', Kind::kWeekdayShort, false},
      {'A', Kind::kWeekdayLong, false},
      {'w', Kind::kWeekday, false},
      {'u', Kind::kIsoWeekday, false},
      {'d', Kind::kDay, true},
      {'b', Kind::kMonthShort, false},
      {'h', Kind::kMonthShort, false},
      {'B', Kind::kMonthLong, false},
      {'m', Kind::kMonth, true},
      {'y', Kind::kYearOfCentury, true},
      {'Y', Kind::kYear, false},
      {'H', Kind::kHour, true},
      {'I', Kind::kHour12, true},
      {'p', Kind::kAmPm, false},
      {'M', Kind::kMinute, true},
      {'S', Kind::kSecond, true},
      {'g', Kind::kMillis, false},
      {'f', Kind::kMicros, false},
      {'n', Kind::kNanos, false},
      {'z', Kind::kOffset, false},
      {'Z', Kind::kZoneName, false},
      {'j', Kind::kDayOfYear, true},
      {'U', Kind::kWeekFromSunday, false},
      {'W', Kind::kWeekFromMonday, false},
      {'V', Kind::kIsoWeek, false},
      {'G', Kind::kIsoYear, false},
  };
  for (const Known& known : kKnown) {
    if (known.specifier == specifier && (padded || known.may_drop_padding)) return known.kind;
  }
  return std::nullopt;
}

Status DateTimePattern::CompileSpecifier(char specifier, bool padded) {
  const auto compound = [this](std::string_view expansion) {
    for (const char c : expansion) {
      if (c == '-' || c == ':' || c == ' ') {
        AddLiteral(std::string_view(&c, 1));
      } else if (Status status = CompileSpecifier(c, true); !status.ok()) {
        return status;
      }
    }
    return Status::OK();
  };
  if (padded) {
    if (specifier == '%') {
      AddLiteral("%");
      return Status::OK();
    }
    if (specifier == 'c') return compound("Y-m-d H:M:S");
    if (specifier == 'x') return compound("Y-m-d");
    if (specifier == 'X' || specifier == 'T') return compound("H:M:S");
  }
  if (const std::optional<Kind> kind = FindSpecifier(specifier, padded)) {
    pieces_.push_back({*kind, padded, ""});
    return Status::OK();
  }
  return Status::InvalidInput(
      StrCat("Unrecognized format for strftime/strptime: %", padded ? "" : "-", specifier));
}

bool DateTimePattern::Holds(Kind kind) const {
  return std::any_of(pieces_.begin(), pieces_.end(),
                     [kind](const Piece& piece) { return piece.kind == kind; });
}

struct DateTimePattern::Moment {
  int32_t days = 0;
  CivilDate date;
  TimeOfDay time;
  int64_t nanos = 0;  // of the second
  int32_t offset_seconds = 0;
  std::string_view zone;
};

namespace {

void AppendNumber(std::string* out, int64_t value, int digits, bool padded) {
  char text[kMaxIntegerTextSize];
  char* const end =
      padded ? WritePadded(text, static_cast<uint64_t>(value), digits) : WriteInt64(text, value);
  out->append(text, end);
}

// %Y and %G: at least four digits, negative before year 0.
void AppendYear(std::string* out, int64_t year) {
  if (year >= 0 && year <= 9999) {
    AppendNumber(out, year, 4, true);
  } else {
    AppendNumber(out, year, 0, false);
  }
}

// Weeks of the year from its first Sunday or Monday; the days before are week 0.
int64_t WeekOfYear(int32_t days, bool from_monday) {
  const int32_t weekday = from_monday ? IsoDayOfWeek(days) - 1 : DayOfWeek(days);
  return (DayOfYear(days) + 6 - weekday) / 7;
}

void AppendOffset(std::string* out, int32_t offset_seconds) {
  char text[kMaxDateTimeTextSize];
  out->append(text, WriteOffset(text, offset_seconds));
  if (offset_seconds % 60 == 0) return;
  out->push_back(':');
  AppendNumber(out, std::abs(offset_seconds) % 60, 2, true);
}

bool AppendInfinity(std::string* out, bool finite, bool positive) {
  if (!finite) out->append(positive ? "infinity" : "-infinity");
  return !finite;
}

}  // namespace

void DateTimePattern::FormatPiece(const Piece& piece, const Moment& moment, std::string* out) {
  const auto number = [&](int64_t value, int digits) {
    AppendNumber(out, value, digits, piece.padded);
  };
  switch (piece.kind) {
    case Kind::kLiteral:
    case Kind::kSpace: out->append(piece.literal); break;
    case Kind::kWeekdayShort: out->append(kDayAbbreviations[DayOfWeek(moment.days)]); break;
    case Kind::kWeekdayLong: out->append(kDayNames[DayOfWeek(moment.days)]); break;
    case Kind::kWeekday: number(DayOfWeek(moment.days), 1); break;
    case Kind::kIsoWeekday: number(IsoDayOfWeek(moment.days), 1); break;
    case Kind::kDay: number(moment.date.day, 2); break;
    case Kind::kMonthShort: out->append(kMonthAbbreviations[moment.date.month - 1]); break;
    case Kind::kMonthLong: out->append(kMonthNames[moment.date.month - 1]); break;
    case Kind::kMonth: number(moment.date.month, 2); break;
    case Kind::kYearOfCentury: number(std::abs(moment.date.year % 100), 2); break;
    case Kind::kYear: AppendYear(out, moment.date.year); break;
    case Kind::kHour: number(moment.time.hour, 2); break;
    case Kind::kHour12: number((moment.time.hour + 11) % 12 + 1, 2); break;
    case Kind::kAmPm: out->append(moment.time.hour >= 12 ? "PM" : "AM"); break;
    case Kind::kMinute: number(moment.time.minute, 2); break;
    case Kind::kSecond: number(moment.time.second, 2); break;
    case Kind::kMillis: number(moment.nanos / 1000000, 3); break;
    case Kind::kMicros: number(moment.nanos / 1000, 6); break;
    case Kind::kNanos: number(moment.nanos, 9); break;
    case Kind::kOffset: AppendOffset(out, moment.offset_seconds); break;
    case Kind::kZoneName: out->append(moment.zone); break;
    case Kind::kDayOfYear: number(DayOfYear(moment.days), 3); break;
    case Kind::kWeekFromSunday: number(WeekOfYear(moment.days, false), 2); break;
    case Kind::kWeekFromMonday: number(WeekOfYear(moment.days, true), 2); break;
    case Kind::kIsoWeek: number(IsoWeekOf(moment.days).week, 2); break;
    case Kind::kIsoYear: AppendYear(out, IsoWeekOf(moment.days).year); break;
  }
}

void DateTimePattern::Format(const Moment& moment, std::string* out) const {
  for (const Piece& piece : pieces_) FormatPiece(piece, moment, out);
}

void DateTimePattern::FormatDate(int32_t days, std::string* out) const {
  if (AppendInfinity(out, IsFiniteDate(days), days > 0)) return;
  Moment moment;
  moment.days = days;
  moment.date = CivilFromDays(days);
  Format(moment, out);
}

void DateTimePattern::FormatTimestamp(int64_t ticks, TimeUnit unit, std::string* out) const {
  if (AppendInfinity(out, IsFiniteTimestamp(ticks), ticks > 0)) return;
  const int64_t per_second = TicksPerSecond(unit);
  const int64_t seconds = FloorDivide(ticks, per_second);
  Moment moment;
  const int64_t days = FloorDivide(seconds, kSecondsPerDay);
  // Coarse units reach beyond every date; such values show the last one.
  moment.days = static_cast<int32_t>(std::clamp<int64_t>(days, kDateMin, kDateMax));
  moment.date = CivilFromDays(moment.days);
  moment.time = TimeOfDayFromMicros(FloorModulo(seconds, kSecondsPerDay) * kMicrosPerSecond);
  moment.nanos = FloorModulo(ticks, per_second) * (1000000000 / per_second);
  Format(moment, out);
}

void DateTimePattern::FormatTimestampWithZone(int64_t micros, const TimeZone& zone,
                                              std::string* out) const {
  if (AppendInfinity(out, IsFiniteTimestamp(micros), micros > 0)) return;
  Moment moment;
  moment.offset_seconds = zone.OffsetAt(micros);
  moment.zone = zone.name();
  const int64_t seconds = FloorDivide(micros, kMicrosPerSecond) + moment.offset_seconds;
  moment.days = static_cast<int32_t>(FloorDivide(seconds, kSecondsPerDay));
  moment.date = CivilFromDays(moment.days);
  moment.time = TimeOfDayFromMicros(FloorModulo(seconds, kSecondsPerDay) * kMicrosPerSecond);
  moment.nanos = FloorModulo(micros, kMicrosPerSecond) * kNanosPerMicro;
  Format(moment, out);
}

LogicalType DateTimePattern::ParsedType() const {
  if (Holds(Kind::kOffset) || Holds(Kind::kZoneName))
    return LogicalType::Timestamp(TimeUnit::kMicro, true);
  return LogicalType::Timestamp(Holds(Kind::kNanos) ? TimeUnit::kNano : TimeUnit::kMicro);
}

}  // namespace trivet
