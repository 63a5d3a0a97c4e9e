// INTERVAL '1 day', INTERVAL 3 DAY, INTERVAL (x) MONTH.
#include "sql/parser/expression_parser.h"
#include "sql/parser/time_unit.h"

namespace trivet {

using namespace syntax;  // NOLINT(google-build-using-namespace): the tree is this file's subject

const TimeUnit* FindTimeUnit(Keyword keyword) {
  static constexpr TimeUnit kYear = {"YEAR", "to_years", "INTEGER"};
  static constexpr TimeUnit kMonth = {"MONTH", "to_months", "INTEGER"};
  static constexpr TimeUnit kDay = {"DAY", "to_days", "INTEGER"};
  static constexpr TimeUnit kHour = {"HOUR", "to_hours", "BIGINT"};
  static constexpr TimeUnit kMinute = {"MINUTE", "to_minutes", "BIGINT"};
  static constexpr TimeUnit kSecond = {"SECOND", "to_seconds", "DOUBLE"};
  static constexpr TimeUnit kMillisecond = {"MILLISECONDS", "to_milliseconds", "DOUBLE"};
  static constexpr TimeUnit kMicrosecond = {"MICROSECONDS", "to_microseconds", "BIGINT"};
  static constexpr TimeUnit kWeek = {"WEEK", "to_weeks", "INTEGER"};
  static constexpr TimeUnit kQuarter = {"QUARTER", "to_quarters", "INTEGER"};
  static constexpr TimeUnit kDecade = {"DECADE", "to_decades", "INTEGER"};
  static constexpr TimeUnit kCentury = {"CENTURY", "to_centuries", "INTEGER"};
  static constexpr TimeUnit kMillennium = {"MILLENNIUM", "to_millennia", "INTEGER"};
  switch (keyword) {
    case "year"_kw:
    case "years"_kw: return &kYear;
    case "month"_kw:
    case "months"_kw: return &kMonth;
    case "day"_kw:
    case "days"_kw: return &kDay;
    case "hour"_kw:
    case "hours"_kw: return &kHour;
    case "minute"_kw:
    case "minutes"_kw: return &kMinute;
    case "second"_kw:
    case "seconds"_kw: return &kSecond;
    case "millisecond"_kw:
    case "milliseconds"_kw: return &kMillisecond;
    case "microsecond"_kw:
    case "microseconds"_kw: return &kMicrosecond;
    case "week"_kw:
    case "weeks"_kw: return &kWeek;
    case "quarter"_kw:
    case "quarters"_kw: return &kQuarter;
    case "decade"_kw:
    case "decades"_kw: return &kDecade;
    case "century"_kw:
    case "centuries"_kw: return &kCentury;
    case "millennium"_kw:
    case "millennia"_kw: return &kMillennium;
    default: return nullptr;
  }
}

// INTERVAL is also a column name; a value behind it tells.
bool ExpressionParser::AtInterval() const {
  if (!cursor_.At("interval"_kw)) return false;
  const TokenKind next = cursor_.Peek(1).kind;
  return cursor_.AtString(1) || cursor_.At(Symbol::kLeftParenthesis, 1) ||
         next == TokenKind::kInteger || next == TokenKind::kDecimal || next == TokenKind::kDouble;
}

ExpressionResult ExpressionParser::ParseInterval() {
  const size_t position = cursor_.Position();
  cursor_.Advance();
  ExpressionResult value =
      cursor_.At(Symbol::kLeftParenthesis) ? ParseParenthesizedPrimary() : ParseLiteral();
  if (!value.ok()) return value;
  const Keyword unit = cursor_.Peek().keyword;
  if (FindTimeUnit(unit) == nullptr) {
    return MakeCast(std::move(value).value(), "INTERVAL", position);
  }
  cursor_.Advance();
  if (cursor_.At("to"_kw) && FindTimeUnit(cursor_.Peek(1).keyword) != nullptr) {
    return Status::NotImplemented("INTERVAL with a range of units")
        .WithPosition(cursor_.Position());
  }
  return MakeInterval(std::move(value).value(), unit, position);
}

// to_days(CAST(trunc(CAST(value AS DOUBLE)) AS INTEGER))
ExpressionResult ExpressionParser::MakeInterval(ExpressionPtr value, Keyword unit,
                                                size_t position) const {
  const TimeUnit& time_unit = *FindTimeUnit(unit);
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr count, MakeCast(std::move(value), "DOUBLE", position));
  if (time_unit.argument_type != "DOUBLE") {
    TRIVET_ASSIGN_OR_RETURN(count, MakeCall("trunc", position, std::move(count)));
    TRIVET_ASSIGN_OR_RETURN(count, MakeCast(std::move(count), time_unit.argument_type, position));
  }
  return MakeCall(std::string(time_unit.function), position, std::move(count));
}

}  // namespace trivet
