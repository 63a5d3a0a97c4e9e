// Decimals from and to numbers of every kind.
#include <cmath>
#include <string>
#include <type_traits>

#include "base/string_concat.h"
#include "expression/cast/cast_kernels.h"
#include "expression/kernel.h"
#include "types/decimal.h"
#include "types/number_format.h"
#include "vector/physical_dispatch.h"

namespace trivet::cast_internal {

namespace {

// Arithmetic of a pair of storage types: 64 bits where both fit, as 128-bit division is slow.
template <typename From, typename To>
using Wide =
    std::conditional_t<sizeof(From) == 16 || sizeof(To) == 16 || std::is_same_v<From, uint64_t>,
                       int128_t, int64_t>;

template <typename W>
W Power(int exponent) {
  return static_cast<W>(PowerOfTen(exponent));
}

template <typename W>
inline W DivideHalfAway(W value, W divisor, W half) {
  const W rest = value % divisor;
  return value / divisor + (rest >= half) - (rest <= -half);
}

std::string IntegerText(int128_t value) {
  char text[kMaxIntegerTextSize];
  return std::string(text, WriteInt128(text, value));
}

Status NumberOutOfRange(std::string_view value, const LogicalType& to) {
  return Status::InvalidInput(StrCat("Could not cast value ", value, " to ", to.ToString()));
}

template <typename From, typename To>
void IntegerToDecimal(const KernelCall& call, Vector& result) {
  using W = Wide<From, To>;
  const LogicalType& to = call.result_type;
  const W factor = Power<W>(to.scale());
  const W limit = Power<W>(to.precision() - to.scale());
  TryUnaryKernel<From, To>(
      call, result,
      [factor, limit](From value, To& out) {
        const W wide = static_cast<W>(value);
        const bool fits = wide < limit && wide > -limit;
        out = static_cast<To>(fits ? wide * factor : 0);
        return fits;
      },
      [&to](From value) {
        return NumberOutOfRange(IntegerText(static_cast<int128_t>(value)), to);
      });
}

template <typename From, typename To>
void FloatingToDecimal(const KernelCall& call, Vector& result) {
  const LogicalType& to = call.result_type;
  const int precision = to.precision();
  const int scale = to.scale();
  TryUnaryKernel<From, To>(
      call, result,
      [precision, scale](From value, To& out) {
        int128_t unscaled = 0;
        const bool fits = DoubleToDecimal(static_cast<double>(value), precision, scale, &unscaled);
        out = static_cast<To>(unscaled);
        return fits;
      },
      [&to](From value) {
        const std::string text =
            std::isnan(value) ? "nan" : std::to_string(static_cast<double>(value));
        return NumberOutOfRange(text, to);
      });
}

template <typename From, typename To>
void DecimalToDecimal(const KernelCall& call, Vector& result) {
  using W = Wide<From, To>;
  const LogicalType& from = call.arguments[0].type();
  const LogicalType& to = call.result_type;
  const auto error = [&](From value) {
    char text[kMaxDecimalTextSize];
    const char* const end = WriteDecimal(text, value, from.precision(), from.scale());
    return Status::InvalidInput(
        StrCat("Casting value \"", std::string_view(text, static_cast<size_t>(end - text)),
               "\" to type ", to.ToString(), " failed: value is out of range!"));
  };
  const int growth = to.scale() - from.scale();
  if (growth >= 0) {
    // Values of more digits than the target leaves room for do not survive the multiplication.
    const int digits = to.precision() - growth;
    const W factor = Power<W>(growth);
    const W limit = digits > 0 ? Power<W>(std::min<int>(digits, from.precision())) : W{1};
    TryUnaryKernel<From, To>(
        call, result,
        [factor, limit](From value, To& out) {
          const bool fits = static_cast<W>(value)<limit&& static_cast<W>(value)> - limit;
          out = static_cast<To>(fits ? static_cast<W>(value) * factor : 0);
          return fits;
        },
        error);
    return;
  }
  const W divisor = Power<W>(-growth);
  const W half = divisor / 2;
  const W limit = Power<W>(to.precision());
  TryUnaryKernel<From, To>(
      call, result,
      [divisor, half, limit](From value, To& out) {
        const W rounded = DivideHalfAway<W>(static_cast<W>(value), divisor, half);
        out = static_cast<To>(rounded);
        return rounded < limit && rounded > -limit;
      },
      error);
}

template <typename From, typename To>
void DecimalToInteger(const KernelCall& call, Vector& result) {
  using W = Wide<From, To>;
  const LogicalType& from = call.arguments[0].type();
  const LogicalType& to = call.result_type;
  const W divisor = Power<W>(from.scale());
  const W half = from.scale() == 0 ? W{1} : divisor / 2;
  constexpr int kBits = 8 * sizeof(To) - (std::is_unsigned_v<To> ? 0 : 1);
  const int128_t maximum = kBits >= 127 ? kInt128Max : (int128_t{1} << kBits) - 1;
  const int128_t minimum = std::is_unsigned_v<To> ? 0 : -maximum - 1;
  TryUnaryKernel<From, To>(
      call, result,
      [=](From value, To& out) {
        const W rounded = DivideHalfAway<W>(static_cast<W>(value), divisor, half);
        out = static_cast<To>(rounded);
        return rounded >= minimum && rounded <= maximum;
      },
      [&](From value) {
        return Status::InvalidInput(StrCat("Failed to cast decimal value ",
                                           IntegerText(DivideByPowerOfTen(value, from.scale())),
                                           " to type ", StorageName(to)));
      });
}

template <typename From, typename To>
void DecimalToFloating(const KernelCall& call, Vector& result) {
  const int scale = call.arguments[0].type().scale();
  const double power = PowerOfTenDouble(scale);
  if constexpr (sizeof(From) <= 4) {
    // Operands exact in a double: one division, rounded once.
    UnaryKernel<From, To>(call, result,
                          [power](From value) { return static_cast<To>(value / power); });
  } else {
    constexpr int64_t kExact = int64_t{1} << 53;
    const bool exact_power = scale <= 22;
    UnaryKernel<From, To>(call, result, [=](From value) {
      if (exact_power && value <= kExact && value >= -kExact) [[likely]] {
        return static_cast<To>(static_cast<double>(static_cast<int64_t>(value)) / power);
      }
      return static_cast<To>(DecimalToDouble(value, scale));
    });
  }
}

template <typename From>
void DecimalToBoolean(const KernelCall& call, Vector& result) {
  UnaryKernel<From, uint8_t>(call, result,
                             [](From value) { return static_cast<uint8_t>(value != 0); });
}

template <typename To>
CastKernel ToDecimal(const LogicalType& from) {
  if (from.id() == TypeId::kDecimal) {
    switch (from.physical()) {
      case PhysicalType::kInt16: return DecimalToDecimal<int16_t, To>;
      case PhysicalType::kInt32: return DecimalToDecimal<int32_t, To>;
      case PhysicalType::kInt64: return DecimalToDecimal<int64_t, To>;
      default: return DecimalToDecimal<int128_t, To>;
    }
  }
  switch (from.physical()) {
    case PhysicalType::kBool:
    case PhysicalType::kUInt8: return IntegerToDecimal<uint8_t, To>;
    case PhysicalType::kInt8: return IntegerToDecimal<int8_t, To>;
    case PhysicalType::kInt16: return IntegerToDecimal<int16_t, To>;
    case PhysicalType::kInt32: return IntegerToDecimal<int32_t, To>;
    case PhysicalType::kInt64: return IntegerToDecimal<int64_t, To>;
    case PhysicalType::kUInt16: return IntegerToDecimal<uint16_t, To>;
    case PhysicalType::kUInt32: return IntegerToDecimal<uint32_t, To>;
    case PhysicalType::kUInt64: return IntegerToDecimal<uint64_t, To>;
    case PhysicalType::kInt128: return IntegerToDecimal<int128_t, To>;
    case PhysicalType::kFloat: return FloatingToDecimal<float, To>;
    case PhysicalType::kDouble: return FloatingToDecimal<double, To>;
    default: return nullptr;
  }
}

template <typename From>
CastKernel FromDecimal(const LogicalType& to) {
  switch (to.physical()) {
    case PhysicalType::kBool: return DecimalToBoolean<From>;
    case PhysicalType::kInt8: return DecimalToInteger<From, int8_t>;
    case PhysicalType::kInt16: return DecimalToInteger<From, int16_t>;
    case PhysicalType::kInt32: return DecimalToInteger<From, int32_t>;
    case PhysicalType::kInt64: return DecimalToInteger<From, int64_t>;
    case PhysicalType::kUInt8: return DecimalToInteger<From, uint8_t>;
    case PhysicalType::kUInt16: return DecimalToInteger<From, uint16_t>;
    case PhysicalType::kUInt32: return DecimalToInteger<From, uint32_t>;
    case PhysicalType::kUInt64: return DecimalToInteger<From, uint64_t>;
    case PhysicalType::kInt128: return DecimalToInteger<From, int128_t>;
    case PhysicalType::kFloat: return DecimalToFloating<From, float>;
    case PhysicalType::kDouble: return DecimalToFloating<From, double>;
    default: return nullptr;
  }
}

}  // namespace

CastKernel FindToDecimalCast(const LogicalType& from, const LogicalType& to) {
  switch (to.physical()) {
    case PhysicalType::kInt16: return ToDecimal<int16_t>(from);
    case PhysicalType::kInt32: return ToDecimal<int32_t>(from);
    case PhysicalType::kInt64: return ToDecimal<int64_t>(from);
    default: return ToDecimal<int128_t>(from);
  }
}

CastKernel FindFromDecimalCast(const LogicalType& from, const LogicalType& to) {
  switch (from.physical()) {
    case PhysicalType::kInt16: return FromDecimal<int16_t>(to);
    case PhysicalType::kInt32: return FromDecimal<int32_t>(to);
    case PhysicalType::kInt64: return FromDecimal<int64_t>(to);
    default: return FromDecimal<int128_t>(to);
  }
}

}  // namespace trivet::cast_internal
