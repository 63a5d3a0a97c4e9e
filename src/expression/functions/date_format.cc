// strftime, strptime and try_strptime.
#include "expression/functions/register.h"
#include "expression/functions/session_zone.h"
#include "expression/functions/signature.h"
#include "expression/kernel.h"
#include "types/date_time_pattern.h"

namespace trivet {

namespace {

class PatternState : public FunctionState {
 public:
  explicit PatternState(DateTimePattern pattern) : pattern(std::move(pattern)) {}
  const DateTimePattern pattern;
};

// The pattern of each row: the bound one, or the last one compiled where formats vary.
class Patterns {
 public:
  Patterns(const KernelCall& call, size_t argument)
      : bound_(static_cast<const PatternState*>(call.state)), formats_(call, argument) {}

  Result<const DateTimePattern*> At(size_t row) {
    if (bound_ != nullptr) return &bound_->pattern;
    const std::string_view format = formats_[row].view();
    if (last_ == nullptr || last_->text() != format) {
      TRIVET_ASSIGN_OR_RETURN(DateTimePattern pattern, DateTimePattern::Compile(format));
      last_ = std::make_unique<DateTimePattern>(std::move(pattern));
    }
    return last_.get();
  }

 private:
  const PatternState* bound_;
  Argument<StringView> formats_;
  std::unique_ptr<DateTimePattern> last_;
};

void FormatMoment(const DateTimePattern& pattern, int32_t days, const LogicalType&, const TimeZone&,
                  std::string* out) {
  pattern.FormatDate(days, out);
}

void FormatMoment(const DateTimePattern& pattern, int64_t ticks, const LogicalType& type,
                  const TimeZone& zone, std::string* out) {
  if (type.with_time_zone()) return pattern.FormatTimestampWithZone(ticks, zone, out);
  pattern.FormatTimestamp(ticks, type.unit(), out);
}

// In either order of arguments.
template <typename Moment>
void Format(const KernelCall& call, Vector& result) {
  const bool format_first = call.arguments[0].type() == TypeId::kVarchar;
  Patterns patterns(call, format_first ? 0 : 1);
  const size_t moment_argument = format_first ? 1 : 0;
  const Argument<Moment> moments(call, moment_argument);
  const LogicalType& type = call.arguments[moment_argument].type();
  const TimeZone& zone = type.with_time_zone() ? SessionZone(call.context) : TimeZone::Utc();
  std::string text;
  ForEachRow(call, result, [&](size_t row) {
    const Result<const DateTimePattern*> pattern = patterns.At(row);
    if (!pattern.ok()) return Fail(call, result, row, pattern.status());
    text.clear();
    FormatMoment(**pattern, moments[row], type, zone, &text);
    result.SetString(row, text);
  });
}

template <bool is_try>
void Parse(const KernelCall& call, Vector& result) {
  const Argument<StringView> texts(call, 0);
  Patterns patterns(call, 1);
  auto* out = result.mutable_data<int64_t>();
  ForEachRow(call, result, [&](size_t row) {
    const Result<const DateTimePattern*> pattern = patterns.At(row);
    if (!pattern.ok()) return Fail(call, result, row, pattern.status());
    if ((*pattern)->ParsedType() != call.result_type) {
      return Fail(call, result, row,
                  Status::InvalidInput("The format of strptime must be a constant where it holds "
                                       "a time zone or nanoseconds"));
    }
    const Result<int64_t> parsed = (*pattern)->Parse(texts[row].view());
    if (parsed.ok()) {
      out[row] = *parsed;
    } else if (is_try) {
      result.SetNull(row);
    } else {
      Fail(call, result, row, parsed.status());
    }
  });
}

const std::string* ConstantText(const ExpressionPtr& argument) {
  if (!argument->IsConstant() || argument->value().is_null()) return nullptr;
  return argument->type() == TypeId::kVarchar ? &argument->value().string() : nullptr;
}

Status BindFormat(const ScalarBindInput& input, BoundScalarFunction& bound) {
  const size_t place = bound.argument_types[0] == TypeId::kVarchar ? 0 : 1;
  const std::string* format = ConstantText(input.arguments[place]);
  if (format == nullptr) return Status::OK();
  TRIVET_ASSIGN_OR_RETURN(DateTimePattern pattern, DateTimePattern::Compile(*format));
  bound.state = std::make_shared<PatternState>(std::move(pattern));
  bound.can_fail = false;
  return Status::OK();
}

Status BindParse(const ScalarBindInput& input, BoundScalarFunction& bound) {
  const std::string* format = ConstantText(input.arguments[1]);
  if (format == nullptr) return Status::OK();
  TRIVET_ASSIGN_OR_RETURN(DateTimePattern pattern, DateTimePattern::Compile(*format));
  bound.return_type = pattern.ParsedType();
  bound.state = std::make_shared<PatternState>(std::move(pattern));
  return Status::OK();
}

}  // namespace

void RegisterDateFormat(FunctionRegistry& registry) {
  const TypeId text = TypeId::kVarchar;
  const auto add = [&](const LogicalType& moment, ScalarKernel kernel) {
    const std::vector<Parameter> orders[] = {{moment, text}, {text, moment}};
    for (const std::vector<Parameter>& order : orders) {
      ScalarFunction function = FailingSignature("strftime", order, text, kernel,
                                                 "A date or time by a format such as %Y");
      if (moment.with_time_zone()) function.volatility = Volatility::kStable;
      function.bind = BindFormat;
      registry.AddScalar(std::move(function));
    }
  };
  add(TypeId::kDate, Format<int32_t>);
  add(LogicalType::Timestamp(), Format<int64_t>);
  add(LogicalType::Timestamp(TimeUnit::kNano), Format<int64_t>);
  add(LogicalType::Timestamp(TimeUnit::kMicro, true), Format<int64_t>);
  ScalarFunction parse =
      FailingSignature("strptime", {text, text}, LogicalType::Timestamp(), Parse<false>,
                       "The timestamp that a text spells in a format such as %Y-%m-%d");
  parse.bind = BindParse;
  ScalarFunction try_parse = parse;
  try_parse.name = "try_strptime";
  try_parse.kernel = Parse<true>;
  try_parse.description = "As strptime; NULL where the text does not fit";
  registry.AddScalar(std::move(parse));
  registry.AddScalar(std::move(try_parse));
}

}  // namespace trivet
