// Signs, classes and neighbours of numbers, whole-number arithmetic and bits.
#include <bit>
#include <cmath>
#include <limits>

#include "base/string_concat.h"
#include "expression/functions/register.h"
#include "expression/functions/signature.h"
#include "expression/kernel.h"
#include "types/date_time.h"
#include "types/decimal.h"

namespace trivet {

namespace {

template <typename T>
inline constexpr bool kIsFloating = std::is_floating_point_v<T>;
template <typename T>
inline constexpr bool kIsUnsigned = std::is_unsigned_v<T>;

template <typename T>
void Absolute(const KernelCall& call, Vector& result) {
  if constexpr (kIsFloating<T>) {
    UnaryKernel<T, T>(call, result, [](T value) { return std::fabs(value); });
  } else if constexpr (kIsUnsigned<T>) {
    result = call.arguments[0];
  } else {
    TryUnaryKernel<T, T>(
        call, result,
        [](T value, T& out) {
          out = value;
          return value >= 0 || !__builtin_sub_overflow(T{0}, value, &out);
        },
        [](T value) {
          return Status::InvalidInput(
              StrCat("Overflow on abs(", Int128ToString(static_cast<int128_t>(value)), ")"));
        });
  }
}

// A decimal's negative always exists.
template <typename T>
void AbsoluteDecimal(const KernelCall& call, Vector& result) {
  UnaryKernel<T, T>(call, result, [](T value) {
    const int128_t wide = value;
    return static_cast<T>(
        wide < 0 ? static_cast<int128_t>(uint128_t{0} - static_cast<uint128_t>(wide)) : wide);
  });
}

Status BindAbsoluteDecimal(const ScalarBindInput& input, BoundScalarFunction& bound) {
  bound.return_type = input.arguments[0]->type();
  switch (bound.return_type.physical()) {
    case PhysicalType::kInt16: bound.kernel = AbsoluteDecimal<int16_t>; break;
    case PhysicalType::kInt32: bound.kernel = AbsoluteDecimal<int32_t>; break;
    case PhysicalType::kInt64: bound.kernel = AbsoluteDecimal<int64_t>; break;
    default: bound.kernel = AbsoluteDecimal<int128_t>; break;
  }
  return Status::OK();
}

template <typename T>
void Sign(const KernelCall& call, Vector& result) {
  UnaryKernel<T, int8_t>(call, result, [](T value) {
    return static_cast<int8_t>((value > 0) - (value < 0));  // NaN has none
  });
}

template <typename T>
void IsNan(const KernelCall& call, Vector& result) {
  UnaryKernel<T, uint8_t>(call, result, [](T value) { return value != value; });
}
template <typename T>
void IsInfinite(const KernelCall& call, Vector& result) {
  UnaryKernel<T, uint8_t>(call, result, [](T value) { return std::isinf(value); });
}
template <typename T>
void IsFinite(const KernelCall& call, Vector& result) {
  UnaryKernel<T, uint8_t>(call, result, [](T value) { return std::isfinite(value); });
}
template <bool finite>
void DateIsFinite(const KernelCall& call, Vector& result) {
  UnaryKernel<int32_t, uint8_t>(call, result,
                                [](int32_t days) { return IsFiniteDate(days) == finite; });
}
template <bool finite>
void TimestampIsFinite(const KernelCall& call, Vector& result) {
  UnaryKernel<int64_t, uint8_t>(call, result,
                                [](int64_t ticks) { return IsFiniteTimestamp(ticks) == finite; });
}
template <typename T>
void SignBit(const KernelCall& call, Vector& result) {
  UnaryKernel<T, uint8_t>(call, result, [](T value) { return std::signbit(value); });
}
template <typename T>
void NextAfter(const KernelCall& call, Vector& result) {
  BinaryKernel<T, T, T>(call, result, [](T from, T to) { return std::nextafter(from, to); });
}

void Even(const KernelCall& call, Vector& result) {
  UnaryKernel<double, double>(call, result, [](double value) {
    double whole = value < 0 ? std::floor(value) : std::ceil(value);
    if (std::fmod(whole, 2) != 0) whole += value < 0 ? -1 : 1;
    return whole;
  });
}

// The modulus in the unsigned type, which also holds that of the least value.
template <typename T>
auto Magnitude(T value) {
  using Unsigned = std::conditional_t<sizeof(T) == 16, uint128_t, uint64_t>;
  return value < 0 ? Unsigned{0} - static_cast<Unsigned>(value) : static_cast<Unsigned>(value);
}

template <typename T>
bool Narrow(auto magnitude, T& out) {
  out = static_cast<T>(magnitude);
  return out >= 0;
}

template <typename T>
auto GreatestDivisor(T a, T b) {
  auto x = Magnitude(a);
  auto y = Magnitude(b);
  while (y != 0) {
    const auto rest = x % y;
    x = y;
    y = rest;
  }
  return x;
}

template <typename T>
void GreatestCommonDivisor(const KernelCall& call, Vector& result) {
  TryBinaryKernel<T, T, T>(
      call, result, [](T a, T b, T& out) { return Narrow(GreatestDivisor(a, b), out); },
      [](T, T) { return Status::InvalidInput("gcd value is out of range"); });
}

template <typename T>
void LeastCommonMultiple(const KernelCall& call, Vector& result) {
  TryBinaryKernel<T, T, T>(
      call, result,
      [](T a, T b, T& out) {
        out = 0;
        if (a == 0 || b == 0) return true;
        auto multiple = Magnitude(a) / GreatestDivisor(a, b);
        return !__builtin_mul_overflow(multiple, Magnitude(b), &multiple) && Narrow(multiple, out);
      },
      [](T, T) { return Status::InvalidInput("lcm value is out of range"); });
}

void Factorial(const KernelCall& call, Vector& result) {
  TryUnaryKernel<int32_t, int128_t>(
      call, result,
      [](int32_t value, int128_t& out) {
        constexpr int32_t kGreatest = 33;  // 34! needs more than 127 bits
        if (value < 0 || value > kGreatest) return false;
        out = 1;
        for (int32_t i = 2; i <= value; ++i) out *= i;
        return true;
      },
      [](int32_t value) {
        return Status::InvalidInput(value < 0 ? "factorial of a negative number is undefined"
                                              : "Value out of range");
      });
}

template <typename T>
void BitAnd(const KernelCall& call, Vector& result) {
  BinaryKernel<T, T, T>(call, result, [](T a, T b) { return static_cast<T>(a & b); });
}
template <typename T>
void BitOr(const KernelCall& call, Vector& result) {
  BinaryKernel<T, T, T>(call, result, [](T a, T b) { return static_cast<T>(a | b); });
}
template <typename T>
void BitXor(const KernelCall& call, Vector& result) {
  BinaryKernel<T, T, T>(call, result, [](T a, T b) { return static_cast<T>(a ^ b); });
}
template <typename T>
void BitNot(const KernelCall& call, Vector& result) {
  UnaryKernel<T, T>(call, result, [](T a) { return static_cast<T>(~a); });
}

template <typename T>
Status ShiftError(T value, T by) {
  const std::string text = Int128ToString(static_cast<int128_t>(value));
  const std::string by_text = Int128ToString(static_cast<int128_t>(by));
  if (value < 0) return Status::InvalidInput("Cannot left-shift negative number " + text);
  if (by < 0) return Status::InvalidInput("Cannot left-shift by negative number " + by_text);
  constexpr int kBits = sizeof(T) * 8;
  if (static_cast<int128_t>(by) >= kBits) {
    return Status::InvalidInput(StrCat("Left-shift value ", by_text, " is out of range"));
  }
  return Status::InvalidInput(StrCat("Overflow in left shift (", text, " << ", by_text, ")"));
}

template <typename T>
void ShiftLeft(const KernelCall& call, Vector& result) {
  TryBinaryKernel<T, T, T>(
      call, result,
      [](T value, T by, T& out) {
        constexpr int kBits = sizeof(T) * 8;
        out = 0;
        if (value < 0 || by < 0) return false;
        if (by >= kBits) return value == 0;
        // The sign bit, where there is one, stays free; an unsigned type keeps its top bit free
        // too.
        const T limit = static_cast<T>(T{1} << (kBits - by - 1));
        if (by > 0 && value >= limit) return false;
        out = static_cast<T>(value << by);
        return true;
      },
      ShiftError<T>);
}

template <typename T>
void ShiftRight(const KernelCall& call, Vector& result) {
  BinaryKernel<T, T, T>(call, result, [](T value, T by) {
    constexpr int kBits = sizeof(T) * 8;
    return by < 0 || by >= kBits ? T{0} : static_cast<T>(value >> by);
  });
}

template <typename T>
void CountBits(const KernelCall& call, Vector& result) {
  UnaryKernel<T, int8_t>(call, result, [](T value) {
    if constexpr (sizeof(T) == 16) {
      return static_cast<int8_t>(std::popcount(Int128Low(value)) +
                                 std::popcount(static_cast<uint64_t>(Int128High(value))));
    } else {
      return static_cast<int8_t>(std::popcount(static_cast<std::make_unsigned_t<T>>(value)));
    }
  });
}

template <typename T>
void AddBits(FunctionRegistry& registry, TypeId type) {
  const auto binary = [&](const char* name, ScalarKernel kernel, const char* description) {
    registry.AddScalar(Signature(name, {type, type}, type, kernel, description));
  };
  binary("&", BitAnd<T>, "Bits set in both");
  binary("|", BitOr<T>, "Bits set in either");
  binary("xor", BitXor<T>, "Bits set in one of both");
  registry.AddScalar(Signature("~", {type}, type, BitNot<T>, "Bits turned over"));
  registry.AddScalar(FailingSignature("<<", {type, type}, type, ShiftLeft<T>,
                                      "Bits moved up; an error on overflow"));
  binary(">>", ShiftRight<T>, "Bits moved down");
}

template <typename T>
void AddNumber(FunctionRegistry& registry, TypeId type) {
  ScalarFunction absolute =
      Signature("abs", {type}, type, Absolute<T>, "The value without its sign");
  absolute.can_fail = !kIsFloating<T> && !kIsUnsigned<T>;
  registry.AddScalar(std::move(absolute));
  registry.AddScalar(
      Signature("sign", {type}, TypeId::kInt8, Sign<T>, "-1, 0 or 1 by the value's sign"));
}

template <typename T>
void AddFloating(FunctionRegistry& registry, TypeId type) {
  AddNumber<T>(registry, type);
  const TypeId boolean = TypeId::kBoolean;
  registry.AddScalar(Signature("isnan", {type}, boolean, IsNan<T>, "Whether it is no number"));
  registry.AddScalar(Signature("isinf", {type}, boolean, IsInfinite<T>, "Whether it is infinite"));
  registry.AddScalar(Signature("isfinite", {type}, boolean, IsFinite<T>, "Whether it is finite"));
  registry.AddScalar(Signature("signbit", {type}, boolean, SignBit<T>, "Whether its sign is set"));
  registry.AddScalar(Signature("nextafter", {type, type}, type, NextAfter<T>,
                               "The next number towards another one"));
}

}  // namespace

void RegisterNumeric(FunctionRegistry& registry) {
  AddNumber<int8_t>(registry, TypeId::kInt8);
  AddNumber<int16_t>(registry, TypeId::kInt16);
  AddNumber<int32_t>(registry, TypeId::kInt32);
  AddNumber<int64_t>(registry, TypeId::kInt64);
  AddNumber<int128_t>(registry, TypeId::kInt128);
  AddNumber<uint8_t>(registry, TypeId::kUInt8);
  AddNumber<uint16_t>(registry, TypeId::kUInt16);
  AddNumber<uint32_t>(registry, TypeId::kUInt32);
  AddNumber<uint64_t>(registry, TypeId::kUInt64);
  AddFloating<float>(registry, TypeId::kFloat);
  AddFloating<double>(registry, TypeId::kDouble);
  ScalarFunction absolute = Signature("abs", {Parameter::Kind::kAnyDecimal}, LogicalType(),
                                      AbsoluteDecimal<int128_t>, "The value without its sign");
  absolute.bind = BindAbsoluteDecimal;
  registry.AddScalar(std::move(absolute));
  registry.AddAlias("@", "abs");

  const TypeId boolean = TypeId::kBoolean, date = TypeId::kDate, real = TypeId::kDouble;
  registry.AddScalar(
      Signature("isfinite", {date}, boolean, DateIsFinite<true>, "Whether it is finite"));
  registry.AddScalar(
      Signature("isinf", {date}, boolean, DateIsFinite<false>, "Whether it is infinite"));
  for (const bool zoned : {false, true}) {
    const LogicalType type = LogicalType::Timestamp(TimeUnit::kMicro, zoned);
    registry.AddScalar(
        Signature("isfinite", {type}, boolean, TimestampIsFinite<true>, "Whether it is finite"));
    registry.AddScalar(
        Signature("isinf", {type}, boolean, TimestampIsFinite<false>, "Whether it is infinite"));
  }
  registry.AddScalar(Signature("even", {real}, real, Even, "The next even number away from zero"));

  const TypeId big = TypeId::kInt64, huge = TypeId::kInt128;
  const char* divisor = "The greatest number that divides both";
  registry.AddScalar(
      FailingSignature("gcd", {big, big}, big, GreatestCommonDivisor<int64_t>, divisor));
  registry.AddScalar(
      FailingSignature("gcd", {huge, huge}, huge, GreatestCommonDivisor<int128_t>, divisor));
  registry.AddAlias("greatest_common_divisor", "gcd");
  const char* multiple = "The least number that both divide";
  registry.AddScalar(
      FailingSignature("lcm", {big, big}, big, LeastCommonMultiple<int64_t>, multiple));
  registry.AddScalar(
      FailingSignature("lcm", {huge, huge}, huge, LeastCommonMultiple<int128_t>, multiple));
  registry.AddAlias("least_common_multiple", "lcm");
  registry.AddScalar(FailingSignature("factorial", {TypeId::kInt32}, huge, Factorial,
                                      "The product of the numbers up to it"));
  registry.AddAlias("!__postfix", "factorial");

  AddBits<int8_t>(registry, TypeId::kInt8);
  AddBits<int16_t>(registry, TypeId::kInt16);
  AddBits<int32_t>(registry, TypeId::kInt32);
  AddBits<int64_t>(registry, TypeId::kInt64);
  AddBits<int128_t>(registry, TypeId::kInt128);
  AddBits<uint8_t>(registry, TypeId::kUInt8);
  AddBits<uint16_t>(registry, TypeId::kUInt16);
  AddBits<uint32_t>(registry, TypeId::kUInt32);
  AddBits<uint64_t>(registry, TypeId::kUInt64);
  const char* bits = "How many bits are set";
  registry.AddScalar(
      Signature("bit_count", {TypeId::kInt8}, TypeId::kInt8, CountBits<int8_t>, bits));
  registry.AddScalar(
      Signature("bit_count", {TypeId::kInt16}, TypeId::kInt8, CountBits<int16_t>, bits));
  registry.AddScalar(
      Signature("bit_count", {TypeId::kInt32}, TypeId::kInt8, CountBits<int32_t>, bits));
  registry.AddScalar(Signature("bit_count", {big}, TypeId::kInt8, CountBits<int64_t>, bits));
  // Of 128 set bits TINYINT makes -128, as the reference dialect does.
  registry.AddScalar(Signature("bit_count", {huge}, TypeId::kInt8, CountBits<int128_t>, bits));
}

}  // namespace trivet
