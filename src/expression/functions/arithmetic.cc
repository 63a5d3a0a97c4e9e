// + - * / // % and the unary signs on integers and floating-point numbers.
#include <cmath>

#include "base/string_concat.h"
#include "expression/function_registry.h"
#include "expression/functions/decimal_arithmetic.h"
#include "expression/functions/register.h"
#include "expression/kernel.h"
#include "types/number_format.h"

namespace trivet {

namespace {

// How error messages call an integer type.
template <typename T>
constexpr const char* kIntegerName = "INT128";
template <>
constexpr const char* kIntegerName<int8_t> = "INT8";
template <>
constexpr const char* kIntegerName<int16_t> = "INT16";
template <>
constexpr const char* kIntegerName<int32_t> = "INT32";
template <>
constexpr const char* kIntegerName<int64_t> = "INT64";
template <>
constexpr const char* kIntegerName<uint8_t> = "UINT8";
template <>
constexpr const char* kIntegerName<uint16_t> = "UINT16";
template <>
constexpr const char* kIntegerName<uint32_t> = "UINT32";
template <>
constexpr const char* kIntegerName<uint64_t> = "UINT64";

std::string Text(int128_t value) { return Int128ToString(value); }

std::string Text(double value) {
  char buffer[kMaxFloatingTextSize];
  return std::string(buffer, WriteDouble(buffer, value));
}

Status OverflowError(const char* operation, const char* type, int128_t a, char symbol, int128_t b) {
  return Status::InvalidInput(StrCat("Overflow in ", operation, " of ", type, " (", Text(a), " ",
                                     symbol, " ", Text(b), ")!"));
}

template <typename T>
Status DivisionByZero(T a, const char* symbol, T b) {
  using Shown = std::conditional_t<std::is_floating_point_v<T>, double, int128_t>;
  return Status::InvalidInput(StrCat("Division by zero in expression (",
                                     Text(static_cast<Shown>(a)), " ", symbol, " ",
                                     Text(static_cast<Shown>(b)), ")"));
}

template <typename T>
void AddIntegers(const KernelCall& call, Vector& result) {
  TryBinaryKernel<T, T, T>(
      call, result, [](T a, T b, T& out) { return !__builtin_add_overflow(a, b, &out); },
      [](T a, T b) { return OverflowError("addition", kIntegerName<T>, a, '+', b); });
}

template <typename T>
void SubtractIntegers(const KernelCall& call, Vector& result) {
  TryBinaryKernel<T, T, T>(
      call, result, [](T a, T b, T& out) { return !__builtin_sub_overflow(a, b, &out); },
      [](T a, T b) { return OverflowError("subtraction", kIntegerName<T>, a, '-', b); });
}

template <typename T>
void MultiplyIntegers(const KernelCall& call, Vector& result) {
  TryBinaryKernel<T, T, T>(
      call, result, [](T a, T b, T& out) { return !__builtin_mul_overflow(a, b, &out); },
      [](T a, T b) { return OverflowError("multiplication", kIntegerName<T>, a, '*', b); });
}

template <typename T>
bool IsDividable(T a, T b) {
  if (b == 0) return false;
  if constexpr (!std::is_unsigned_v<T>) {
    constexpr T kMin = static_cast<T>(T{1} << (sizeof(T) * 8 - 2)) * -2;
    if (b == -1 && a == kMin) return false;
  }
  return true;
}

template <typename T>
Status DivisionError(T a, const char* symbol, T b) {
  if (b == 0) return DivisionByZero(a, symbol, b);
  return Status::InvalidInput(StrCat("Overflow in division of ", Text(static_cast<int128_t>(a)),
                                     " / ", Text(static_cast<int128_t>(b))));
}

template <typename T>
void DivideIntegers(const KernelCall& call, Vector& result) {
  TryBinaryKernel<T, T, T>(
      call, result,
      [](T a, T b, T& out) {
        if (!IsDividable(a, b)) return false;
        out = static_cast<T>(a / b);
        return true;
      },
      [](T a, T b) { return DivisionError(a, "//", b); });
}

template <typename T>
void ModuloIntegers(const KernelCall& call, Vector& result) {
  TryBinaryKernel<T, T, T>(
      call, result,
      [](T a, T b, T& out) {
        if (!IsDividable(a, b)) return false;
        out = static_cast<T>(a % b);
        return true;
      },
      [](T a, T b) { return DivisionError(a, "%", b); });
}

template <typename T>
void NegateInteger(const KernelCall& call, Vector& result) {
  TryUnaryKernel<T, T>(
      call, result, [](T a, T& out) { return !__builtin_sub_overflow(T{0}, a, &out); },
      [](T a) {
        return Status::InvalidInput(
            StrCat("Overflow in negation of ", kIntegerName<T>, " (", Text(int128_t{a}), ")!"));
      });
}

template <typename T>
void AddFloats(const KernelCall& call, Vector& result) {
  BinaryKernel<T, T, T>(call, result, [](T a, T b) { return a + b; });
}
template <typename T>
void SubtractFloats(const KernelCall& call, Vector& result) {
  BinaryKernel<T, T, T>(call, result, [](T a, T b) { return a - b; });
}
template <typename T>
void MultiplyFloats(const KernelCall& call, Vector& result) {
  BinaryKernel<T, T, T>(call, result, [](T a, T b) { return a * b; });
}
template <typename T>
void DivideFloats(const KernelCall& call, Vector& result) {
  BinaryKernel<T, T, T>(call, result, [](T a, T b) { return a / b; });
}
template <typename T>
void ModuloFloats(const KernelCall& call, Vector& result) {
  // The remainder is exact, so that every processor's library gives the same bits.
  BinaryKernel<T, T, T>(call, result, [](T a, T b) { return std::fmod(a, b); });
}
template <typename T>
void NegateFloat(const KernelCall& call, Vector& result) {
  UnaryKernel<T, T>(call, result, [](T a) { return -a; });
}
// The operator // divides like /, but by zero it is an error.
template <typename T>
void DivideFloatsChecked(const KernelCall& call, Vector& result) {
  TryBinaryKernel<T, T, T>(
      call, result,
      [](T a, T b, T& out) {
        out = a / b;
        return b != 0;
      },
      [](T a, T b) { return DivisionByZero(a, "//", b); });
}

template <typename T>
void Identity(const KernelCall& call, Vector& result) {
  result = call.arguments[0];
}

void AddUnary(FunctionRegistry& registry, const char* name, TypeId type, ScalarKernel kernel,
              bool can_fail, const char* description) {
  ScalarFunction function;
  function.name = name;
  function.parameters = {type};
  function.return_type = type;
  function.kernel = kernel;
  function.can_fail = can_fail;
  function.description = description;
  registry.AddScalar(std::move(function));
}

void AddBinary(FunctionRegistry& registry, const char* name, TypeId type, ScalarKernel kernel,
               bool can_fail, const char* description) {
  ScalarFunction function;
  function.name = name;
  function.parameters = {type, type};
  function.return_type = type;
  function.kernel = kernel;
  function.can_fail = can_fail;
  function.description = description;
  registry.AddScalar(std::move(function));
}

template <typename T>
void RegisterInteger(FunctionRegistry& registry, TypeId type) {
  AddUnary(registry, "+", type, Identity<T>, false, "The value itself");
  AddBinary(registry, "+", type, AddIntegers<T>, true, "Sum; an error on overflow");
  AddUnary(registry, "-", type, NegateInteger<T>, true, "The value with the other sign");
  AddBinary(registry, "-", type, SubtractIntegers<T>, true, "Difference; an error on overflow");
  AddBinary(registry, "*", type, MultiplyIntegers<T>, true, "Product; an error on overflow");
  AddBinary(registry, "//", type, DivideIntegers<T>, true, "Quotient rounded towards zero");
  AddBinary(registry, "%", type, ModuloIntegers<T>, true,
            "Remainder with the sign of the dividend");
}

template <typename T>
void RegisterFloating(FunctionRegistry& registry, TypeId type) {
  AddUnary(registry, "+", type, Identity<T>, false, "The value itself");
  AddBinary(registry, "+", type, AddFloats<T>, false, "Sum");
  AddUnary(registry, "-", type, NegateFloat<T>, false, "The value with the other sign");
  AddBinary(registry, "-", type, SubtractFloats<T>, false, "Difference");
  AddBinary(registry, "*", type, MultiplyFloats<T>, false, "Product");
  AddBinary(registry, "/", type, DivideFloats<T>, false, "Quotient; infinite or NaN by zero");
  AddBinary(registry, "//", type, DivideFloatsChecked<T>, true, "Quotient; an error by zero");
  AddBinary(registry, "%", type, ModuloFloats<T>, false, "Remainder; NaN by zero");
  if (type == TypeId::kDouble) {
    AddBinary(registry, "fmod", type, ModuloFloats<T>, false, "Remainder; NaN by zero");
  }
}

}  // namespace

void RegisterArithmetic(FunctionRegistry& registry) {
  RegisterInteger<int8_t>(registry, TypeId::kInt8);
  RegisterInteger<int16_t>(registry, TypeId::kInt16);
  RegisterInteger<int32_t>(registry, TypeId::kInt32);
  RegisterInteger<int64_t>(registry, TypeId::kInt64);
  RegisterInteger<int128_t>(registry, TypeId::kInt128);
  RegisterFloating<float>(registry, TypeId::kFloat);
  RegisterFloating<double>(registry, TypeId::kDouble);
  RegisterDecimalArithmetic(registry);
  RegisterInteger<uint8_t>(registry, TypeId::kUInt8);
  RegisterInteger<uint16_t>(registry, TypeId::kUInt16);
  RegisterInteger<uint32_t>(registry, TypeId::kUInt32);
  RegisterInteger<uint64_t>(registry, TypeId::kUInt64);
}

}  // namespace trivet
