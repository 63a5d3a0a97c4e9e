// FLOAT and DOUBLE from and to booleans, integers and one another.
#include <cmath>
#include <limits>

#include "expression/cast/cast_kernels.h"
#include "expression/kernel.h"
#include "types/number_format.h"

namespace trivet::cast_internal {

namespace {

template <typename From>
std::string FloatingText(From value) {
  char text[kMaxFloatingTextSize];
  char* const end = std::is_same_v<From, float> ? WriteFloat(text, static_cast<float>(value))
                                                : WriteDouble(text, static_cast<double>(value));
  return std::string(text, end);
}

// To the nearest integer, ties to even: adding 2^52 and a half of it pushes the fraction out of the
// significand, and the processor's addition rounds.
inline double RoundToEven(double value) {
  constexpr double kPush = 6755399441055744.0;  // 1.5 × 2^52
  return std::fabs(value) < 4503599627370496.0 ? (value + kPush) - kPush : value;
}

template <typename From, typename To>
void FloatingToInteger(const KernelCall& call, Vector& result) {
  constexpr int kBits = 8 * sizeof(To) - (std::is_unsigned_v<To> ? 0 : 1);
  const double limit = std::ldexp(1.0, kBits);
  const double minimum = std::is_unsigned_v<To> ? 0.0 : -limit;
  TryUnaryKernel<From, To>(
      call, result,
      [limit, minimum](From value, To& out) {
        const double rounded = RoundToEven(static_cast<double>(value));
        const bool fits = rounded >= minimum && rounded < limit;  // false for NaN
        out = static_cast<To>(fits ? rounded : 0.0);
        return fits;
      },
      [&call](From value) {
        return OutOfRange(call.arguments[0].type(), FloatingText(value), call.result_type);
      });
}

template <typename From, typename To>
void NumberToFloating(const KernelCall& call, Vector& result) {
  UnaryKernel<From, To>(call, result, [](From value) { return static_cast<To>(value); });
}

void DoubleToFloat(const KernelCall& call, Vector& result) {
  TryUnaryKernel<double, float>(
      call, result,
      [](double value, float& out) {
        out = static_cast<float>(value);
        return !std::isinf(out) || std::isinf(value);
      },
      [&call](double value) {
        return OutOfRange(call.arguments[0].type(), FloatingText(value), call.result_type);
      });
}

template <typename From>
void FloatingToBoolean(const KernelCall& call, Vector& result) {
  UnaryKernel<From, uint8_t>(call, result,
                             [](From value) { return static_cast<uint8_t>(value != 0); });
}

template <typename From>
CastKernel FromFloating(const LogicalType& to) {
  switch (to.physical()) {
    case PhysicalType::kBool: return FloatingToBoolean<From>;
    case PhysicalType::kInt8: return FloatingToInteger<From, int8_t>;
    case PhysicalType::kInt16: return FloatingToInteger<From, int16_t>;
    case PhysicalType::kInt32: return FloatingToInteger<From, int32_t>;
    case PhysicalType::kInt64: return FloatingToInteger<From, int64_t>;
    case PhysicalType::kUInt8: return FloatingToInteger<From, uint8_t>;
    case PhysicalType::kUInt16: return FloatingToInteger<From, uint16_t>;
    case PhysicalType::kUInt32: return FloatingToInteger<From, uint32_t>;
    case PhysicalType::kUInt64: return FloatingToInteger<From, uint64_t>;
    case PhysicalType::kInt128: return FloatingToInteger<From, int128_t>;
    case PhysicalType::kFloat: return DoubleToFloat;
    case PhysicalType::kDouble: return NumberToFloating<From, double>;
    default: return nullptr;
  }
}

template <typename To>
CastKernel ToFloating(const LogicalType& from) {
  switch (from.physical()) {
    case PhysicalType::kBool:
    case PhysicalType::kUInt8: return NumberToFloating<uint8_t, To>;
    case PhysicalType::kInt8: return NumberToFloating<int8_t, To>;
    case PhysicalType::kInt16: return NumberToFloating<int16_t, To>;
    case PhysicalType::kInt32: return NumberToFloating<int32_t, To>;
    case PhysicalType::kInt64: return NumberToFloating<int64_t, To>;
    case PhysicalType::kUInt16: return NumberToFloating<uint16_t, To>;
    case PhysicalType::kUInt32: return NumberToFloating<uint32_t, To>;
    case PhysicalType::kUInt64: return NumberToFloating<uint64_t, To>;
    case PhysicalType::kInt128: return NumberToFloating<int128_t, To>;
    default: return nullptr;
  }
}

}  // namespace

CastKernel FindFloatingCast(const LogicalType& from, const LogicalType& to) {
  if (from.id() == TypeId::kDouble) return FromFloating<double>(to);
  if (from.id() == TypeId::kFloat) return FromFloating<float>(to);
  return to.id() == TypeId::kDouble ? ToFloating<double>(from) : ToFloating<float>(from);
}

}  // namespace trivet::cast_internal
