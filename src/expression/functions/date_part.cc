// EXTRACT, date_part and the functions named after the fields.
#include "base/string_concat.h"
#include "expression/functions/register.h"
#include "expression/functions/session_zone.h"
#include "expression/functions/signature.h"
#include "expression/kernel.h"
#include "types/date_time.h"
#include "types/date_time_field.h"

namespace trivet {

namespace {

const LogicalType kTimestamp = LogicalType::Timestamp();
const LogicalType kTimestampTz = LogicalType::Timestamp(TimeUnit::kMicro, true);

class FieldState : public FunctionState {
 public:
  explicit FieldState(DateField field) : field(field) {}
  const DateField field;
};

// Runs a total operation; infinite values have no fields.
template <typename In, typename Out, typename Op, typename Finite>
void FiniteKernel(const KernelCall& call, Vector& result, const Op& op, const Finite& finite) {
  bool all_finite = true;
  UnaryKernel<In, Out>(call, result, [&](In value) {
    all_finite &= finite(value);
    return op(value);
  });
  if (all_finite) return;
  const Argument<In> in(call, 0);
  ForEachRow(call, result, [&](size_t row) {
    if (!finite(in[row])) result.SetNull(row);
  });
}

template <typename Out, typename Op>
void DateKernel(const KernelCall& call, Vector& result, const Op& op) {
  FiniteKernel<int32_t, Out>(call, result, op, IsFiniteDate);
}

template <typename Out, typename Op>
void TimestampKernel(const KernelCall& call, Vector& result, const Op& op) {
  FiniteKernel<int64_t, Out>(call, result, op, IsFiniteTimestamp);
}

void OfDate(DateField field, const KernelCall& call, Vector& result) {
  switch (field) {
    case DateField::kEpoch: return DateKernel<double>(call, result, EpochOfDate);
    case DateField::kJulian: return DateKernel<double>(call, result, JulianOfDate);
    case DateField::kYear:  // the fields that queries group by run without a switch per row
      return DateKernel<int64_t>(call, result, [](int32_t d) { return CivilFromDays(d).year; });
    case DateField::kMonth:
      return DateKernel<int64_t>(call, result, [](int32_t d) { return CivilFromDays(d).month; });
    default:
      return DateKernel<int64_t>(call, result,
                                 [field](int32_t days) { return FieldOfDate(field, days); });
  }
}

void OfTimestamp(DateField field, const KernelCall& call, Vector& result) {
  switch (field) {
    case DateField::kEpoch: return TimestampKernel<double>(call, result, EpochOfMicros);
    case DateField::kJulian: return TimestampKernel<double>(call, result, JulianOfTimestamp);
    case DateField::kYear:
      return TimestampKernel<int64_t>(
          call, result, [](int64_t m) { return CivilFromDays(DateOfMicros(m)).year; });
    case DateField::kMinute:
      return TimestampKernel<int64_t>(call, result, [](int64_t m) {
        return TimeOfMicros(m) % kMicrosPerHour / kMicrosPerMinute;
      });
    case DateField::kHour:
      return TimestampKernel<int64_t>(call, result,
                                      [](int64_t m) { return TimeOfMicros(m) / kMicrosPerHour; });
    default:
      return TimestampKernel<int64_t>(
          call, result, [field](int64_t micros) { return FieldOfTimestamp(field, micros); });
  }
}

void OfZonedTimestamp(DateField field, const KernelCall& call, Vector& result) {
  const TimeZone& zone = SessionZone(call.context);
  if (field == DateField::kTimezone || field == DateField::kTimezoneHour ||
      field == DateField::kTimezoneMinute) {
    return TimestampKernel<int64_t>(
        call, result, [&](int64_t micros) { return FieldOfOffset(field, zone.OffsetAt(micros)); });
  }
  if (zone.is_utc() || field == DateField::kEpoch) return OfTimestamp(field, call, result);
  const auto to_local = [&](int64_t micros) {
    int64_t local = micros;
    return zone.ToLocal(micros, &local) ? local : micros;
  };
  if (field == DateField::kJulian) {
    return TimestampKernel<double>(
        call, result, [&](int64_t micros) { return JulianOfTimestamp(to_local(micros)); });
  }
  TimestampKernel<int64_t>(
      call, result, [&](int64_t micros) { return FieldOfTimestamp(field, to_local(micros)); });
}

void OfTime(DateField field, const KernelCall& call, Vector& result) {
  if (field == DateField::kEpoch) return UnaryKernel<int64_t, double>(call, result, EpochOfMicros);
  UnaryKernel<int64_t, int64_t>(call, result,
                                [field](int64_t micros) { return FieldOfTime(field, micros); });
}

void OfInterval(DateField field, const KernelCall& call, Vector& result) {
  if (field == DateField::kEpoch) {
    return UnaryKernel<Interval, double>(call, result, EpochOfInterval);
  }
  UnaryKernel<Interval, int64_t>(
      call, result, [field](const Interval& value) { return FieldOfInterval(field, value); });
}

// Of argument 0, whatever its type.
void ExtractField(DateField field, const KernelCall& call, Vector& result) {
  const LogicalType& type = call.arguments[0].type();
  switch (type.id()) {
    case TypeId::kDate: return OfDate(field, call, result);
    case TypeId::kTime: return OfTime(field, call, result);
    case TypeId::kInterval: return OfInterval(field, call, result);
    default:
      return type.with_time_zone() ? OfZonedTimestamp(field, call, result)
                                   : OfTimestamp(field, call, result);
  }
}

// nanosecond(x): of the minute, seconds included.
void NanosOfMinute(const KernelCall& call, Vector& result) {
  TimestampKernel<int64_t>(call, result, [](int64_t ticks) {
    return FloorModulo(ticks, 60 * kMicrosPerSecond * kNanosPerMicro);
  });
}

LogicalType FieldType(DateField field) {
  return IsDoubleField(field) ? TypeId::kDouble : TypeId::kInt64;
}

void BoundField(const KernelCall& call, Vector& result) {
  ExtractField(static_cast<const FieldState*>(call.state)->field, call, result);
}

// date_part(field, x): the value is argument 1.
void BoundDatePart(const KernelCall& call, Vector& result) {
  ExtractField(
      static_cast<const FieldState*>(call.state)->field,
      {call.arguments.subspan(1), call.count, call.result_type, nullptr, call.context, call.errors},
      result);
}

// With a field that differs from row to row: one row at a time, as DOUBLE.
void VaryingDatePart(const KernelCall& call, Vector& result) {
  const Argument<StringView> names(call, 0);
  const LogicalType& type = call.arguments[1].type();
  double* out = result.mutable_data<double>();
  ForEachRow(call, result, [&](size_t row) {
    const Result<DateField> field = FindDateField(names[row].view());
    if (!field.ok()) return Fail(call, result, row, field.status());
    if (!HasDateField(type.id(), *field)) {
      return Fail(call, result, row, UnknownFieldError(type.id(), DateFieldName(*field)));
    }
    Vector single = call.arguments[1];
    auto index = MakeIndices(1);
    index[0] = static_cast<uint32_t>(row);
    single.Slice(index, 1);
    const LogicalType field_type = FieldType(*field);
    Vector value = Vector::MakeFlat(field_type, 1);
    ExtractField(*field, {std::span(&single, 1), 1, field_type, nullptr, call.context, call.errors},
                 value);
    if (!value.IsValid(0)) return result.SetNull(row);
    out[row] = field_type == TypeId::kDouble ? value.data<double>()[0]
                                             : static_cast<double>(value.data<int64_t>()[0]);
  });
}

Status BindDatePart(const ScalarBindInput& input, BoundScalarFunction& bound) {
  const Expression& name_argument = *input.arguments[0];
  if (!name_argument.IsConstant() || name_argument.value().is_null()) return Status::OK();
  const std::string& name = name_argument.value().string();
  TRIVET_ASSIGN_OR_RETURN(const DateField field, FindDateField(name));
  const TypeId type = bound.argument_types[1].id();
  if (!HasDateField(type, field)) return UnknownFieldError(type, name);
  bound.return_type = FieldType(field);
  bound.kernel = BoundDatePart;
  bound.state = std::make_shared<FieldState>(field);
  bound.can_fail = false;
  return Status::OK();
}

void AddFieldFunction(FunctionRegistry& registry, const char* name, DateField field) {
  for (const LogicalType& type : {LogicalType(TypeId::kDate), LogicalType(TypeId::kInterval),
                                  kTimestamp, kTimestampTz, LogicalType(TypeId::kTime)}) {
    if (!HasDateField(type.id(), field)) continue;
    ScalarFunction function = Signature(name, {type}, FieldType(field), BoundField, "");
    function.description = StrCat("The ", DateFieldName(field), " of a date or time");
    if (type == kTimestampTz) function.volatility = Volatility::kStable;
    function.bind = [state = std::make_shared<FieldState>(field)](const ScalarBindInput&,
                                                                  BoundScalarFunction& bound) {
      bound.state = state;
      return Status::OK();
    };
    registry.AddScalar(std::move(function));
  }
}

}  // namespace

void RegisterDateParts(FunctionRegistry& registry) {
  for (const LogicalType& type : {LogicalType(TypeId::kDate), LogicalType(TypeId::kInterval),
                                  LogicalType(TypeId::kTime), kTimestamp, kTimestampTz}) {
    ScalarFunction function =
        FailingSignature("date_part", {TypeId::kVarchar, type}, TypeId::kDouble, VaryingDatePart,
                         "The named field of a date or time, as EXTRACT(field FROM value)");
    if (type == kTimestampTz) function.volatility = Volatility::kStable;
    function.bind = BindDatePart;
    registry.AddScalar(std::move(function));
  }
  registry.AddAlias("datepart", "date_part");
  constexpr std::pair<const char*, DateField> kFunctions[] = {
      {"millennium", DateField::kMillennium},
      {"century", DateField::kCentury},
      {"decade", DateField::kDecade},
      {"year", DateField::kYear},
      {"quarter", DateField::kQuarter},
      {"month", DateField::kMonth},
      {"week", DateField::kWeek},
      {"weekofyear", DateField::kWeek},
      {"day", DateField::kDay},
      {"dayofmonth", DateField::kDay},
      {"hour", DateField::kHour},
      {"minute", DateField::kMinute},
      {"second", DateField::kSecond},
      {"millisecond", DateField::kMillisecond},
      {"microsecond", DateField::kMicrosecond},
      {"nanosecond", DateField::kNanosecond},
      {"epoch", DateField::kEpoch},
      {"dayofweek", DateField::kDayOfWeek},
      {"weekday", DateField::kDayOfWeek},
      {"isodow", DateField::kIsoDayOfWeek},
      {"dayofyear", DateField::kDayOfYear},
      {"isoyear", DateField::kIsoYear},
      {"yearweek", DateField::kYearWeek},
      {"era", DateField::kEra},
      {"timezone", DateField::kTimezone},
      {"timezone_hour", DateField::kTimezoneHour},
      {"timezone_minute", DateField::kTimezoneMinute},
      {"julian", DateField::kJulian},
  };
  for (const auto& [name, field] : kFunctions) AddFieldFunction(registry, name, field);
  registry.AddScalar(Signature("nanosecond", {LogicalType::Timestamp(TimeUnit::kNano)},
                               TypeId::kInt64, NanosOfMinute,
                               "The nanoseconds of the minute, seconds included"));
}

}  // namespace trivet
