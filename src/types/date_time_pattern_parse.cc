// Reading text by a compiled format (strptime).
#include <optional>

#include "base/string_concat.h"
#include "types/date_time.h"
#include "types/date_time_pattern.h"
#include "types/number_parse.h"
#include "types/time_zone.h"

namespace trivet {

// Reads one text by one pattern: collects the fields as the pieces find them, then assembles the
// ticks.
class PatternReader {
 public:
  using Kind = DateTimePattern::Kind;

  PatternReader(const DateTimePattern& pattern, std::string_view text)
      : pattern_(pattern), text_(text) {}

  Result<int64_t> Read() {
    int64_t special;
    if (ReadSpecial(&special)) return special;
    SkipBlanks();
    for (const DateTimePattern::Piece& piece : pattern_.pieces_) {
      TRIVET_RETURN_IF_ERROR(ReadPiece(piece));
    }
    SkipBlanks();
    if (position_ != text_.size())
      return Mismatch("Full specifier did not match: trailing characters");
    return Assemble();
  }

 private:
  Status Mismatch(std::string_view reason) const {
    return Status::InvalidInput(
        StrCat("Could not parse string \"", text_, "\" according to format specifier \"",
               pattern_.text(), "\"\n", text_, "\n",
               std::string(std::min(position_, text_.size()), ' '), "^\nError: ", reason));
  }

  bool ReadSpecial(int64_t* ticks) const {
    const std::string_view text = TrimBlanks(text_);
    if (EqualsLower(text, "infinity") || EqualsLower(text, "inf")) {
      *ticks = kTimestampInfinity;
    } else if (EqualsLower(text, "-infinity") || EqualsLower(text, "-inf")) {
      *ticks = kTimestampNegativeInfinity;
    } else if (EqualsLower(text, "epoch")) {
      *ticks = 0;
    } else {
      return false;
    }
    return true;
  }

  void SkipBlanks() {
    while (position_ < text_.size() && IsBlank(text_[position_])) ++position_;
  }

  Status Number(int max_digits, int64_t minimum, int64_t maximum, std::string_view what,
                int64_t* value) {
    const size_t start = position_;
    int64_t result = 0;
    while (position_ < text_.size() && IsDigit(text_[position_]) &&
           position_ - start < static_cast<size_t>(max_digits)) {
      result = result * 10 + (text_[position_++] - '0');
    }
    if (position_ == start) return Mismatch("Expected a number");
    if (result < minimum || result > maximum) {
      position_ = start;
      return Mismatch(
          StrCat(what, " out of range, expected a value between ", minimum, " and ", maximum));
    }
    *value = result;
    return Status::OK();
  }

  // Up to `digits` digits as a fraction, in nanoseconds.
  Status Fraction(int digits) {
    const size_t start = position_;
    int64_t value = 0;
    int64_t place = 100000000;
    for (; position_ < text_.size() && IsDigit(text_[position_]) && digits > 0;
         ++position_, --digits) {
      value += (text_[position_] - '0') * place;
      place /= 10;
    }
    if (position_ == start) return Mismatch("Expected a number");
    nanos_ = value;
    return Status::OK();
  }

  template <size_t n>
  Status Name(const char* const (&names)[n], std::string_view what, int64_t* index) {
    for (size_t i = 0; i < n; ++i) {
      const std::string_view name = names[i];
      const std::string_view found = text_.substr(std::min(position_, text_.size()), name.size());
      const bool equal =
          std::equal(found.begin(), found.end(), name.begin(), name.end(),
                     [](char a, char b) { return ToLowerAscii(a) == ToLowerAscii(b); });
      if (!equal) continue;
      position_ += name.size();
      *index = static_cast<int64_t>(i);
      return Status::OK();
    }
    return Mismatch(StrCat("Expected ", what));
  }

  Status Literal(std::string_view literal) {
    if (text_.substr(std::min(position_, text_.size()), literal.size()) != literal) {
      return Mismatch(StrCat("Literal does not match, expected ", literal));
    }
    position_ += literal.size();
    return Status::OK();
  }

  Status Offset() {
    const bool negative = position_ < text_.size() && text_[position_] == '-';
    if (position_ == text_.size() || (!negative && text_[position_] != '+'))
      return Mismatch("Expected a UTC offset");
    ++position_;
    int64_t part[3] = {0, 0, 0};
    TRIVET_RETURN_IF_ERROR(Number(2, 0, 99, "Offset hour", &part[0]));
    for (int i = 1; i < 3 && position_ < text_.size(); ++i) {
      const bool colon = text_[position_] == ':';
      if (!colon && (i == 2 || !IsDigit(text_[position_]))) break;
      position_ += colon ? 1 : 0;
      TRIVET_RETURN_IF_ERROR(
          Number(2, 0, 59, i == 1 ? "Offset minute" : "Offset second", &part[i]));
    }
    const int64_t total = part[0] * 3600 + part[1] * 60 + part[2];
    offset_seconds_ = static_cast<int32_t>(negative ? -total : total);
    return Status::OK();
  }

  Status ZoneName() {
    const size_t start = position_;
    const auto is_name = [](char c) { return !IsBlank(c) && c != '(' && c != ')' && c != ','; };
    while (position_ < text_.size() && is_name(text_[position_])) ++position_;
    if (position_ == start) return Mismatch("Empty Time Zone name");
    TRIVET_ASSIGN_OR_RETURN(zone_, TimeZone::Find(text_.substr(start, position_ - start)));
    return Status::OK();
  }

  Status AmPm() {
    static constexpr const char* kNames[] = {"AM", "PM"};
    int64_t index = 0;
    TRIVET_RETURN_IF_ERROR(Name(kNames, "AM/PM", &index));
    afternoon_ = index == 1;
    return Status::OK();
  }

  Status ReadWeekPiece(Kind kind) {
    int64_t value = 0;
    switch (kind) {
      case Kind::kWeekdayShort:
        TRIVET_RETURN_IF_ERROR(Name(kDayAbbreviations, "an abbreviated day name", &value));
        break;
      case Kind::kWeekdayLong:
        TRIVET_RETURN_IF_ERROR(Name(kDayNames, "a full day name", &value));
        break;
      case Kind::kWeekday: TRIVET_RETURN_IF_ERROR(Number(1, 0, 6, "Weekday", &value)); break;
      case Kind::kIsoWeekday:
        TRIVET_RETURN_IF_ERROR(Number(1, 1, 7, "ISO weekday offset", &value));
        value %= 7;
        break;
      case Kind::kIsoYear: {
        TRIVET_RETURN_IF_ERROR(Number(4, 0, 9999, "ISO year", &value));
        iso_year_ = value;
        return Status::OK();
      }
      default: {
        const bool iso = kind == Kind::kIsoWeek;
        TRIVET_RETURN_IF_ERROR(
            Number(2, iso ? 1 : 0, 53, iso ? "ISO week offset" : "Week", &value));
        week_ = value;
        week_kind_ = kind;
        return Status::OK();
      }
    }
    weekday_ = value;
    return Status::OK();
  }

  Status ReadPiece(const DateTimePattern::Piece& piece) {
    switch (piece.kind) {
      case Kind::kLiteral: return Literal(piece.literal);
      case Kind::kSpace:
        if (position_ == text_.size() || !IsBlank(text_[position_])) {
          return Mismatch("Space does not match, expected a space");
        }
        SkipBlanks();
        return Status::OK();
      case Kind::kDay: has_date_ = true; return Number(2, 1, 31, "Day", &day_);
      case Kind::kMonth: has_date_ = true; return Number(2, 1, 12, "Month", &month_);
      case Kind::kMonthShort:
      case Kind::kMonthLong: {
        has_date_ = true;
        TRIVET_RETURN_IF_ERROR(piece.kind == Kind::kMonthShort
                                   ? Name(kMonthAbbreviations, "an abbreviated month name", &month_)
                                   : Name(kMonthNames, "a full month name", &month_));
        ++month_;
        return Status::OK();
      }
      case Kind::kYear: return Number(4, 0, 9999, "Year", &year_);
      case Kind::kYearOfCentury:
        TRIVET_RETURN_IF_ERROR(Number(2, 0, 99, "Year", &year_));
        year_ += year_ >= 69 ? 1900 : 2000;  // POSIX
        return Status::OK();
      case Kind::kHour: return Number(2, 0, 23, "Hour", &hour_);
      case Kind::kHour12: return Number(2, 1, 12, "Hour12", &hour_);
      case Kind::kAmPm: return AmPm();
      case Kind::kMinute: return Number(2, 0, 59, "Minutes", &minute_);
      case Kind::kSecond: return Number(2, 0, 59, "Seconds", &second_);
      case Kind::kMillis: return Fraction(3);
      case Kind::kMicros: return Fraction(6);
      case Kind::kNanos: return Fraction(9);
      case Kind::kOffset: return Offset();
      case Kind::kZoneName: return ZoneName();
      case Kind::kDayOfYear: {
        int64_t value = 0;
        TRIVET_RETURN_IF_ERROR(Number(3, 1, 366, "Year day", &value));
        day_of_year_ = value;
        return Status::OK();
      }
      default: return ReadWeekPiece(piece.kind);
    }
  }

  // The day of a week of the year; where no weekday was given, the first day of the week.
  int64_t DayOfWeekNumber() const {
    const int64_t year = week_kind_ == Kind::kIsoWeek ? iso_year_.value_or(year_) : year_;
    const bool from_sunday = week_kind_ == Kind::kWeekFromSunday;
    const int64_t first = DaysFromCivil(year, 1, week_kind_ == Kind::kIsoWeek ? 4 : 1);
    const auto first_day = static_cast<int32_t>(first);
    // Start of the week that holds the first of January, or the fourth for ISO weeks.
    const int64_t start =
        first - (from_sunday ? DayOfWeek(first_day) : IsoDayOfWeek(first_day) - 1);
    const int64_t default_weekday = from_sunday ? 0 : 1;
    const int64_t weekday = weekday_.value_or(default_weekday);
    const int64_t in_week = from_sunday ? weekday : (weekday + 6) % 7;
    if (week_kind_ == Kind::kIsoWeek) return start + 7 * (week_.value_or(1) - 1) + in_week;
    // Week 1 starts on the year's first Sunday or Monday.
    const int64_t week_one = start == first ? start : start + 7;
    return week_one + 7 * (week_.value_or(0) - 1) + in_week;
  }

  Status ResolveDate(int32_t* date) const {
    const auto failure = [this](int64_t month, int64_t day) {
      return Status::InvalidInput(StrCat("Date out of range: ", year_, "-", month, "-", day));
    };
    int64_t days;
    if (has_date_ || (!day_of_year_ && !week_ && !iso_year_)) {
      return MakeDate(year_, month_, day_, date) ? Status::OK() : failure(month_, day_);
    }
    if (day_of_year_) {
      days = DaysFromCivil(year_, 1, 1) + *day_of_year_ - 1;
    } else {
      days = DayOfWeekNumber();
    }
    *date = static_cast<int32_t>(days);
    return Status::OK();
  }

  Result<int64_t> Assemble() {
    int32_t date = 0;
    TRIVET_RETURN_IF_ERROR(ResolveDate(&date));
    if (afternoon_) hour_ = hour_ % 12 + (*afternoon_ ? 12 : 0);
    const int64_t micros_of_day = hour_ * kMicrosPerHour + minute_ * kMicrosPerMinute +
                                  second_ * kMicrosPerSecond + nanos_ / kNanosPerMicro;
    int64_t micros = date * kMicrosPerDay + micros_of_day;
    if (zone_ != nullptr) {
      zone_->ToUtc(micros, &micros);  // years of four digits are far from the range's ends
    } else {
      micros -= offset_seconds_ * kMicrosPerSecond;
    }
    if (pattern_.ParsedType().unit() == TimeUnit::kMicro) return micros;
    int64_t nanos;
    if (!ConvertTimestampUnit(micros, TimeUnit::kMicro, TimeUnit::kNano, &nanos) ||
        __builtin_add_overflow(nanos, nanos_ % kNanosPerMicro, &nanos)) {
      return Mismatch("Date and time not in timestamp range");
    }
    return nanos;
  }

  const DateTimePattern& pattern_;
  const std::string_view text_;
  size_t position_ = 0;
  int64_t year_ = 1900;
  int64_t month_ = 1;
  int64_t day_ = 1;
  bool has_date_ = false;
  std::optional<int64_t> day_of_year_;
  std::optional<int64_t> week_;
  Kind week_kind_ = Kind::kIsoWeek;
  std::optional<int64_t> iso_year_;
  std::optional<int64_t> weekday_;
  int64_t hour_ = 0;
  int64_t minute_ = 0;
  int64_t second_ = 0;
  int64_t nanos_ = 0;
  std::optional<bool> afternoon_;
  int32_t offset_seconds_ = 0;
  const TimeZone* zone_ = nullptr;
};

Result<int64_t> DateTimePattern::Parse(std::string_view text) const {
  return PatternReader(*this, text).Read();
}

}  // namespace trivet
