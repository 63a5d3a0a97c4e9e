#include "expression/functions/decimal_arithmetic.h"

#include <algorithm>
#include <cmath>

#include "base/string_concat.h"
#include "expression/function_registry.h"
#include "expression/kernel.h"
#include "types/decimal.h"

namespace trivet {

namespace {

// Digits that a 64-bit decimal has at most.
constexpr uint8_t kMaxPrecision64 = 18;

bool InRange(int128_t value) { return FitsPrecision(value, kMaxDecimalPrecision); }
bool InRange(int64_t value) {
  constexpr int64_t kLimit = 1000000000000000000;
  return value > -kLimit && value < kLimit;
}
// Of products, 64-bit and 128-bit ones alone can leave their range.
template <typename Out>
inline constexpr bool kCanOverflow = sizeof(Out) >= 8;

// Results of fewer than 38 digits cannot overflow, by construction of their type: these loops need
// no checks. The arithmetic is unsigned because rows under NULL may hold anything.
template <typename Wide>
using UnsignedOf =
    std::conditional_t<sizeof(Wide) == 16, uint128_t,
                       std::make_unsigned_t<std::conditional_t<sizeof(Wide) == 16, int64_t, Wide>>>;

template <typename T>
void AddFree(const KernelCall& call, Vector& result) {
  using U = UnsignedOf<T>;
  BinaryKernel<T, T, T>(
      call, result, [](T a, T b) { return static_cast<T>(static_cast<U>(a) + static_cast<U>(b)); });
}

template <typename T>
void SubtractFree(const KernelCall& call, Vector& result) {
  using U = UnsignedOf<T>;
  BinaryKernel<T, T, T>(
      call, result, [](T a, T b) { return static_cast<T>(static_cast<U>(a) - static_cast<U>(b)); });
}

template <typename Left, typename Right, typename Out>
void MultiplyFree(const KernelCall& call, Vector& result) {
  using U = UnsignedOf<Out>;
  BinaryKernel<Left, Right, Out>(call, result, [](Left a, Right b) {
    return static_cast<Out>(static_cast<U>(static_cast<Out>(a)) *
                            static_cast<U>(static_cast<Out>(b)));
  });
}

Status Overflow(const char* operation, int128_t a, char symbol, int128_t b, int digits = 38) {
  return Status::InvalidInput(StrCat("Overflow in ", operation, " of DECIMAL(", digits, ") (",
                                     Int128ToString(a), " ", symbol, " ", Int128ToString(b), ")"));
}

void AddChecked(const KernelCall& call, Vector& result) {
  TryBinaryKernel<int128_t, int128_t, int128_t>(
      call, result,
      [](int128_t a, int128_t b, int128_t& out) {
        return !__builtin_add_overflow(a, b, &out) && InRange(out);
      },
      [](int128_t a, int128_t b) { return Overflow("addition", a, '+', b); });
}

void SubtractChecked(const KernelCall& call, Vector& result) {
  TryBinaryKernel<int128_t, int128_t, int128_t>(
      call, result,
      [](int128_t a, int128_t b, int128_t& out) {
        return !__builtin_sub_overflow(a, b, &out) && InRange(out);
      },
      [](int128_t a, int128_t b) { return Overflow("subtraction", a, '-', b); });
}

template <typename Left, typename Right, typename Out>
void MultiplyChecked(const KernelCall& call, Vector& result) {
  constexpr bool kIsWide = sizeof(Out) == 16;
  TryBinaryKernel<Left, Right, Out>(
      call, result,
      [](Left a, Right b, Out& out) {
        return !__builtin_mul_overflow(static_cast<Out>(a), static_cast<Out>(b), &out) &&
               InRange(out);
      },
      [](Left a, Right b) {
        Status status = Overflow("multiplication", a, '*', b, kIsWide ? 38 : 18);
        return std::move(status).WithHint(
            kIsWide ? "You might want to add an explicit cast to a decimal with a smaller scale."
                    : "You might want to add an explicit cast to a bigger decimal.");
      });
}

template <typename T>
void Modulo(const KernelCall& call, Vector& result) {
  TryBinaryKernel<T, T, T>(
      call, result,
      [](T a, T b, T& out) {
        if (b == 0) return false;
        out = b == -1 ? T{0} : static_cast<T>(a % b);
        return true;
      },
      [&](T a, T b) {
        const LogicalType& type = call.result_type;
        return Status::InvalidInput(StrCat("Division by zero in expression (",
                                           Value::Integer(type, a).ToString(), " % ",
                                           Value::Integer(type, b).ToString(), ")"));
      });
}

// Where no decimal has room for both arguments' digits.
void ModuloOfDoubles(const KernelCall& call, Vector& result) {
  BinaryKernel<double, double, double>(call, result,
                                       [](double a, double b) { return std::fmod(a, b); });
}

template <typename T>
void Negate(const KernelCall& call, Vector& result) {
  using U = UnsignedOf<T>;
  UnaryKernel<T, T>(call, result, [](T a) { return static_cast<T>(U{0} - static_cast<U>(a)); });
}

void Identity(const KernelCall& call, Vector& result) { result = call.arguments[0]; }

// Picks among kernels stamped for 16, 32, 64 and 128 bits.
ScalarKernel ByWidth(const LogicalType& type, ScalarKernel k16, ScalarKernel k32, ScalarKernel k64,
                     ScalarKernel k128) {
  switch (type.physical()) {
    case PhysicalType::kInt16: return k16;
    case PhysicalType::kInt32: return k32;
    case PhysicalType::kInt64: return k64;
    default: return k128;
  }
}

// Both arguments in a common scale with `carry` digits more before the point; true where the type
// had to be cut to 38 digits. An argument of the right scale and width is not converted.
bool Align(const ScalarBindInput& input, BoundScalarFunction& bound, int carry) {
  int whole_digits = 0;
  int scale = 0;
  for (const ExpressionPtr& argument : input.arguments) {
    whole_digits = std::max(whole_digits, argument->type().precision() - argument->type().scale());
    scale = std::max<int>(scale, argument->type().scale());
  }
  const int wanted = whole_digits + scale + carry;
  const int precision = std::min<int>(wanted, kMaxDecimalPrecision);
  bound.return_type =
      LogicalType::Decimal(static_cast<uint8_t>(precision), static_cast<uint8_t>(scale));
  for (size_t i = 0; i < input.arguments.size(); ++i) {
    const LogicalType& type = input.arguments[i]->type();
    const bool fits = type.scale() == scale && type.physical() == bound.return_type.physical();
    bound.argument_types[i] = fits ? type : bound.return_type;
  }
  return wanted > kMaxDecimalPrecision;
}

Status BindAdd(const ScalarBindInput& input, BoundScalarFunction& bound) {
  bound.can_fail = Align(input, bound, 1);
  bound.kernel = bound.can_fail ? AddChecked
                                : ByWidth(bound.return_type, AddFree<int16_t>, AddFree<int32_t>,
                                          AddFree<int64_t>, AddFree<int128_t>);
  return Status::OK();
}

Status BindSubtract(const ScalarBindInput& input, BoundScalarFunction& bound) {
  bound.can_fail = Align(input, bound, 1);
  bound.kernel = bound.can_fail
                     ? SubtractChecked
                     : ByWidth(bound.return_type, SubtractFree<int16_t>, SubtractFree<int32_t>,
                               SubtractFree<int64_t>, SubtractFree<int128_t>);
  return Status::OK();
}

Status BindModulo(const ScalarBindInput& input, BoundScalarFunction& bound) {
  bound.can_fail = true;
  if (Align(input, bound, 0)) {
    for (LogicalType& type : bound.argument_types) type = TypeId::kDouble;
    bound.return_type = TypeId::kDouble;
    bound.kernel = ModuloOfDoubles;
    bound.can_fail = false;
    return Status::OK();
  }
  bound.kernel = ByWidth(bound.return_type, Modulo<int16_t>, Modulo<int32_t>, Modulo<int64_t>,
                         Modulo<int128_t>);
  return Status::OK();
}

template <typename Left, typename Right, typename Out>
ScalarKernel MultiplyKernel(bool checked) {
  if constexpr (kCanOverflow<Out>) {
    if (checked) return MultiplyChecked<Left, Right, Out>;
  }
  return MultiplyFree<Left, Right, Out>;
}

template <typename Left, typename Out>
ScalarKernel MultiplyByRight(PhysicalType right, bool checked) {
  if constexpr (sizeof(Out) == 16) {
    return right == PhysicalType::kInt64 ? MultiplyKernel<Left, int64_t, Out>(checked)
                                         : MultiplyKernel<Left, int128_t, Out>(checked);
  } else {
    switch (right) {
      case PhysicalType::kInt16: return MultiplyKernel<Left, int16_t, Out>(checked);
      case PhysicalType::kInt32: return MultiplyKernel<Left, int32_t, Out>(checked);
      default: return MultiplyKernel<Left, int64_t, Out>(checked);
    }
  }
}

// Factors are read in the width that they have; only for 128-bit products are narrow ones widened
// to 64 bits before.
ScalarKernel MultiplyByTypes(const LogicalType& left, const LogicalType& right,
                             const LogicalType& out, bool checked) {
  const PhysicalType l = left.physical();
  const PhysicalType r = right.physical();
  switch (out.physical()) {
    case PhysicalType::kInt16: return MultiplyKernel<int16_t, int16_t, int16_t>(checked);
    case PhysicalType::kInt32:
      if (l == PhysicalType::kInt16) return MultiplyByRight<int16_t, int32_t>(r, checked);
      return MultiplyByRight<int32_t, int32_t>(r, checked);
    case PhysicalType::kInt64:
      if (l == PhysicalType::kInt16) return MultiplyByRight<int16_t, int64_t>(r, checked);
      if (l == PhysicalType::kInt32) return MultiplyByRight<int32_t, int64_t>(r, checked);
      return MultiplyByRight<int64_t, int64_t>(r, checked);
    default:
      if (l == PhysicalType::kInt64) return MultiplyByRight<int64_t, int128_t>(r, checked);
      return MultiplyByRight<int128_t, int128_t>(r, checked);
  }
}

Status BindMultiply(const ScalarBindInput& input, BoundScalarFunction& bound) {
  const int left_precision = input.arguments[0]->type().precision();
  const int right_precision = input.arguments[1]->type().precision();
  const int scale = input.arguments[0]->type().scale() + input.arguments[1]->type().scale();
  if (scale > kMaxDecimalPrecision) {
    return Status::InvalidInput(
        StrCat("Needed scale ", scale,
               " to accurately represent the multiplication result, but "
               "this is out of range of the DECIMAL type. Max scale is 38; could not perform an "
               "accurate multiplication. Either add a cast to DOUBLE, or add an explicit cast to "
               "a decimal with a lower scale."));
  }
  // As in the reference dialect, products of 64-bit decimals stay in 64 bits while their scale
  // does.
  const int digits = left_precision + right_precision;
  const bool stays_narrow =
      std::max(left_precision, right_precision) <= kMaxPrecision64 && scale < kMaxPrecision64;
  const int limit = stays_narrow ? kMaxPrecision64 : kMaxDecimalPrecision;
  bound.return_type = LogicalType::Decimal(static_cast<uint8_t>(std::min(digits, limit)),
                                           static_cast<uint8_t>(scale));
  bound.can_fail = digits > limit;
  for (size_t i = 0; i < 2; ++i) {
    const LogicalType& type = input.arguments[i]->type();
    const bool widen =
        bound.return_type.physical() == PhysicalType::kInt128 && type.precision() < kMaxPrecision64;
    bound.argument_types[i] = widen ? LogicalType::Decimal(kMaxPrecision64, type.scale()) : type;
  }
  bound.kernel = MultiplyByTypes(bound.argument_types[0], bound.argument_types[1],
                                 bound.return_type, bound.can_fail);
  return Status::OK();
}

Status BindNegate(const ScalarBindInput& input, BoundScalarFunction& bound) {
  bound.return_type = input.arguments[0]->type();
  bound.kernel = ByWidth(bound.return_type, Negate<int16_t>, Negate<int32_t>, Negate<int64_t>,
                         Negate<int128_t>);
  return Status::OK();
}

Status BindIdentity(const ScalarBindInput& input, BoundScalarFunction& bound) {
  bound.return_type = input.arguments[0]->type();
  bound.kernel = Identity;
  return Status::OK();
}

using Bind = Status (*)(const ScalarBindInput&, BoundScalarFunction&);

void Add(FunctionRegistry& registry, const char* name, size_t arguments, Bind bind,
         const char* description) {
  ScalarFunction function;
  function.name = name;
  function.parameters.assign(arguments, Parameter(Parameter::Kind::kAnyDecimal));
  function.bind = bind;
  function.description = description;
  registry.AddScalar(std::move(function));
}

}  // namespace

void RegisterDecimalArithmetic(FunctionRegistry& registry) {
  Add(registry, "+", 1, BindIdentity, "The value itself");
  Add(registry, "+", 2, BindAdd, "Exact sum");
  Add(registry, "-", 1, BindNegate, "The value with the other sign");
  Add(registry, "-", 2, BindSubtract, "Exact difference");
  Add(registry, "*", 2, BindMultiply, "Exact product; an error beyond 38 digits");
  Add(registry, "%", 2, BindModulo, "Remainder with the sign of the dividend");
}

}  // namespace trivet
