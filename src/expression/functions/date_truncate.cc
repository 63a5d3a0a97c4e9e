// date_trunc, date_diff, date_sub, age, time_bucket and what names days and months.
#include "base/string_concat.h"
#include "expression/functions/register.h"
#include "expression/functions/session_zone.h"
#include "expression/functions/signature.h"
#include "expression/kernel.h"
#include "types/date_time.h"
#include "types/date_time_arithmetic.h"

namespace trivet {

namespace {

const LogicalType kTimestamp = LogicalType::Timestamp();
const LogicalType kTimestampTz = LogicalType::Timestamp(TimeUnit::kMicro, true);

Status OutOfRange() { return Status::InvalidInput("Timestamp out of range"); }

// The field that argument 0 names, row by row; the name before is remembered.
class FieldNames {
 public:
  explicit FieldNames(const KernelCall& call)
      : names_(call, 0), is_constant_(call.arguments[0].is_constant()) {}

  const Result<DateField>& At(size_t row) {
    if (!is_known_ || (!is_constant_ && names_[row].view() != last_)) {
      last_ = names_[row].view();
      field_ = FindDateField(last_);
      if (field_.ok() && !IsTruncationField(*field_)) {
        field_ = Status::NotImplemented(
            StrCat("Specifier type not implemented: \"", last_, "\" is no unit of time"));
      }
      is_known_ = true;
    }
    return field_;
  }

 private:
  Argument<StringView> names_;
  const bool is_constant_;
  bool is_known_ = false;
  std::string last_;
  Result<DateField> field_ = Status::Internal("no field yet");
};

template <typename Body>
void ForEachField(const KernelCall& call, Vector& result, const Body& body) {
  FieldNames fields(call);
  ForEachRow(call, result, [&](size_t row) {
    const Result<DateField>& field = fields.At(row);
    if (!field.ok()) return Fail(call, result, row, field.status());
    body(row, *field);
  });
}

void TruncateTimestamps(const KernelCall& call, Vector& result) {
  const Argument<int64_t> in(call, 1);
  auto* out = result.mutable_data<int64_t>();
  ForEachField(call, result, [&](size_t row, DateField field) {
    if (!TruncateTimestamp(field, in[row], &out[row])) Fail(call, result, row, OutOfRange());
  });
}

void TruncateZoned(const KernelCall& call, Vector& result) {
  const Argument<int64_t> in(call, 1);
  auto* out = result.mutable_data<int64_t>();
  const TimeZone& zone = SessionZone(call.context);
  ForEachField(call, result, [&](size_t row, DateField field) {
    if (!TruncateTimestamp(field, in[row], zone, &out[row])) Fail(call, result, row, OutOfRange());
  });
}

void TruncateDates(const KernelCall& call, Vector& result) {
  const Argument<int32_t> in(call, 1);
  auto* out = result.mutable_data<int64_t>();
  ForEachField(call, result, [&](size_t row, DateField field) {
    int32_t days = 0;
    const bool fits = TruncateDate(field, in[row], &days) && CombineDateTime(days, 0, &out[row]);
    if (!fits) Fail(call, result, row, OutOfRange());
  });
}

void TruncateIntervals(const KernelCall& call, Vector& result) {
  const Argument<Interval> in(call, 1);
  auto* out = result.mutable_data<Interval>();
  ForEachField(call, result,
               [&](size_t row, DateField field) { out[row] = TruncateInterval(field, in[row]); });
}

using Count = bool (*)(DateField, int64_t, int64_t, int64_t*);

// `to_micros` gives false for infinite values, between which nothing is counted.
template <typename In, Count count, typename ToMicros>
void CountUnits(const KernelCall& call, Vector& result, const ToMicros& to_micros) {
  const Argument<In> starts(call, 1);
  const Argument<In> ends(call, 2);
  auto* out = result.mutable_data<int64_t>();
  ForEachField(call, result, [&](size_t row, DateField field) {
    int64_t start = 0;
    int64_t end = 0;
    if (!to_micros(starts[row], &start) || !to_micros(ends[row], &end)) return result.SetNull(row);
    if (!count(field, start, end, &out[row])) Fail(call, result, row, OutOfRange());
  });
}

template <Count count>
void CountOfDates(const KernelCall& call, Vector& result) {
  CountUnits<int32_t, count>(call, result, [](int32_t days, int64_t* micros) {
    return IsFiniteDate(days) && CombineDateTime(days, 0, micros);
  });
}

template <Count count>
void CountOfTimestamps(const KernelCall& call, Vector& result) {
  CountUnits<int64_t, count>(call, result, [](int64_t value, int64_t* micros) {
    *micros = value;
    return IsFiniteTimestamp(value);
  });
}

bool IsClockField(DateField field) {
  switch (field) {
    case DateField::kHour:
    case DateField::kMinute:
    case DateField::kSecond:
    case DateField::kMillisecond:
    case DateField::kMicrosecond:
    case DateField::kNanosecond:
    case DateField::kEpoch: return true;
    default: return false;
  }
}

using ZonedCount = bool (*)(DateField, int64_t, int64_t, const TimeZone&, int64_t*);

// Of instants. Hours and shorter units are counted as they pass, also where clocks are set forward
// or back in between; days and longer ones by the calendar on the wall.
bool ZonedBoundaries(DateField field, int64_t start, int64_t end, const TimeZone& zone,
                     int64_t* result) {
  if (IsClockField(field)) {
    // Between starts of hours in local time lie whole hours, where zones do not move by half of
    // one.
    return TruncateTimestamp(field, start, zone, &start) &&
           TruncateTimestamp(field, end, zone, &end) && CountWholeUnits(field, start, end, result);
  }
  return zone.ToLocal(start, &start) && zone.ToLocal(end, &end) &&
         CountBoundaries(field, start, end, result);
}

bool ZonedWholeUnits(DateField field, int64_t start, int64_t end, const TimeZone& zone,
                     int64_t* result) {
  if (IsClockField(field)) return CountWholeUnits(field, start, end, result);
  if (!zone.ToLocal(start, &start) || !zone.ToLocal(end, &end)) return false;
  if (!CountWholeUnits(field, start, end, result)) return false;
  // Going back by months clamps the start's day, which may jump over the end.
  int64_t months = 0;
  if (start <= end || !CountWholeUnits(DateField::kMonth, start, end, &months)) return true;
  int64_t reached = 0;
  const bool jumps =
      SubtractFromTimestamp(start, {static_cast<int32_t>(-months), 0, 0}, &reached) &&
      reached < end;
  if (!jumps) return true;
  switch (field) {
    case DateField::kMonth: *result = months + 1; break;
    case DateField::kQuarter: *result = (months + 1) / 3; break;
    case DateField::kYear: *result = (months + 1) / 12; break;
    case DateField::kDecade: *result = (months + 1) / 120; break;
    case DateField::kCentury: *result = (months + 1) / 1200; break;
    case DateField::kMillennium: *result = (months + 1) / 12000; break;
    default: break;
  }
  return true;
}

template <ZonedCount count>
void CountOfZoned(const KernelCall& call, Vector& result) {
  const Argument<int64_t> starts(call, 1);
  const Argument<int64_t> ends(call, 2);
  const TimeZone& zone = SessionZone(call.context);
  auto* out = result.mutable_data<int64_t>();
  ForEachField(call, result, [&](size_t row, DateField field) {
    const int64_t start = starts[row];
    const int64_t end = ends[row];
    if (!IsFiniteTimestamp(start) || !IsFiniteTimestamp(end)) return result.SetNull(row);
    if (!count(field, start, end, zone, &out[row])) Fail(call, result, row, OutOfRange());
  });
}

template <int64_t (*count)(DateField, int64_t, int64_t)>
void CountOfTimes(const KernelCall& call, Vector& result) {
  const Argument<int64_t> starts(call, 1);
  const Argument<int64_t> ends(call, 2);
  auto* out = result.mutable_data<int64_t>();
  ForEachField(call, result, [&](size_t row, DateField field) {
    if (!HasDateField(TypeId::kTime, field)) {
      return Fail(call, result, row, UnknownFieldError(TypeId::kTime, DateFieldName(field)));
    }
    out[row] = count(field, starts[row], ends[row]);
  });
}

// A constant field is checked when the call is bound.
Status CheckField(const ScalarBindInput& input, BoundScalarFunction& bound) {
  const Expression& name = *input.arguments[0];
  if (!name.IsConstant() || name.value().is_null()) return Status::OK();
  TRIVET_ASSIGN_OR_RETURN(const DateField field, FindDateField(name.value().string()));
  if (!IsTruncationField(field)) {
    return Status::NotImplemented(StrCat("Specifier type not implemented: \"", DateFieldName(field),
                                         "\" is no unit of time"));
  }
  const TypeId type = bound.argument_types[1].id();
  if (type == TypeId::kTime && !HasDateField(type, field)) {
    return UnknownFieldError(type, name.value().string());
  }
  return Status::OK();
}

void AgeOfTwo(const KernelCall& call, Vector& result) {
  const bool has_two = call.arguments.size() == 2;
  const Argument<int64_t> first(call, 0);
  const Argument<int64_t> second(call, has_two ? 1 : 0);
  const bool is_zoned = call.arguments[0].type().with_time_zone();
  const TimeZone& zone = is_zoned ? SessionZone(call.context) : TimeZone::Utc();
  // age(x) counts from x to midnight of the current day.
  int64_t today = call.context.query_time_micros();
  SessionZone(call.context).ToLocal(today, &today);
  today -= TimeOfMicros(today);
  auto* out = result.mutable_data<Interval>();
  ForEachRow(call, result, [&](size_t row) {
    int64_t left = has_two ? first[row] : today;
    int64_t right = has_two ? second[row] : first[row];
    if (!IsFiniteTimestamp(left) || !IsFiniteTimestamp(right)) return result.SetNull(row);
    const bool fits = (!is_zoned || !has_two || zone.ToLocal(left, &left)) &&
                      (!is_zoned || zone.ToLocal(right, &right));
    if (!fits) return Fail(call, result, row, OutOfRange());
    out[row] = Age(left, right);
  });
}

template <typename In>
int32_t DateOf(In value) {
  if constexpr (sizeof(In) == 4) {
    return value;
  } else {
    if (IsFiniteTimestamp(value)) return DateOfMicros(value);
    return value > 0 ? kDateInfinity : kDateNegativeInfinity;
  }
}

// Calls body(row, days) for finite dates, in local time; the others give NULL.
template <typename In, typename Body>
void ForEachDate(const KernelCall& call, Vector& result, const Body& body) {
  const Argument<In> in(call, 0);
  const bool is_zoned = call.arguments[0].type().with_time_zone();
  const TimeZone& zone = is_zoned ? SessionZone(call.context) : TimeZone::Utc();
  ForEachRow(call, result, [&](size_t row) {
    In value = in[row];
    if constexpr (sizeof(In) == 8) {
      if (is_zoned) zone.ToLocal(value, &value);
    }
    const int32_t days = DateOf(value);
    if (!IsFiniteDate(days)) return result.SetNull(row);
    body(row, days);
  });
}

template <typename In>
void LastDay(const KernelCall& call, Vector& result) {
  auto* out = result.mutable_data<int32_t>();
  ForEachDate<In>(call, result, [&](size_t row, int32_t days) { out[row] = LastDayOfMonth(days); });
}

template <typename In>
void DayName(const KernelCall& call, Vector& result) {
  ForEachDate<In>(call, result, [&](size_t row, int32_t days) {
    result.SetString(row, kDayNames[DayOfWeek(days)]);
  });
}

template <typename In>
void MonthName(const KernelCall& call, Vector& result) {
  ForEachDate<In>(call, result, [&](size_t row, int32_t days) {
    result.SetString(row, kMonthNames[CivilFromDays(days).month - 1]);
  });
}

void AddUnitFunctions(FunctionRegistry& registry) {
  const TypeId text = TypeId::kVarchar, date = TypeId::kDate, time = TypeId::kTime;
  const TypeId interval = TypeId::kInterval, number = TypeId::kInt64;
  const auto add = [&](const char* name, const std::vector<Parameter>& parameters,
                       const LogicalType& result, ScalarKernel kernel, const char* description) {
    ScalarFunction function = FailingSignature(name, parameters, result, kernel, description);
    if (parameters[1].type == kTimestampTz) function.volatility = Volatility::kStable;
    function.bind = CheckField;
    registry.AddScalar(std::move(function));
  };
  const char* truncate = "The start of the unit of time that holds the value";
  add("date_trunc", {text, kTimestamp}, kTimestamp, TruncateTimestamps, truncate);
  add("date_trunc", {text, kTimestampTz}, kTimestampTz, TruncateZoned, truncate);
  add("date_trunc", {text, date}, kTimestamp, TruncateDates, truncate);
  add("date_trunc", {text, interval}, interval, TruncateIntervals, truncate);
  registry.AddAlias("datetrunc", "date_trunc");
  const char* boundaries = "How many boundaries of a unit of time lie between two values";
  add("date_diff", {text, date, date}, number, CountOfDates<CountBoundaries>, boundaries);
  add("date_diff", {text, time, time}, number, CountOfTimes<CountTimeBoundaries>, boundaries);
  add("date_diff", {text, kTimestamp, kTimestamp}, number, CountOfTimestamps<CountBoundaries>,
      boundaries);
  add("date_diff", {text, kTimestampTz, kTimestampTz}, number, CountOfZoned<ZonedBoundaries>,
      boundaries);
  registry.AddAlias("datediff", "date_diff");
  const char* whole = "How many whole units of time lie between two values";
  add("date_sub", {text, date, date}, number, CountOfDates<CountWholeUnits>, whole);
  add("date_sub", {text, time, time}, number, CountOfTimes<CountWholeTimeUnits>, whole);
  add("date_sub", {text, kTimestamp, kTimestamp}, number, CountOfTimestamps<CountWholeUnits>,
      whole);
  add("date_sub", {text, kTimestampTz, kTimestampTz}, number, CountOfZoned<ZonedWholeUnits>, whole);
  registry.AddAlias("datesub", "date_sub");
}

template <typename In>
void AddNames(FunctionRegistry& registry, const LogicalType& type) {
  const auto add = [&](const char* name, TypeId result, ScalarKernel kernel,
                       const char* description) {
    ScalarFunction function = Signature(name, {type}, result, kernel, description);
    if (type == kTimestampTz) function.volatility = Volatility::kStable;
    registry.AddScalar(std::move(function));
  };
  add("last_day", TypeId::kDate, LastDay<In>, "The last day of the month");
  add("dayname", TypeId::kVarchar, DayName<In>, "The English name of the day of the week");
  add("monthname", TypeId::kVarchar, MonthName<In>, "The English name of the month");
}

}  // namespace

void RegisterDateTruncation(FunctionRegistry& registry) {
  AddUnitFunctions(registry);
  AddNames<int32_t>(registry, TypeId::kDate);
  AddNames<int64_t>(registry, kTimestamp);
  AddNames<int64_t>(registry, kTimestampTz);
  for (const LogicalType& type : {kTimestamp, kTimestampTz}) {
    for (size_t count = 1; count <= 2; ++count) {
      ScalarFunction age = FailingSignature(
          "age", std::vector<Parameter>(count, Parameter(type)), TypeId::kInterval, AgeOfTwo,
          "Years, months and days between two timestamps, or from one to today");
      if (count == 1 || type == kTimestampTz) age.volatility = Volatility::kStable;
      registry.AddScalar(std::move(age));
    }
  }
}

}  // namespace trivet
