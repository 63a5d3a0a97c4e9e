// INTERVAL '1 day', INTERVAL 3 DAY, INTERVAL (x) MONTH.
#include "sql/parser/expression_parser.h"
#include "sql/parser/interval_unit.h"

namespace trivet {

using namespace syntax;  // NOLINT(google-build-using-namespace): the tree is this file's subject

const IntervalUnit* FindIntervalUnit(Keyword keyword) {
  static constexpr IntervalUnit kYear = {"YEAR", "to_years", "INTEGER"};
  static constexpr IntervalUnit kMonth = {"MONTH", "to_months", "INTEGER"};
  static constexpr IntervalUnit kDay = {"DAY", "to_days", "INTEGER"};
  static constexpr IntervalUnit kHour = {"HOUR", "to_hours", "BIGINT"};
  static constexpr IntervalUnit kMinute = {"MINUTE", "to_minutes", "BIGINT"};
  static constexpr IntervalUnit kSecond = {"SECOND", "to_seconds", "DOUBLE"};
  static constexpr IntervalUnit kMillisecond = {"MILLISECONDS", "to_milliseconds", "DOUBLE"};
  static constexpr IntervalUnit kMicrosecond = {"MICROSECONDS", "to_microseconds", "BIGINT"};
  static constexpr IntervalUnit kWeek = {"WEEK", "to_weeks", "INTEGER"};
  static constexpr IntervalUnit kQuarter = {"QUARTER", "to_quarters", "INTEGER"};
  static constexpr IntervalUnit kDecade = {"DECADE", "to_decades", "INTEGER"};
  static constexpr IntervalUnit kCentury = {"CENTURY", "to_centuries", "INTEGER"};
  static constexpr IntervalUnit kMillennium = {"MILLENNIUM", "to_millennia", "INTEGER"};
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
  if (FindIntervalUnit(unit) == nullptr) {
    return MakeCast(std::move(value).value(), "INTERVAL", position);
  }
  cursor_.Advance();
  if (cursor_.At("to"_kw) && FindIntervalUnit(cursor_.Peek(1).keyword) != nullptr) {
    return Status::NotImplemented("INTERVAL with a range of units")
        .WithPosition(cursor_.Position());
  }
  return MakeInterval(std::move(value).value(), unit, position);
}

// to_days(CAST(trunc(CAST(value AS DOUBLE)) AS INTEGER))
ExpressionResult ExpressionParser::MakeInterval(ExpressionPtr value, Keyword unit,
                                                size_t position) const {
  const IntervalUnit& interval_unit = *FindIntervalUnit(unit);
  TRIVET_ASSIGN_OR_RETURN(ExpressionPtr count, MakeCast(std::move(value), "DOUBLE", position));
  if (interval_unit.argument_type != "DOUBLE") {
    TRIVET_ASSIGN_OR_RETURN(count, MakeCall("trunc", position, std::move(count)));
    TRIVET_ASSIGN_OR_RETURN(count,
                            MakeCast(std::move(count), interval_unit.argument_type, position));
  }
  return MakeCall(std::string(interval_unit.function), position, std::move(count));
}

}  // namespace trivet
