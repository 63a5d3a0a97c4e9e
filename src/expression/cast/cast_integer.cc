// Booleans and integers into one another.
#include <limits>
#include <type_traits>

#include "expression/cast/cast_kernels.h"
#include "expression/kernel.h"
#include "types/number_format.h"
#include "vector/physical_dispatch.h"

namespace trivet::cast_internal {

namespace {

template <typename T>
struct Range {
  static constexpr int128_t kMinimum = static_cast<int128_t>(std::numeric_limits<T>::min());
  static constexpr int128_t kMaximum = static_cast<int128_t>(std::numeric_limits<T>::max());
};
template <>
struct Range<int128_t> {
  static constexpr int128_t kMinimum = kInt128Min;
  static constexpr int128_t kMaximum = kInt128Max;
};

template <typename From, typename To>
constexpr bool kAlwaysFits =
    Range<From>::kMinimum >= Range<To>::kMinimum && Range<From>::kMaximum <= Range<To>::kMaximum;

// Compares in the narrowest type that holds both ranges, so that loops vectorise.
template <typename From, typename To>
bool Fits(From value) {
  using Wide =
      std::conditional_t<sizeof(From) == 16 || sizeof(To) == 16 ||
                             (std::is_same_v<From, uint64_t> != std::is_same_v<To, uint64_t>),
                         int128_t,
                         std::conditional_t<std::is_same_v<From, uint64_t>, uint64_t, int64_t>>;
  return static_cast<Wide>(value) >= static_cast<Wide>(Range<To>::kMinimum) &&
         static_cast<Wide>(value) <= static_cast<Wide>(Range<To>::kMaximum);
}

template <typename From, typename To>
void IntegerToInteger(const KernelCall& call, Vector& result) {
  if constexpr (kAlwaysFits<From, To>) {
    UnaryKernel<From, To>(call, result, [](From value) { return static_cast<To>(value); });
  } else {
    TryUnaryKernel<From, To>(
        call, result,
        [](From value, To& out) {
          out = static_cast<To>(value);
          return Fits<From, To>(value);
        },
        [&call](From value) {
          char text[kMaxIntegerTextSize];
          const char* const end = WriteInt128(text, static_cast<int128_t>(value));
          return OutOfRange(call.arguments[0].type(), {text, static_cast<size_t>(end - text)},
                            call.result_type);
        });
  }
}

template <typename From>
void IntegerToBoolean(const KernelCall& call, Vector& result) {
  UnaryKernel<From, uint8_t>(call, result,
                             [](From value) { return static_cast<uint8_t>(value != 0); });
}

template <typename From>
CastKernel FromInteger(const LogicalType& to) {
  if (to.id() == TypeId::kBoolean) return IntegerToBoolean<From>;
  switch (to.physical()) {
    case PhysicalType::kInt8: return IntegerToInteger<From, int8_t>;
    case PhysicalType::kInt16: return IntegerToInteger<From, int16_t>;
    case PhysicalType::kInt32: return IntegerToInteger<From, int32_t>;
    case PhysicalType::kInt64: return IntegerToInteger<From, int64_t>;
    case PhysicalType::kUInt8: return IntegerToInteger<From, uint8_t>;
    case PhysicalType::kUInt16: return IntegerToInteger<From, uint16_t>;
    case PhysicalType::kUInt32: return IntegerToInteger<From, uint32_t>;
    case PhysicalType::kUInt64: return IntegerToInteger<From, uint64_t>;
    case PhysicalType::kInt128: return IntegerToInteger<From, int128_t>;
    default: return nullptr;
  }
}

}  // namespace

CastKernel FindIntegerCast(const LogicalType& from, const LogicalType& to) {
  switch (from.physical()) {
    case PhysicalType::kBool:
    case PhysicalType::kUInt8: return FromInteger<uint8_t>(to);
    case PhysicalType::kInt8: return FromInteger<int8_t>(to);
    case PhysicalType::kInt16: return FromInteger<int16_t>(to);
    case PhysicalType::kInt32: return FromInteger<int32_t>(to);
    case PhysicalType::kInt64: return FromInteger<int64_t>(to);
    case PhysicalType::kUInt16: return FromInteger<uint16_t>(to);
    case PhysicalType::kUInt32: return FromInteger<uint32_t>(to);
    case PhysicalType::kUInt64: return FromInteger<uint64_t>(to);
    case PhysicalType::kInt128: return FromInteger<int128_t>(to);
    default: return nullptr;
  }
}

}  // namespace trivet::cast_internal
