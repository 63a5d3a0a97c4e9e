#include "expression/functions/decimal_arithmetic.h"

#include <algorithm>

#include "base/string_concat.h"
#include "expression/function_registry.h"
#include "expression/kernel.h"

namespace trivet {

namespace {

constexpr int128_t PowerOfTen(int exponent) {
  int128_t power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}
constexpr int128_t kDecimalLimit = PowerOfTen(kMaxDecimalPrecision);

bool InRange(int128_t value) { return value > -kDecimalLimit && value < kDecimalLimit; }

// Results of fewer than 38 digits cannot overflow, by construction of their type: these loops need no
// checks. The arithmetic is unsigned because rows under NULL may hold anything.
template <typename Wide>
using UnsignedOf =
    std::conditional_t<sizeof(Wide) == 16, uint128_t, std::make_unsigned_t<std::conditional_t<
                                                          sizeof(Wide) == 16, int64_t, Wide>>>;

template <typename T>
void AddFree(const KernelCall& call, Vector& result) {
  using U = UnsignedOf<T>;
  BinaryKernel<T, T, T>(call, result, [](T a, T b) {
    return static_cast<T>(static_cast<U>(a) + static_cast<U>(b));
  });
}

template <typename T>
void SubtractFree(const KernelCall& call, Vector& result) {
  using U = UnsignedOf<T>;
  BinaryKernel<T, T, T>(call, result, [](T a, T b) {
    return static_cast<T>(static_cast<U>(a) - static_cast<U>(b));
  });
}

template <typename Left, typename Right, typename Out>
void MultiplyFree(const KernelCall& call, Vector& result) {
  using U = UnsignedOf<Out>;
  BinaryKernel<Left, Right, Out>(call, result, [](Left a, Right b) {
    if constexpr (sizeof(Left) == 8 && sizeof(Right) == 8 && sizeof(Out) == 16) {
      return static_cast<int128_t>(a) * b;  // one widening multiplication
    } else {
      return static_cast<Out>(static_cast<U>(static_cast<Out>(a)) *
                              static_cast<U>(static_cast<Out>(b)));
    }
  });
}

Status Overflow(const char* operation, int128_t a, char symbol, int128_t b) {
  return Status::InvalidInput(StrCat("Overflow in ", operation, " of DECIMAL(38) (",
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

void MultiplyChecked(const KernelCall& call, Vector& result) {
  TryBinaryKernel<int128_t, int128_t, int128_t>(
      call, result,
      [](int128_t a, int128_t b, int128_t& out) {
        return !__builtin_mul_overflow(a, b, &out) && InRange(out);
      },
      [](int128_t a, int128_t b) {
        Status status = Overflow("multiplication", a, '*', b);
        return std::move(status).WithHint(
            "You might want to add an explicit cast to a decimal with a smaller scale.");
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
        return Status::InvalidInput(StrCat(
            "Division by zero in expression (", Value::Integer(type, a).ToString(), " % ",
            Value::Integer(type, b).ToString(), ")"));
      });
}

template <typename T>
void Negate(const KernelCall& call, Vector& result) {
  using U = UnsignedOf<T>;
  UnaryKernel<T, T>(call, result,
                    [](T a) { return static_cast<T>(U{0} - static_cast<U>(a)); });
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

// Both arguments in a common scale with `carry` digits more before the point; true where the type had
// to be cut to 38 digits. An argument of the right scale and width is not converted.
bool Align(const ScalarBindInput& input, BoundScalarFunction& bound, int carry) {
  int whole_digits = 0;
  int scale = 0;
  for (const ExpressionPtr& argument : input.arguments) {
    whole_digits = std::max(whole_digits, argument->type().precision() - argument->type().scale());
    scale = std::max<int>(scale, argument->type().scale());
  }
  const int wanted = whole_digits + scale + carry;
  const int precision = std::min<int>(wanted, kMaxDecimalPrecision);
  bound.return_type = LogicalType::Decimal(static_cast<uint8_t>(precision),
                                           static_cast<uint8_t>(scale));
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
  bound.kernel =
      bound.can_fail ? SubtractChecked
                     : ByWidth(bound.return_type, SubtractFree<int16_t>, SubtractFree<int32_t>,
                               SubtractFree<int64_t>, SubtractFree<int128_t>);
  return Status::OK();
}

Status BindModulo(const ScalarBindInput& input, BoundScalarFunction& bound) {
  Align(input, bound, 0);
  bound.can_fail = true;
  bound.kernel = ByWidth(bound.return_type, Modulo<int16_t>, Modulo<int32_t>, Modulo<int64_t>,
                         Modulo<int128_t>);
  return Status::OK();
}

Status BindMultiply(const ScalarBindInput& input, BoundScalarFunction& bound) {
  const LogicalType& left = input.arguments[0]->type();
  const LogicalType& right = input.arguments[1]->type();
  const int scale = left.scale() + right.scale();
  if (scale > kMaxDecimalPrecision) {
    return Status::InvalidInput(
        StrCat("Needed scale ", scale, " to accurately represent the multiplication result, but "
               "this is out of range of the DECIMAL type. Max scale is 38; could not perform an "
               "accurate multiplication. Either add a cast to DOUBLE, or add an explicit cast to "
               "a decimal with a lower scale."));
  }
  const int digits = left.precision() + right.precision();
  const uint8_t precision = static_cast<uint8_t>(std::min<int>(digits, kMaxDecimalPrecision));
  bound.return_type = LogicalType::Decimal(precision, static_cast<uint8_t>(scale));
  const PhysicalType out = bound.return_type.physical();
  bound.can_fail = digits > kMaxDecimalPrecision;
  if (out == PhysicalType::kInt128 && !bound.can_fail) {
    // Both factors are read as they are where they have 64 or 128 bits.
    const bool wide_left = left.precision() > 18;
    const bool wide_right = right.precision() > 18;
    if (!wide_left) bound.argument_types[0] = LogicalType::Decimal(18, left.scale());
    if (!wide_right) bound.argument_types[1] = LogicalType::Decimal(18, right.scale());
    if (left.physical() == PhysicalType::kInt64) bound.argument_types[0] = left;
    if (right.physical() == PhysicalType::kInt64) bound.argument_types[1] = right;
    bound.kernel = wide_left ? (wide_right ? MultiplyFree<int128_t, int128_t, int128_t>
                                           : MultiplyFree<int128_t, int64_t, int128_t>)
                             : (wide_right ? MultiplyFree<int64_t, int128_t, int128_t>
                                           : MultiplyFree<int64_t, int64_t, int128_t>);
    return Status::OK();
  }
  for (size_t i = 0; i < 2; ++i) {
    const LogicalType& type = input.arguments[i]->type();
    bound.argument_types[i] =
        type.physical() == out ? type : LogicalType::Decimal(precision, type.scale());
  }
  bound.kernel = bound.can_fail
                     ? MultiplyChecked
                     : ByWidth(bound.return_type, MultiplyFree<int16_t, int16_t, int16_t>,
                               MultiplyFree<int32_t, int32_t, int32_t>,
                               MultiplyFree<int64_t, int64_t, int64_t>, nullptr);
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
