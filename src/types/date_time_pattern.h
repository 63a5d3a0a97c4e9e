#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "types/type.h"

namespace trivet {

class TimeZone;

// A compiled strftime/strptime format. Specifiers: %a %A %w %u %d %b %h %B %m %y %Y %H %I %p %M %S
// %f (micros) %n (nanos) %g (millis) %z %Z %j %U %W %V %G %c %x %X %T %%, and %-d %-m %-y %-H %-I
// %-M %-S
// %-j without padding. Immutable after Compile; thread-safe.
class DateTimePattern {
 public:
  // InvalidInput for an unknown specifier or an empty format.
  static Result<DateTimePattern> Compile(std::string_view format);

  const std::string& text() const { return text_; }

  // Appends the value's text; infinite values give infinity and -infinity.
  void FormatDate(int32_t days, std::string* out) const;
  void FormatTimestamp(int64_t ticks, TimeUnit unit, std::string* out) const;
  // In the local time of the zone; %z is its offset and %Z its name.
  void FormatTimestampWithZone(int64_t micros, const TimeZone& zone, std::string* out) const;

  // What strptime returns for this format: TIMESTAMP WITH TIME ZONE where it holds %z or %Z,
  // TIMESTAMP_NS where it holds %n, else TIMESTAMP.
  LogicalType ParsedType() const;
  // Ticks of ParsedType() in the text. Missing parts are those of 1900-01-01 00:00:00. The error
  // shows the text with a caret and says what did not match.
  Result<int64_t> Parse(std::string_view text) const;

 private:
  friend class PatternReader;
  enum class Kind : uint8_t {
    kLiteral,
    kSpace,  // any run of blanks
    kWeekdayShort,
    kWeekdayLong,
    kWeekday,     // 0 Sunday
    kIsoWeekday,  // 1 Monday
    kDay,
    kMonthShort,
    kMonthLong,
    kMonth,
    kYearOfCentury,
    kYear,
    kHour,
    kHour12,
    kAmPm,
    kMinute,
    kSecond,
    kMillis,
    kMicros,
    kNanos,
    kOffset,
    kZoneName,
    kDayOfYear,
    kWeekFromSunday,
    kWeekFromMonday,
    kIsoWeek,
    kIsoYear,
  };
  struct Piece {
    Kind kind;
    bool padded = true;
    std::string literal;
  };
  struct Moment;  // a point in time taken apart for formatting

  static std::optional<Kind> FindSpecifier(char specifier, bool padded);
  Status CompileSpecifier(char specifier, bool padded);
  void AddLiteral(std::string_view text);
  bool Holds(Kind kind) const;
  void Format(const Moment& moment, std::string* out) const;
  static void FormatPiece(const Piece& piece, const Moment& moment, std::string* out);

  std::string text_;
  std::vector<Piece> pieces_;
};

}  // namespace trivet
