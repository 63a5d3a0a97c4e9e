// round, round_even, floor, ceil and trunc on integers, decimals and floating-point numbers.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/string_concat.h"
#include "expression/functions/register.h"
#include "expression/functions/signature.h"
#include "expression/kernel.h"
#include "types/decimal.h"
#include "types/number_parse.h"

namespace trivet {

namespace {

enum class Mode { kHalfAway, kHalfEven, kFloor, kCeiling, kTruncate };

// value / divisor by the mode, divisor > 0.
template <Mode mode>
int128_t DivideRounded(int128_t value, int128_t divisor) {
  const int128_t quotient = value / divisor;
  const int128_t rest = value % divisor;
  if (rest == 0) return quotient;
  const int128_t away = value < 0 ? quotient - 1 : quotient + 1;
  // Compared without doubling, which could overflow: |rest| against what is missing to the divisor.
  const int128_t magnitude = rest < 0 ? -rest : rest;
  const int128_t missing = divisor - magnitude;
  switch (mode) {
    case Mode::kHalfAway: return magnitude >= missing ? away : quotient;
    case Mode::kHalfEven:
      if (magnitude == missing) return quotient % 2 == 0 ? quotient : away;
      return magnitude > missing ? away : quotient;
    case Mode::kFloor: return value < 0 ? away : quotient;
    case Mode::kCeiling: return value > 0 ? away : quotient;
    case Mode::kTruncate: return quotient;
  }
  return quotient;
}

template <Mode mode>
double RoundWhole(double value) {
  switch (mode) {
    case Mode::kHalfAway: return std::round(value);
    case Mode::kHalfEven: return value - std::remainder(value, 1.0);
    case Mode::kFloor: return std::floor(value);
    case Mode::kCeiling: return std::ceil(value);
    case Mode::kTruncate: return std::trunc(value);
  }
  return value;
}

double PowerOfTenOf(int32_t exponent) {
  if (exponent <= kMaxDecimalPrecision) return PowerOfTenDouble(exponent);
  double power = std::numeric_limits<double>::infinity();
  if (exponent < 400) ParseDouble(StrCat("1e", exponent), &power);
  return power;
}

template <typename T, Mode mode>
void RoundFloat(const KernelCall& call, Vector& result) {
  UnaryKernel<T, T>(call, result, [](T value) { return static_cast<T>(RoundWhole<mode>(value)); });
}

// Scales, rounds and scales back; a number too large to scale has no such digits and stays.
template <typename T, Mode mode>
void RoundFloatDigits(const KernelCall& call, Vector& result) {
  const Argument<T> values(call, 0);
  const Argument<int32_t> digits(call, 1);
  auto* out = result.mutable_data<T>();
  ForEachRow(call, result, [&](size_t row) {
    const double value = static_cast<double>(values[row]);
    const int32_t places = digits[row];
    const double power = PowerOfTenOf(places < 0 ? -std::max(places, -400) : places);
    const double rounded = places < 0 ? RoundWhole<mode>(value / power) * power
                                      : RoundWhole<mode>(value * power) / power;
    const bool is_lost = !std::isfinite(rounded);
    out[row] =
        static_cast<T>(!is_lost ? rounded : (places < 0 && std::isfinite(value) ? 0.0 : value));
  });
}

template <typename T>
void Identity(const KernelCall& call, Vector& result) {
  result = call.arguments[0];
}

// Negative digits round whole numbers to tens, hundreds and so on.
template <typename T, Mode mode>
void RoundIntegerDigits(const KernelCall& call, Vector& result) {
  TryBinaryKernel<T, int32_t, T>(
      call, result,
      [](T value, int32_t digits, T& out) {
        out = value;
        if (digits >= 0) return true;
        out = 0;
        if (digits < -kMaxDecimalPrecision) return true;
        const int128_t power = PowerOfTen(-digits);
        int128_t rounded = 0;
        if (__builtin_mul_overflow(DivideRounded<mode>(static_cast<int128_t>(value), power), power,
                                   &rounded)) {
          return false;
        }
        out = static_cast<T>(rounded);
        return static_cast<int128_t>(out) == rounded;
      },
      [](T, int32_t) { return Status::InvalidInput("Overflow in ROUND of integer"); });
}

class DigitsState : public FunctionState {
 public:
  explicit DigitsState(int32_t digits) : digits(digits) {}
  const int32_t digits;  // kept behind the point
};

// Rounds unscaled values of width In to the result's scale or, with negative digits, beyond the
// point.
template <typename In, typename Out, Mode mode>
void RoundUnscaled(const KernelCall& call, Vector& result) {
  const int32_t digits = static_cast<const DigitsState*>(call.state)->digits;
  const int dropped = call.arguments[0].type().scale() - digits;
  const bool is_zero = dropped > kMaxDecimalPrecision;
  const int128_t divisor = is_zero ? 1 : PowerOfTen(std::max(dropped, 0));
  const int128_t factor = digits < 0 && !is_zero ? PowerOfTen(-digits) : 1;
  const auto round = [&](In value) {
    return is_zero ? Out{0} : static_cast<Out>(DivideRounded<mode>(value, divisor) * factor);
  };
  if (sizeof(Out) < 16 || call.arguments[0].type().scale() > 0) {
    return UnaryKernel<In, Out>(call, result, round);
  }
  TryUnaryKernel<In, Out>(
      call, result,
      [&](In value, Out& out) {
        out = round(value);
        return FitsPrecision(out, kMaxDecimalPrecision);
      },
      [](In) { return Status::InvalidInput("Overflow in ROUND of DECIMAL(38)"); });
}

template <typename In, Mode mode>
ScalarKernel PickOut(PhysicalType out) {
  switch (out) {
    case PhysicalType::kInt16: return RoundUnscaled<In, int16_t, mode>;
    case PhysicalType::kInt32: return RoundUnscaled<In, int32_t, mode>;
    case PhysicalType::kInt64: return RoundUnscaled<In, int64_t, mode>;
    default: return RoundUnscaled<In, int128_t, mode>;
  }
}

template <Mode mode>
ScalarKernel DecimalKernel(const LogicalType& in, const LogicalType& out) {
  switch (in.physical()) {
    case PhysicalType::kInt16: return PickOut<int16_t, mode>(out.physical());
    case PhysicalType::kInt32: return PickOut<int32_t, mode>(out.physical());
    case PhysicalType::kInt64: return PickOut<int64_t, mode>(out.physical());
    default: return PickOut<int128_t, mode>(out.physical());
  }
}

// DECIMAL(p,s) to n digits is DECIMAL(p,n): the digits dropped make room for a carry.
template <Mode mode>
Status BindDecimal(const ScalarBindInput& input, BoundScalarFunction& bound) {
  const LogicalType& type = input.arguments[0]->type();
  int32_t digits = 0;
  if (input.arguments.size() > 1) {
    const Expression& argument = *input.arguments[1];
    if (!argument.IsConstant() || argument.value().is_null()) {
      return Status::InvalidInput(StrCat("The number of digits of ", input.function.name,
                                         " of a DECIMAL must be a constant"));
    }
    // Beyond all digits of a decimal one number of them is like another.
    digits = static_cast<int32_t>(std::clamp<int128_t>(argument.value().integer(), -100, 100));
  }
  bound.argument_types[0] = type;
  if (digits >= type.scale()) {
    bound.return_type = type;
    bound.kernel = Identity<void>;
    return Status::OK();
  }
  // Rounding 999 to thousands needs a digit more where none was dropped behind the point.
  const bool carries =
      mode != Mode::kTruncate && type.scale() == 0 && digits < 0 && -digits <= type.precision();
  const int precision = std::min<int>(type.precision() + (carries ? 1 : 0), kMaxDecimalPrecision);
  bound.can_fail = carries && type.precision() == kMaxDecimalPrecision;
  bound.return_type = LogicalType::Decimal(static_cast<uint8_t>(precision),
                                           static_cast<uint8_t>(std::max(digits, 0)));
  bound.state = std::make_shared<DigitsState>(digits);
  bound.kernel = DecimalKernel<mode>(type, bound.return_type);
  return Status::OK();
}

template <Mode mode>
void AddDecimal(FunctionRegistry& registry, const char* name, bool with_digits,
                const char* description) {
  std::vector<Parameter> parameters = {Parameter::Kind::kAnyDecimal};
  if (with_digits) parameters.push_back(TypeId::kInt32);
  ScalarFunction function = Signature(name, parameters, LogicalType(), Identity<void>, description);
  function.bind = BindDecimal<mode>;
  registry.AddScalar(std::move(function));
}

template <typename T, Mode mode>
void AddInteger(FunctionRegistry& registry, const char* name, TypeId type, bool without_digits,
                const char* description) {
  if (without_digits) {
    registry.AddScalar(Signature(name, {type}, type, Identity<T>, description));
  }
  registry.AddScalar(FailingSignature(name, {type, TypeId::kInt32}, type,
                                      RoundIntegerDigits<T, mode>, description));
}

template <Mode mode>
void AddWithDigits(FunctionRegistry& registry, const char* name, bool without_digits,
                   bool unsigned_too, const char* description) {
  AddInteger<int8_t, mode>(registry, name, TypeId::kInt8, without_digits, description);
  AddInteger<int16_t, mode>(registry, name, TypeId::kInt16, without_digits, description);
  AddInteger<int32_t, mode>(registry, name, TypeId::kInt32, without_digits, description);
  AddInteger<int64_t, mode>(registry, name, TypeId::kInt64, without_digits, description);
  AddInteger<int128_t, mode>(registry, name, TypeId::kInt128, without_digits, description);
  if (unsigned_too) {
    AddInteger<uint8_t, mode>(registry, name, TypeId::kUInt8, without_digits, description);
    AddInteger<uint16_t, mode>(registry, name, TypeId::kUInt16, without_digits, description);
    AddInteger<uint32_t, mode>(registry, name, TypeId::kUInt32, without_digits, description);
    AddInteger<uint64_t, mode>(registry, name, TypeId::kUInt64, without_digits, description);
  }
  const TypeId single = TypeId::kFloat, real = TypeId::kDouble, digits = TypeId::kInt32;
  if (without_digits) {
    registry.AddScalar(Signature(name, {single}, single, RoundFloat<float, mode>, description));
    registry.AddScalar(Signature(name, {real}, real, RoundFloat<double, mode>, description));
    AddDecimal<mode>(registry, name, false, description);
  }
  registry.AddScalar(
      Signature(name, {single, digits}, single, RoundFloatDigits<float, mode>, description));
  registry.AddScalar(
      Signature(name, {real, digits}, real, RoundFloatDigits<double, mode>, description));
  AddDecimal<mode>(registry, name, true, description);
}

template <Mode mode>
void AddToWhole(FunctionRegistry& registry, const char* name, const char* description) {
  const TypeId single = TypeId::kFloat, real = TypeId::kDouble;
  registry.AddScalar(Signature(name, {single}, single, RoundFloat<float, mode>, description));
  registry.AddScalar(Signature(name, {real}, real, RoundFloat<double, mode>, description));
  // Only decimals proper: whole numbers go to DOUBLE, as in the reference dialect.
  ScalarFunction function =
      Signature(name, {Parameter::Kind::kAnyDecimal}, LogicalType(), Identity<void>, description);
  function.bind = BindDecimal<mode>;
  registry.AddScalar(std::move(function));
}

}  // namespace

void RegisterRounding(FunctionRegistry& registry) {
  AddWithDigits<Mode::kHalfAway>(registry, "round", true, false,
                                 "To the nearest whole number or number of digits, halves away "
                                 "from zero");
  AddWithDigits<Mode::kHalfEven>(registry, "round_even", false, false,
                                 "To the nearest number of digits, halves to the even one");
  registry.AddAlias("roundbankers", "round_even");
  AddWithDigits<Mode::kTruncate>(registry, "trunc", true, true, "Without the digits behind");
  AddToWhole<Mode::kFloor>(registry, "floor", "The greatest whole number that is not greater");
  AddToWhole<Mode::kCeiling>(registry, "ceil", "The least whole number that is not less");
  registry.AddAlias("ceiling", "ceil");
}

}  // namespace trivet
