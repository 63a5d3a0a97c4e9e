// EXTRACT, date_part and the functions named after the parts.
#include "base/string_concat.h"
#include "expression/function_registry.h"
#include "expression/functions/date_part.h"
#include "expression/functions/register.h"
#include "expression/kernel.h"
#include "types/number_parse.h"

namespace trivet {

namespace {

const LogicalType kTimestamp = LogicalType::Timestamp();
const LogicalType kTimestampTz = LogicalType::Timestamp(TimeUnit::kMicro, true);

Status NoSuchPart(const LogicalType& type, DatePart part) {
  std::string name;
  for (const char c : type.ToString()) name += ToLowerAscii(c);
  return Status::NotImplemented(
      StrCat("\"", name, "\" units \"", DatePartName(part), "\" not recognized"));
}

// date_part(part, x) with a part that differs from row to row: one row at a time, as DOUBLE.
void AnyPart(const KernelCall& call, Vector& result) {
  const Argument<StringView> parts(call, 0);
  const LogicalType& type = call.arguments[1].type();
  double* out = result.mutable_data<double>();
  ForEachRow(call, result, [&](size_t row) {
    const std::string_view name = parts[row].view();
    const std::optional<DatePart> part = ParseDatePart(name);
    if (!part) return Fail(call, result, row, UnknownDatePart(name));
    const ScalarKernel kernel = DatePartKernel(*part, type);
    if (kernel == nullptr) return Fail(call, result, row, NoSuchPart(type, *part));
    Vector single = call.arguments[1];
    auto index = MakeIndices(1);
    index[0] = static_cast<uint32_t>(row);
    single.Slice(index, 1);
    const LogicalType part_type = DatePartType(*part);
    Vector value = Vector::MakeFlat(part_type, 1);
    kernel({std::span(&single, 1), 1, part_type, nullptr, call.context, call.errors}, value);
    if (!value.IsValid(0)) return result.SetNull(row);
    out[row] = part_type == TypeId::kDouble ? value.data<double>()[0]
                                            : static_cast<double>(value.data<int64_t>()[0]);
  });
}

// The kernels of parts read argument 0, but date_part's value is argument 1.
class PartState : public FunctionState {
 public:
  explicit PartState(ScalarKernel kernel) : kernel(kernel) {}
  const ScalarKernel kernel;
};

void ConstantPart(const KernelCall& call, Vector& result) {
  const auto* state = static_cast<const PartState*>(call.state);
  state->kernel({call.arguments.subspan(1), call.count, call.result_type, nullptr, call.context,
                 call.errors},
                result);
}

Status BindDatePart(const ScalarBindInput& input, BoundScalarFunction& bound) {
  const Expression& part_argument = *input.arguments[0];
  if (!part_argument.IsConstant() || part_argument.value().is_null()) return Status::OK();
  const std::string& name = part_argument.value().string();
  const std::optional<DatePart> part = ParseDatePart(name);
  if (!part) return UnknownDatePart(name);
  const ScalarKernel kernel = DatePartKernel(*part, bound.argument_types[1]);
  if (kernel == nullptr) return NoSuchPart(bound.argument_types[1], *part);
  bound.return_type = DatePartType(*part);
  bound.kernel = ConstantPart;
  bound.state = std::make_shared<PartState>(kernel);
  bound.can_fail = false;
  return Status::OK();
}

void AddPartFunction(FunctionRegistry& registry, const char* name, DatePart part) {
  for (const LogicalType& type :
       {LogicalType(TypeId::kDate), LogicalType(TypeId::kInterval), kTimestamp, kTimestampTz,
        LogicalType(TypeId::kTime)}) {
    ScalarFunction function;
    function.name = name;
    function.parameters = {type};
    function.kernel = DatePartKernel(part, type);
    if (function.kernel == nullptr) continue;
    function.return_type = DatePartType(part);
    function.volatility = type == kTimestampTz ? Volatility::kStable : Volatility::kImmutable;
    function.description = StrCat("The ", DatePartName(part), " of a date or time");
    registry.AddScalar(std::move(function));
  }
}

}  // namespace

void RegisterDateParts(FunctionRegistry& registry) {
  for (const LogicalType& type :
       {LogicalType(TypeId::kDate), LogicalType(TypeId::kInterval), LogicalType(TypeId::kTime),
        kTimestamp, kTimestampTz}) {
    ScalarFunction function;
    function.name = "date_part";
    function.parameters = {TypeId::kVarchar, type};
    function.return_type = TypeId::kDouble;
    function.kernel = AnyPart;
    function.volatility = type == kTimestampTz ? Volatility::kStable : Volatility::kImmutable;
    function.can_fail = true;
    function.bind = BindDatePart;
    function.description = "The named part of a date or time, as EXTRACT(part FROM value)";
    registry.AddScalar(std::move(function));
  }
  registry.AddAlias("datepart", "date_part");
  constexpr std::pair<const char*, DatePart> kFunctions[] = {
      {"millennium", DatePart::kMillennium},
      {"century", DatePart::kCentury},
      {"decade", DatePart::kDecade},
      {"year", DatePart::kYear},
      {"quarter", DatePart::kQuarter},
      {"month", DatePart::kMonth},
      {"week", DatePart::kWeek},
      {"weekofyear", DatePart::kWeek},
      {"day", DatePart::kDay},
      {"dayofmonth", DatePart::kDay},
      {"hour", DatePart::kHour},
      {"minute", DatePart::kMinute},
      {"second", DatePart::kSecond},
      {"millisecond", DatePart::kMillisecond},
      {"microsecond", DatePart::kMicrosecond},
      {"epoch", DatePart::kEpoch},
      {"dayofweek", DatePart::kDayOfWeek},
      {"weekday", DatePart::kDayOfWeek},
      {"isodow", DatePart::kIsoDayOfWeek},
      {"dayofyear", DatePart::kDayOfYear},
      {"isoyear", DatePart::kIsoYear},
      {"yearweek", DatePart::kYearWeek},
      {"era", DatePart::kEra},
      {"timezone", DatePart::kTimeZone},
      {"timezone_hour", DatePart::kTimeZoneHour},
      {"timezone_minute", DatePart::kTimeZoneMinute},
      {"julian", DatePart::kJulian},
  };
  for (const auto& [name, part] : kFunctions) AddPartFunction(registry, name, part);
}

}  // namespace trivet
