#include "formats/parquet/conversion.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>

#include "base/int128.h"
#include "base/string_concat.h"
#include "formats/parquet/conversion_select.h"
#include "formats/parquet/magnitude_bits.h"
#include "types/date_time.h"
#include "types/decimal.h"
#include "vector/string_view.h"

namespace trivet::parquet {

namespace {

template <typename T>
T LoadRaw(const uint8_t* raw) {
  T value;
  std::memcpy(&value, raw, sizeof(T));
  return value;
}

// Small integers are stored as INT32; bits beyond the annotated width are not the value's.
template <typename Raw, typename Out>
bool Truncate(const Conversion&, const uint8_t* raw, size_t count, uint8_t* out) {
  for (size_t i = 0; i < count; ++i) {
    const Out value = static_cast<Out>(LoadRaw<Raw>(raw + i * sizeof(Raw)));
    std::memcpy(out + i * sizeof(Out), &value, sizeof(Out));
  }
  return true;
}

template <typename Raw>
bool ScaleTicks(const Conversion& self, const uint8_t* raw, size_t count, uint8_t* out) {
  bool in_range = true;
  for (size_t i = 0; i < count; ++i) {
    int64_t value = LoadRaw<Raw>(raw + i * sizeof(Raw));
    if (self.divisor != 1) {
      // Rounds towards the past, so that order is kept around 1970.
      const int64_t quotient = value / self.divisor;
      value = quotient - (value % self.divisor < 0 ? 1 : 0);
    } else {
      in_range &= !__builtin_mul_overflow(value, self.multiplier, &value);
    }
    std::memcpy(out + i * sizeof(int64_t), &value, sizeof(value));
  }
  return in_range;
}

// Times of day; what is beyond a day is nothing that the engine's functions of times could take.
template <typename Raw>
bool ToTime(const Conversion& self, const uint8_t* raw, size_t count, uint8_t* out) {
  bool in_range = ScaleTicks<Raw>(self, raw, count, out);
  for (size_t i = 0; i < count; ++i) {
    const auto micros = LoadRaw<int64_t>(out + i * sizeof(int64_t));
    in_range &= micros >= 0 && micros <= kMicrosPerDay;
  }
  return in_range;
}

// INT96: nanoseconds of the day, then the Julian day.
bool FromInt96(const Conversion&, const uint8_t* raw, size_t count, uint8_t* out) {
  constexpr int64_t kJulianDayOf1970 = 2440588;
  constexpr int64_t kMicrosPerDay = int64_t{86400} * 1000000;
  for (size_t i = 0; i < count; ++i) {
    const int64_t nanos = LoadRaw<int64_t>(raw + i * 12);
    const int64_t day = int64_t{LoadRaw<int32_t>(raw + i * 12 + 8)} - kJulianDayOf1970;
    // Days are 32 bits, so the product fits; the sum may only with sane nanoseconds.
    int64_t micros;
    if (__builtin_mul_overflow(day, kMicrosPerDay, &micros) ||
        __builtin_add_overflow(micros, nanos / 1000, &micros)) {
      return false;
    }
    std::memcpy(out + i * sizeof(int64_t), &micros, sizeof(micros));
  }
  return true;
}

// Big-endian two's complement of any length; false where it exceeds 128 bits.
bool LoadBigEndian(const uint8_t* bytes, size_t size, int128_t& value) {
  if (size == 0) {
    value = 0;
    return true;
  }
  uint128_t result = (bytes[0] & 0x80) ? ~uint128_t{0} : 0;
  const uint8_t fill = (bytes[0] & 0x80) ? 0xFF : 0;
  while (size > 16) {
    if (*bytes != fill) return false;
    ++bytes;
    --size;
  }
  for (size_t i = 0; i < size; ++i) result = (result << 8) | bytes[i];
  value = static_cast<int128_t>(result);
  // Dropping sign bytes must not change the sign.
  return (value < 0) == (fill != 0);
}

template <typename Out>
bool StoreDecimal(const Conversion& self, int128_t value, uint8_t* out) {
  const Out narrow = static_cast<Out>(value);
  std::memcpy(out, &narrow, sizeof(Out));
  return value < self.limit && value > -self.limit;
}

// Decimals whose raw values are stored as they are.
template <typename T>
bool AreDecimals(const Conversion& self, const uint8_t* raw, size_t count) {
  using Bits = std::make_unsigned_t<T>;
  const auto* values = reinterpret_cast<const T*>(raw);
  // Without the limit's highest bit and those above it, no value comes near the limit, and that
  // takes no comparison.
  const auto limit = static_cast<T>(self.limit);
  if (MagnitudeBits(values, count) < std::bit_floor(static_cast<Bits>(limit))) return true;
  return std::all_of(values, values + count,
                     [limit](T value) { return value < limit && value > -limit; });
}

template <typename Raw, typename Out>
bool DecimalFromInteger(const Conversion& self, const uint8_t* raw, size_t count, uint8_t* out) {
  bool in_range = true;
  for (size_t i = 0; i < count; ++i) {
    in_range &= StoreDecimal<Out>(self, LoadRaw<Raw>(raw + i * sizeof(Raw)), out + i * sizeof(Out));
  }
  return in_range;
}

template <typename Out>
bool DecimalFromFixed(const Conversion& self, const uint8_t* raw, size_t count, uint8_t* out) {
  bool in_range = true;
  for (size_t i = 0; i < count; ++i) {
    int128_t value = 0;
    in_range &= LoadBigEndian(raw + i * self.raw_width, self.raw_width, value);
    in_range &= StoreDecimal<Out>(self, value, out + i * sizeof(Out));
  }
  return in_range;
}

template <typename Out>
bool DecimalFromString(const Conversion& self, const uint8_t* raw, size_t count, uint8_t* out) {
  bool in_range = true;
  for (size_t i = 0; i < count; ++i) {
    const auto text = LoadRaw<StringView>(raw + i * sizeof(StringView));
    int128_t value = 0;
    in_range &= LoadBigEndian(reinterpret_cast<const uint8_t*>(text.data()), text.size(), value);
    in_range &= StoreDecimal<Out>(self, value, out + i * sizeof(Out));
  }
  return in_range;
}

double BigEndianToDouble(const uint8_t* bytes, size_t size, int scale) {
  double value = 0;
  const bool negative = size > 0 && (bytes[0] & 0x80) != 0;
  for (size_t i = 0; i < size; ++i) {
    value = value * 256 + (negative ? static_cast<uint8_t>(~bytes[i]) : bytes[i]);
  }
  if (negative) value = -(value + 1);
  return value / std::pow(10.0, scale);
}

// Decimals of more than 38 digits have no exact type here.
template <bool kString>
bool WideDecimalToDouble(const Conversion& self, const uint8_t* raw, size_t count, uint8_t* out) {
  for (size_t i = 0; i < count; ++i) {
    double value;
    if constexpr (kString) {
      const auto text = LoadRaw<StringView>(raw + i * sizeof(StringView));
      value =
          BigEndianToDouble(reinterpret_cast<const uint8_t*>(text.data()), text.size(), self.scale);
    } else {
      value = BigEndianToDouble(raw + i * self.raw_width, self.raw_width, self.scale);
    }
    std::memcpy(out + i * sizeof(double), &value, sizeof(value));
  }
  return true;
}

bool FromUuid(const Conversion&, const uint8_t* raw, size_t count, uint8_t* out) {
  for (size_t i = 0; i < count; ++i) {
    int128_t value;
    LoadBigEndian(raw + i * 16, 16, value);
    value ^= kInt128Min;  // the first bit is flipped in vectors
    std::memcpy(out + i * 16, &value, sizeof(value));
  }
  return true;
}

bool FromFloat16(const Conversion&, const uint8_t* raw, size_t count, uint8_t* out) {
  for (size_t i = 0; i < count; ++i) {
    const uint16_t half = LoadRaw<uint16_t>(raw + i * 2);
    const int exponent = (half >> 10) & 0x1F;
    const int mantissa = half & 0x3FF;
    float value;
    if (exponent == 31) {
      value = mantissa ? std::numeric_limits<float>::quiet_NaN()
                       : std::numeric_limits<float>::infinity();
    } else if (exponent == 0) {
      value = std::ldexp(static_cast<float>(mantissa), -24);
    } else {
      value = std::ldexp(static_cast<float>(mantissa + 1024), exponent - 25);
    }
    if (half & 0x8000) value = -value;
    std::memcpy(out + i * sizeof(float), &value, sizeof(value));
  }
  return true;
}

// Months, days and milliseconds, 32 bits each.
bool FromInterval(const Conversion&, const uint8_t* raw, size_t count, uint8_t* out) {
  for (size_t i = 0; i < count; ++i) {
    Interval value;
    value.months = static_cast<int32_t>(LoadRaw<uint32_t>(raw + i * 12));
    value.days = static_cast<int32_t>(LoadRaw<uint32_t>(raw + i * 12 + 4));
    value.micros = int64_t{LoadRaw<uint32_t>(raw + i * 12 + 8)} * 1000;
    std::memcpy(out + i * sizeof(Interval), &value, sizeof(value));
  }
  return true;
}

using ConvertFunction = decltype(Conversion::convert);

template <typename Out>
ConvertFunction DecimalConvert(PhysicalKind physical) {
  switch (physical) {
    case PhysicalKind::kInt32: return &DecimalFromInteger<int32_t, Out>;
    case PhysicalKind::kInt64: return &DecimalFromInteger<int64_t, Out>;
    case PhysicalKind::kFixedLengthByteArray: return &DecimalFromFixed<Out>;
    default: return &DecimalFromString<Out>;
  }
}

Result<LeafType> DecimalType(LeafType leaf, const SchemaElement& element) {
  const bool annotated = element.logical.kind == LogicalKind::kDecimal;
  const int precision = annotated ? element.logical.precision : element.precision;
  const int scale = annotated ? element.logical.scale : element.scale;
  const PhysicalKind physical = *element.type;
  if (precision < 1 || scale < 0 || scale > precision) {
    return Status::Corruption(
        StrCat("it declares an impossible DECIMAL(", precision, ",", scale, ")"));
  }
  if (precision > kMaxDecimalPrecision) {
    leaf.type = TypeId::kDouble;
    leaf.conversion.scale = scale;
    leaf.conversion.convert = physical == PhysicalKind::kByteArray ? &WideDecimalToDouble<true>
                                                                   : &WideDecimalToDouble<false>;
    if (physical == PhysicalKind::kInt32 || physical == PhysicalKind::kInt64) {
      return Status::Corruption("it declares an integer of more than 38 decimal digits");
    }
    return leaf;
  }
  leaf.type = LogicalType::Decimal(static_cast<uint8_t>(precision), static_cast<uint8_t>(scale));
  leaf.conversion.limit = PowerOfTen(precision);
  switch (leaf.type.physical()) {
    case PhysicalType::kInt16: leaf.conversion.convert = DecimalConvert<int16_t>(physical); break;
    case PhysicalType::kInt32:
      // What the format calls INT32 or INT64 is our storage already in the common cases.
      if (physical == PhysicalKind::kInt32) {
        leaf.conversion.check = &AreDecimals<int32_t>;
      } else {
        leaf.conversion.convert = DecimalConvert<int32_t>(physical);
      }
      break;
    case PhysicalType::kInt64:
      if (physical == PhysicalKind::kInt64) {
        leaf.conversion.check = &AreDecimals<int64_t>;
      } else {
        leaf.conversion.convert = DecimalConvert<int64_t>(physical);
      }
      break;
    default: leaf.conversion.convert = DecimalConvert<int128_t>(physical); break;
  }
  return leaf;
}

bool IsDecimal(const SchemaElement& element) {
  return element.logical.kind == LogicalKind::kDecimal ||
         (element.logical.kind == LogicalKind::kNone &&
          element.converted == ConvertedType::kDecimal);
}

// Bit width of an annotated integer (negative: unsigned), 0 where there is no such annotation.
int AnnotatedWidth(const SchemaElement& element) {
  if (element.logical.kind == LogicalKind::kInteger) {
    return element.logical.is_signed ? element.logical.bit_width : -element.logical.bit_width;
  }
  switch (element.converted) {
    case ConvertedType::kUInt8: return -8;
    case ConvertedType::kUInt16: return -16;
    case ConvertedType::kUInt32: return -32;
    case ConvertedType::kUInt64: return -64;
    case ConvertedType::kInt8: return 8;
    case ConvertedType::kInt16: return 16;
    case ConvertedType::kInt32: return 32;
    case ConvertedType::kInt64: return 64;
    default: return 0;
  }
}

LeafType Int32Type(LeafType leaf, const SchemaElement& element) {
  leaf.type = TypeId::kInt32;
  const LogicalKind logical = element.logical.kind;
  if (logical == LogicalKind::kDate || element.converted == ConvertedType::kDate) {
    leaf.type = TypeId::kDate;
  } else if (logical == LogicalKind::kTime || element.converted == ConvertedType::kTimeMillis) {
    leaf.type = TypeId::kTime;
    leaf.conversion.multiplier = 1000;
    leaf.conversion.convert = &ToTime<int32_t>;
  } else {
    switch (AnnotatedWidth(element)) {
      case 8: leaf.type = TypeId::kInt8; break;
      case 16: leaf.type = TypeId::kInt16; break;
      case -8: leaf.type = TypeId::kUInt8; break;
      case -16: leaf.type = TypeId::kUInt16; break;
      case -32: leaf.type = TypeId::kUInt32; break;
      default: break;
    }
    if (TypeSize(leaf.type) == 1) leaf.conversion.convert = &Truncate<int32_t, int8_t>;
    if (TypeSize(leaf.type) == 2) leaf.conversion.convert = &Truncate<int32_t, int16_t>;
  }
  return leaf;
}

LeafType Int64Type(LeafType leaf, const SchemaElement& element) {
  leaf.type = TypeId::kInt64;
  const LogicalAnnotation& logical = element.logical;
  const bool converted_timestamp =
      logical.kind == LogicalKind::kNone && (element.converted == ConvertedType::kTimestampMillis ||
                                             element.converted == ConvertedType::kTimestampMicros);
  TimeUnit unit = logical.unit;
  if (element.converted == ConvertedType::kTimestampMillis && converted_timestamp) {
    unit = TimeUnit::kMilli;
  }
  if (logical.kind == LogicalKind::kTimestamp || converted_timestamp) {
    leaf.type = LogicalType::Timestamp(unit == TimeUnit::kNano ? TimeUnit::kNano : TimeUnit::kMicro,
                                       logical.adjusted_to_utc);
    if (unit == TimeUnit::kMilli) {
      leaf.conversion.multiplier = 1000;
      leaf.conversion.convert = &ScaleTicks<int64_t>;
    }
  } else if (logical.kind == LogicalKind::kTime ||
             (logical.kind == LogicalKind::kNone &&
              element.converted == ConvertedType::kTimeMicros)) {
    leaf.type = TypeId::kTime;
    leaf.conversion.convert = &ToTime<int64_t>;
    if (unit == TimeUnit::kNano && logical.kind == LogicalKind::kTime) {
      leaf.conversion.divisor = 1000;
    }
  } else if (AnnotatedWidth(element) == -64) {
    leaf.type = TypeId::kUInt64;
  }
  return leaf;
}

LeafType BinaryType(LeafType leaf, const SchemaElement& element, bool binary_as_string) {
  const LogicalKind logical = element.logical.kind;
  const bool text = logical == LogicalKind::kString || logical == LogicalKind::kEnum ||
                    logical == LogicalKind::kJson || element.converted == ConvertedType::kUtf8 ||
                    element.converted == ConvertedType::kEnum ||
                    element.converted == ConvertedType::kJson;
  const bool plain = logical == LogicalKind::kNone && element.converted == ConvertedType::kNone;
  leaf.is_text = text || (plain && binary_as_string);
  leaf.type = leaf.is_text ? TypeId::kVarchar : TypeId::kBlob;
  leaf.conversion.raw_is_string = true;
  leaf.conversion.raw_width = sizeof(StringView);
  return leaf;
}

Result<LeafType> FixedType(LeafType leaf, const SchemaElement& element, bool binary_as_string) {
  leaf.conversion.raw_width = static_cast<size_t>(element.type_length);
  const auto has_length = [&](int32_t length) { return element.type_length == length; };
  switch (element.logical.kind) {
    case LogicalKind::kUuid:
      if (!has_length(16)) return Status::Corruption("it declares a UUID that has not 16 bytes");
      leaf.type = TypeId::kUuid;
      leaf.conversion.convert = &FromUuid;
      return leaf;
    case LogicalKind::kFloat16:
      if (!has_length(2)) return Status::Corruption("it declares a FLOAT16 that has not 2 bytes");
      leaf.type = TypeId::kFloat;
      leaf.conversion.convert = &FromFloat16;
      return leaf;
    default: break;
  }
  if (element.converted == ConvertedType::kInterval && has_length(12)) {
    leaf.type = TypeId::kInterval;
    leaf.conversion.convert = &FromInterval;
    return leaf;
  }
  return BinaryType(leaf, element, binary_as_string);
}

}  // namespace

Result<LeafType> SelectLeafType(const SchemaElement& element, bool binary_as_string) {
  constexpr int32_t kMaxFixedLength = 1 << 20;
  constexpr int32_t kMaxDecimalLength = 256;
  LeafType leaf;
  const PhysicalKind physical = *element.type;
  if (physical == PhysicalKind::kFixedLengthByteArray &&
      (element.type_length < 1 || element.type_length > kMaxFixedLength)) {
    return Status::Corruption(
        StrCat("it declares values of an impossible length of ", element.type_length, " bytes"));
  }
  switch (physical) {
    case PhysicalKind::kBoolean: leaf.conversion.raw_width = 1; break;
    case PhysicalKind::kInt32:
    case PhysicalKind::kFloat: leaf.conversion.raw_width = 4; break;
    case PhysicalKind::kInt64:
    case PhysicalKind::kDouble: leaf.conversion.raw_width = 8; break;
    case PhysicalKind::kInt96: leaf.conversion.raw_width = 12; break;
    case PhysicalKind::kByteArray:
      leaf.conversion.raw_width = sizeof(StringView);
      leaf.conversion.raw_is_string = true;
      break;
    case PhysicalKind::kFixedLengthByteArray:
      leaf.conversion.raw_width = static_cast<size_t>(element.type_length);
      break;
  }
  if (IsDecimal(element) && physical != PhysicalKind::kBoolean &&
      physical != PhysicalKind::kInt96 && physical != PhysicalKind::kFloat &&
      physical != PhysicalKind::kDouble) {
    if (leaf.conversion.raw_width > kMaxDecimalLength) {
      return Status::Corruption("it declares decimals of more than 256 bytes");
    }
    return DecimalType(leaf, element);
  }
  switch (physical) {
    case PhysicalKind::kBoolean: leaf.type = TypeId::kBoolean; return leaf;
    case PhysicalKind::kInt32: return Int32Type(leaf, element);
    case PhysicalKind::kInt64: return Int64Type(leaf, element);
    case PhysicalKind::kInt96:
      leaf.type = LogicalType::Timestamp(TimeUnit::kMicro, false);
      leaf.conversion.convert = &FromInt96;
      return leaf;
    case PhysicalKind::kFloat: leaf.type = TypeId::kFloat; return leaf;
    case PhysicalKind::kDouble: leaf.type = TypeId::kDouble; return leaf;
    case PhysicalKind::kByteArray: return BinaryType(leaf, element, binary_as_string);
    case PhysicalKind::kFixedLengthByteArray: return FixedType(leaf, element, binary_as_string);
  }
  return Status::Corruption("it has no physical type");
}

}  // namespace trivet::parquet
