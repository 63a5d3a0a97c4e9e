#include <limits>

#include "base/string_concat.h"
#include "types/date_time.h"
#include "types/interval.h"
#include "types/number_parse.h"

namespace trivet {

namespace {

// What one of a unit is made of; exactly one part is not zero.
struct IntervalUnit {
  int32_t months = 0;
  int32_t days = 0;
  int64_t micros = 0;
};

struct UnitSpelling {
  std::string_view text;
  IntervalUnit unit;
};

constexpr UnitSpelling kUnits[] = {
    {"millennium", {12000, 0, 0}},
    {"millennia", {12000, 0, 0}},
    {"millenniums", {12000, 0, 0}},
    {"millenium", {12000, 0, 0}},
    {"mil", {12000, 0, 0}},
    {"mils", {12000, 0, 0}},
    {"century", {1200, 0, 0}},
    {"centuries", {1200, 0, 0}},
    {"cent", {1200, 0, 0}},
    {"c", {1200, 0, 0}},
    {"decade", {120, 0, 0}},
    {"decades", {120, 0, 0}},
    {"dec", {120, 0, 0}},
    {"decs", {120, 0, 0}},
    {"year", {12, 0, 0}},
    {"years", {12, 0, 0}},
    {"yr", {12, 0, 0}},
    {"yrs", {12, 0, 0}},
    {"y", {12, 0, 0}},
    {"quarter", {3, 0, 0}},
    {"quarters", {3, 0, 0}},
    {"month", {1, 0, 0}},
    {"months", {1, 0, 0}},
    {"mon", {1, 0, 0}},
    {"mons", {1, 0, 0}},
    {"week", {0, 7, 0}},
    {"weeks", {0, 7, 0}},
    {"w", {0, 7, 0}},
    {"day", {0, 1, 0}},
    {"days", {0, 1, 0}},
    {"d", {0, 1, 0}},
    {"dayofmonth", {0, 1, 0}},
    {"hour", {0, 0, kMicrosPerHour}},
    {"hours", {0, 0, kMicrosPerHour}},
    {"hr", {0, 0, kMicrosPerHour}},
    {"hrs", {0, 0, kMicrosPerHour}},
    {"h", {0, 0, kMicrosPerHour}},
    {"minute", {0, 0, kMicrosPerMinute}},
    {"minutes", {0, 0, kMicrosPerMinute}},
    {"min", {0, 0, kMicrosPerMinute}},
    {"mins", {0, 0, kMicrosPerMinute}},
    {"m", {0, 0, kMicrosPerMinute}},
    {"second", {0, 0, kMicrosPerSecond}},
    {"seconds", {0, 0, kMicrosPerSecond}},
    {"sec", {0, 0, kMicrosPerSecond}},
    {"secs", {0, 0, kMicrosPerSecond}},
    {"s", {0, 0, kMicrosPerSecond}},
    {"millisecond", {0, 0, kMicrosPerMilli}},
    {"milliseconds", {0, 0, kMicrosPerMilli}},
    {"ms", {0, 0, kMicrosPerMilli}},
    {"msec", {0, 0, kMicrosPerMilli}},
    {"msecs", {0, 0, kMicrosPerMilli}},
    {"microsecond", {0, 0, 1}},
    {"microseconds", {0, 0, 1}},
    {"us", {0, 0, 1}},
    {"usec", {0, 0, 1}},
    {"usecs", {0, 0, 1}},
    {"usecond", {0, 0, 1}},
    {"useconds", {0, 0, 1}},
};

const IntervalUnit* FindUnit(std::string_view text) {
  for (const UnitSpelling& spelling : kUnits) {
    if (EqualsLower(text, spelling.text)) return &spelling.unit;
  }
  return nullptr;
}

// An amount as whole + numerator / denominator, all of one sign, so that fractions stay exact.
struct Amount {
  int64_t whole = 0;
  int64_t numerator = 0;
  int64_t denominator = 1;
};

class IntervalParser {
 public:
  explicit IntervalParser(std::string_view text) : text_(text) {}

  Result<Interval> Parse() {
    SkipBlanks();
    if (!AtEnd() && text_[position_] == '@') ++position_;
    bool found = false;
    for (SkipBlanks(); !AtEnd(); SkipBlanks()) {
      const char c = text_[position_];
      if (ToLowerAscii(c) == 'a' && found) {
        TRIVET_RETURN_IF_ERROR(Ago());
        return result_;
      }
      if (!IsDigit(c) && c != '-') return Malformed();
      TRIVET_RETURN_IF_ERROR(Part());
      found = true;
    }
    if (!found) return Malformed();
    return result_;
  }

 private:
  bool AtEnd() const { return position_ == text_.size(); }
  void SkipBlanks() {
    while (!AtEnd() && IsBlank(text_[position_])) ++position_;
  }
  Status Malformed() const {
    return Status::InvalidInput(StrCat("Could not convert string '", text_, "' to INTERVAL"));
  }
  static Status OutOfRange() { return Status::InvalidInput("interval value is out of range"); }

  Status Ago() {
    if (!EqualsLower(TrimBlanks(text_.substr(position_)), "ago")) return Malformed();
    return NegateInterval(result_, &result_) ? Status::OK() : OutOfRange();
  }

  // Digits into value; false on overflow.
  bool Digits(int64_t* value, int* count) {
    *value = 0;
    for (*count = 0; !AtEnd() && IsDigit(text_[position_]); ++position_, ++*count) {
      if (__builtin_mul_overflow(*value, 10, value)) return false;
      if (__builtin_add_overflow(*value, text_[position_] - '0', value)) return false;
    }
    return true;
  }

  void Fraction(Amount* amount) {
    constexpr int64_t kDenominatorLimit =
        1000000000000000;  // 15 digits; further ones are below notice
    for (; !AtEnd() && IsDigit(text_[position_]); ++position_) {
      if (amount->denominator >= kDenominatorLimit) continue;
      amount->numerator = amount->numerator * 10 + (text_[position_] - '0');
      amount->denominator *= 10;
    }
  }

  Status Part() {
    const bool negative = text_[position_] == '-';
    if (negative) ++position_;
    Amount amount;
    int count = 0;
    if (!Digits(&amount.whole, &count)) return OutOfRange();
    if (count == 0) return Malformed();
    if (!AtEnd() && text_[position_] == ':') return Clock(amount.whole, negative);
    if (!AtEnd() && text_[position_] == '.') {
      ++position_;
      Fraction(&amount);
    }
    if (negative) {
      amount.whole = -amount.whole;
      amount.numerator = -amount.numerator;
    }
    SkipBlanks();
    const size_t start = position_;
    while (!AtEnd() && ToLowerAscii(text_[position_]) >= 'a' &&
           ToLowerAscii(text_[position_]) <= 'z') {
      ++position_;
    }
    const std::string_view name = text_.substr(start, position_ - start);
    if (name.empty() && AtEnd() && result_ == Interval{})
      return Add(amount, {0, 0, kMicrosPerSecond});
    const IntervalUnit* const unit = FindUnit(name);
    if (unit == nullptr) {
      return Status::InvalidInput(StrCat("extract specifier \"", name, "\" not recognized"));
    }
    return Add(amount, *unit);
  }

  Status Add(const Amount& amount, const IntervalUnit& unit) {
    bool fits = true;
    const auto accumulate = [&fits](auto* target, int128_t value) {
      using Target = std::remove_pointer_t<decltype(target)>;
      const int128_t sum = value + *target;
      fits = fits && sum >= std::numeric_limits<Target>::min() &&
             sum <= std::numeric_limits<Target>::max();
      if (fits) *target = static_cast<Target>(sum);
    };
    const int128_t numerator = amount.numerator;
    if (unit.months >= 12) {
      accumulate(&result_.months, static_cast<int128_t>(amount.whole) * unit.months +
                                      Rounded(numerator * unit.months, amount.denominator));
    } else if (unit.months > 0) {
      // Whole months of the fraction, the rest as days of 30 to the month and, for months, hours.
      const int128_t months = numerator * unit.months / amount.denominator;
      accumulate(&result_.months, static_cast<int128_t>(amount.whole) * unit.months + months);
      const int128_t rest = numerator * unit.months % amount.denominator * kDaysPerMonth;
      if (unit.months > 1) {
        accumulate(&result_.days, Rounded(rest, amount.denominator));
      } else {
        accumulate(&result_.days, rest / amount.denominator);
        accumulate(&result_.micros,
                   Rounded(rest % amount.denominator * kMicrosPerDay, amount.denominator));
      }
    } else if (unit.days > 0) {
      const int128_t scaled = numerator * unit.days;
      accumulate(&result_.days,
                 static_cast<int128_t>(amount.whole) * unit.days + scaled / amount.denominator);
      accumulate(&result_.micros,
                 Rounded(scaled % amount.denominator * kMicrosPerDay, amount.denominator));
    } else {
      // A part of a microsecond does not round up a whole one.
      const int128_t fraction =
          unit.micros == 1 ? 0 : Rounded(numerator * unit.micros, amount.denominator);
      accumulate(&result_.micros, static_cast<int128_t>(amount.whole) * unit.micros + fraction);
    }
    return fits ? Status::OK() : OutOfRange();
  }

  static int128_t Rounded(int128_t numerator, int64_t denominator) {
    const int128_t doubled = numerator * 2 + (numerator < 0 ? -denominator : denominator);
    return doubled / (2 * static_cast<int128_t>(denominator));
  }

  // hours:minutes[:seconds[.fraction]], hours of any size.
  Status Clock(int64_t hours, bool negative) {
    ++position_;
    int64_t minutes = 0;
    int64_t seconds = 0;
    Amount fraction;
    int count = 0;
    if (!Digits(&minutes, &count) || count == 0 || count > 2 || minutes > 59) return Malformed();
    if (!AtEnd() && text_[position_] == ':') {
      ++position_;
      if (!Digits(&seconds, &count) || count == 0 || count > 2 || seconds > 59) return Malformed();
      if (!AtEnd() && text_[position_] == '.') {
        ++position_;
        Fraction(&fraction);
      }
    }
    if (!AtEnd() && !IsBlank(text_[position_])) return Malformed();
    int128_t micros =
        static_cast<int128_t>(hours) * kMicrosPerHour + minutes * kMicrosPerMinute +
        seconds * kMicrosPerSecond +
        static_cast<int128_t>(fraction.numerator) * kMicrosPerSecond / fraction.denominator;
    if (negative) micros = -micros;
    micros += result_.micros;
    if (micros > std::numeric_limits<int64_t>::max() ||
        micros < std::numeric_limits<int64_t>::min()) {
      return OutOfRange();
    }
    result_.micros = static_cast<int64_t>(micros);
    return Status::OK();
  }

  const std::string_view text_;
  size_t position_ = 0;
  Interval result_;
};

}  // namespace

Result<Interval> ParseInterval(std::string_view text) { return IntervalParser(text).Parse(); }

}  // namespace trivet
