#include "types/date_time_parse.h"

#include <algorithm>

#include "base/string_concat.h"
#include "types/date_time.h"
#include "types/number_parse.h"
#include "types/time_zone.h"

namespace trivet {

namespace {

constexpr int64_t kNanosPerDay = kMicrosPerDay * kNanosPerMicro;

// A position in text; every reader moves it past what it read, or returns false.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  bool AtEnd() const { return position_ == text_.size(); }
  char Peek() const { return AtEnd() ? '\0' : text_[position_]; }
  std::string_view Rest() const { return text_.substr(position_); }
  void Skip(size_t count) { position_ += count; }
  void SkipBlanks() {
    while (!AtEnd() && IsBlank(Peek())) ++position_;
  }
  bool Accept(char c) {
    if (Peek() != c || AtEnd()) return false;
    ++position_;
    return true;
  }
  // At most max_digits digits, at least one.
  bool Number(int max_digits, int64_t* value) {
    const size_t start = position_;
    *value = 0;
    while (!AtEnd() && IsDigit(Peek()) && position_ - start < static_cast<size_t>(max_digits)) {
      *value = *value * 10 + (text_[position_++] - '0');
    }
    return position_ > start;
  }
  // A run of digits of any length as a fraction in nanoseconds, further digits cut.
  int64_t Fraction() {
    int64_t nanos = 0;
    int64_t place = 100000000;
    for (; !AtEnd() && IsDigit(Peek()); ++position_, place /= 10) nanos += (Peek() - '0') * place;
    return nanos;
  }

 private:
  std::string_view text_;
  size_t position_ = 0;
};

struct DateReading {
  int32_t days = 0;
  int infinity = 0;
  bool special = false;  // infinity or epoch
};

bool ReadSpecial(Cursor* cursor, DateReading* date) {
  struct Special {
    std::string_view text;
    int infinity;
  };
  constexpr Special kSpecials[] = {
      {"infinity", 1}, {"-infinity", -1}, {"inf", 1}, {"-inf", -1}, {"epoch", 0}};
  const std::string_view rest = cursor->Rest();
  for (const Special& special : kSpecials) {
    if (rest.size() < special.text.size()) continue;
    if (!EqualsLower(rest.substr(0, special.text.size()), special.text)) continue;
    cursor->Skip(special.text.size());
    date->special = true;
    date->infinity = special.infinity;
    date->days = special.infinity > 0   ? kDateInfinity
                 : special.infinity < 0 ? kDateNegativeInfinity
                                        : 0;
    return true;
  }
  return false;
}

DateTimeParse ReadDate(Cursor* cursor, DateReading* date) {
  cursor->SkipBlanks();
  const bool negative = cursor->Peek() == '-';
  const char first = negative && cursor->Rest().size() > 1 ? cursor->Rest()[1] : cursor->Peek();
  if (!IsDigit(first)) {
    return ReadSpecial(cursor, date) ? DateTimeParse::kOk : DateTimeParse::kMalformed;
  }
  if (negative) cursor->Skip(1);
  int64_t year = 0;
  constexpr int64_t kYearLimit = 100000000;
  for (; IsDigit(cursor->Peek()); cursor->Skip(1)) {
    year = std::min(year * 10 + (cursor->Peek() - '0'), kYearLimit);
  }
  const char separator = cursor->Peek();
  if (separator != '-' && separator != '/' && separator != '\\' && separator != ' ') {
    return DateTimeParse::kMalformed;
  }
  cursor->Skip(1);
  int64_t month = 0;
  int64_t day = 0;
  if (!cursor->Number(2, &month) || !cursor->Accept(separator) || !cursor->Number(2, &day)) {
    return DateTimeParse::kMalformed;
  }
  if (IsDigit(cursor->Peek())) return DateTimeParse::kMalformed;
  if (negative) year = -year;
  if (cursor->Rest().size() >= 5 && EqualsLower(cursor->Rest().substr(0, 5), " (bc)")) {
    if (year <= 0) return DateTimeParse::kMalformed;
    year = 1 - year;
    cursor->Skip(5);
  }
  return MakeDate(year, month, day, &date->days) ? DateTimeParse::kOk : DateTimeParse::kOutOfRange;
}

// hours:minutes[:seconds[.fraction]]
DateTimeParse ReadTime(Cursor* cursor, int64_t* nanos) {
  int64_t hour = 0;
  int64_t minute = 0;
  int64_t second = 0;
  int64_t fraction = 0;
  if (!cursor->Number(2, &hour) || !cursor->Accept(':') || !cursor->Number(2, &minute)) {
    return DateTimeParse::kMalformed;
  }
  if (cursor->Accept(':')) {
    if (!cursor->Number(2, &second)) return DateTimeParse::kMalformed;
    if (cursor->Accept('.')) fraction = cursor->Fraction();
  }
  int64_t micros;
  if (minute > 59 || second > 59) return DateTimeParse::kMalformed;
  if (!MakeTime(hour, minute, second, fraction / kNanosPerMicro, &micros)) {
    return DateTimeParse::kOutOfRange;
  }
  *nanos = micros * kNanosPerMicro + fraction % kNanosPerMicro;
  return DateTimeParse::kOk;
}

// ±HH, ±HHMM, ±HH:MM, ±HH:MM:SS
bool ReadOffset(Cursor* cursor, int32_t* seconds) {
  const bool negative = cursor->Peek() == '-';
  cursor->Skip(1);
  const auto two_digits = [cursor](int64_t* value) {
    return cursor->Rest().size() >= 2 && IsDigit(cursor->Rest()[1]) && cursor->Number(2, value);
  };
  int64_t hour = 0;
  int64_t minute = 0;
  int64_t second = 0;
  if (!two_digits(&hour)) return false;
  if (cursor->Accept(':')) {
    if (!two_digits(&minute)) return false;
    if (cursor->Accept(':') && !two_digits(&second)) return false;
  } else if (IsDigit(cursor->Peek()) && !two_digits(&minute)) {
    return false;
  }
  if (minute > 59 || second > 59) return false;
  const auto total = static_cast<int32_t>(hour * 3600 + minute * 60 + second);
  *seconds = negative ? -total : total;
  return true;
}

bool IsZoneCharacter(char c) {
  const char lower = ToLowerAscii(c);
  return (lower >= 'a' && lower <= 'z') || IsDigit(c) || c == '/' || c == '_' || c == '+' ||
         c == '-';
}

// Z, an offset, or a blank and the name of a zone; then only blanks up to the end.
bool ReadZone(Cursor* cursor, ParsedTimestamp* parts) {
  if (cursor->Accept('Z')) {
    parts->has_offset = true;
  } else if (cursor->Peek() == '+' || cursor->Peek() == '-') {
    parts->has_offset = true;
    if (!ReadOffset(cursor, &parts->offset_seconds)) return false;
  } else if (!cursor->AtEnd() && cursor->Accept(' ')) {
    const std::string_view rest = cursor->Rest();
    size_t size = 0;
    while (size < rest.size() && IsZoneCharacter(rest[size])) ++size;
    parts->zone = rest.substr(0, size);
    cursor->Skip(size);
  }
  cursor->SkipBlanks();
  return cursor->AtEnd();
}

}  // namespace

DateTimeParse ParseTimestampParts(std::string_view text, ParsedTimestamp* parts) {
  Cursor cursor(text);
  DateReading date;
  const DateTimeParse date_outcome = ReadDate(&cursor, &date);
  if (date_outcome == DateTimeParse::kMalformed) return date_outcome;
  parts->days = date.days;
  parts->infinity = date.infinity;
  if (date.special) {
    cursor.SkipBlanks();
    return cursor.AtEnd() ? DateTimeParse::kOk : DateTimeParse::kMalformed;
  }
  if (!cursor.AtEnd()) {
    if (cursor.Peek() == 'T') {
      cursor.Skip(1);
    } else if (IsBlank(cursor.Peek())) {
      cursor.SkipBlanks();
    } else {
      return DateTimeParse::kMalformed;
    }
    const DateTimeParse time_outcome = ReadTime(&cursor, &parts->nanos_of_day);
    if (time_outcome != DateTimeParse::kOk) return time_outcome;
    if (!ReadZone(&cursor, parts)) return DateTimeParse::kMalformed;
  }
  return date_outcome;
}

DateTimeParse ParseDate(std::string_view text, int32_t* days) {
  Cursor cursor(text);
  DateReading date;
  const DateTimeParse outcome = ReadDate(&cursor, &date);
  if (outcome == DateTimeParse::kMalformed) return outcome;
  cursor.SkipBlanks();
  if (!cursor.AtEnd()) {
    ParsedTimestamp parts;
    const DateTimeParse timestamp_outcome = ParseTimestampParts(text, &parts);
    if (timestamp_outcome != DateTimeParse::kOk) return timestamp_outcome;
  }
  if (outcome == DateTimeParse::kOk) *days = date.days;
  return outcome;
}

DateTimeParse ParseTime(std::string_view text, int64_t* micros) {
  Cursor cursor(text);
  cursor.SkipBlanks();
  int64_t nanos = 0;
  DateTimeParse outcome = ReadTime(&cursor, &nanos);
  if (outcome == DateTimeParse::kOk) {
    ParsedTimestamp zone;
    if (!ReadZone(&cursor, &zone)) return DateTimeParse::kMalformed;
  } else {
    ParsedTimestamp parts;
    outcome = ParseTimestampParts(text, &parts);
    if (outcome != DateTimeParse::kOk) return outcome;
    if (parts.infinity != 0) return DateTimeParse::kOutOfRange;
    nanos = parts.nanos_of_day;
  }
  *micros = nanos / kNanosPerMicro;
  return DateTimeParse::kOk;
}

DateTimeParse ParseTimestamp(std::string_view text, TimeUnit unit, int64_t* ticks) {
  ParsedTimestamp parts;
  const DateTimeParse outcome = ParseTimestampParts(text, &parts);
  if (outcome != DateTimeParse::kOk) return outcome;
  if (parts.infinity != 0) {
    *ticks = parts.infinity > 0 ? kTimestampInfinity : kTimestampNegativeInfinity;
    return outcome;
  }
  if (unit == TimeUnit::kNano) {
    const int128_t nanos = static_cast<int128_t>(parts.days) * kNanosPerDay + parts.nanos_of_day;
    if (nanos >= kTimestampInfinity || nanos <= kTimestampNegativeInfinity)
      return DateTimeParse::kOutOfRange;
    *ticks = static_cast<int64_t>(nanos);
    return outcome;
  }
  int64_t micros;
  if (!CombineDateTime(parts.days, parts.nanos_of_day / kNanosPerMicro, &micros) ||
      !ConvertTimestampUnit(micros, TimeUnit::kMicro, unit, ticks)) {
    return DateTimeParse::kOutOfRange;
  }
  return outcome;
}

Result<int64_t> ParseTimestampWithZone(std::string_view text, const TimeZone& session_zone) {
  ParsedTimestamp parts;
  const DateTimeParse outcome = ParseTimestampParts(text, &parts);
  if (outcome != DateTimeParse::kOk) return TimestampParseError(text, outcome);
  if (parts.infinity != 0) {
    return parts.infinity > 0 ? kTimestampInfinity : kTimestampNegativeInfinity;
  }
  int64_t local;
  int64_t utc;
  bool fits = CombineDateTime(parts.days, parts.nanos_of_day / kNanosPerMicro, &local);
  if (fits && parts.has_offset) {
    fits = !__builtin_sub_overflow(local, parts.offset_seconds * kMicrosPerSecond, &utc) &&
           IsFiniteTimestamp(utc);
  } else if (fits && !parts.zone.empty()) {
    TRIVET_ASSIGN_OR_RETURN(const TimeZone* const zone, TimeZone::Find(parts.zone));
    fits = zone->ToUtc(local, &utc);
  } else if (fits) {
    fits = session_zone.ToUtc(local, &utc);
  }
  if (!fits) return TimestampParseError(text, DateTimeParse::kOutOfRange);
  return utc;
}

Status DateParseError(std::string_view text, DateTimeParse outcome) {
  if (outcome == DateTimeParse::kOutOfRange) {
    return Status::InvalidInput(StrCat("date field value out of range: \"", text, "\""));
  }
  return Status::InvalidInput(
      StrCat("invalid date field format: \"", text, "\", expected format is (YYYY-MM-DD)"));
}

Status TimeParseError(std::string_view text) {
  return Status::InvalidInput(StrCat("time field value out of range: \"", text,
                                     "\", expected format is ([YYYY-MM-DD ]HH:MM:SS[.MS])"));
}

Status TimestampParseError(std::string_view text, DateTimeParse outcome) {
  if (outcome == DateTimeParse::kOutOfRange) {
    return Status::InvalidInput(StrCat("timestamp field value out of range: \"", text, "\""));
  }
  return Status::InvalidInput(
      StrCat("invalid timestamp field format: \"", text,
             "\", expected format is (YYYY-MM-DD HH:MM[:SS[.US]][±HH[:MM[:SS]]| ZONE])"));
}

}  // namespace trivet
