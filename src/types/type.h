#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/int128.h"

namespace trivet {

// Logical type kinds. Numbers are part of the plan codec: never renumber.
enum class TypeId : uint8_t {
  kNull = 0,  // the type of a bare NULL; casts to everything
  kBoolean = 1,
  kInt8 = 2,
  kInt16 = 3,
  kInt32 = 4,
  kInt64 = 5,
  kUInt8 = 6,
  kUInt16 = 7,
  kUInt32 = 8,
  kUInt64 = 9,
  kInt128 = 10,
  kFloat = 11,
  kDouble = 12,
  kDecimal = 13,
  kVarchar = 14,
  kBlob = 15,
  kDate = 16,       // days since 1970-01-01
  kTime = 17,       // microseconds since midnight
  kTimestamp = 18,  // ticks since 1970-01-01 00:00:00 in unit(); UTC where with_time_zone()
  kInterval = 19,
  kUuid = 20,
  kList = 21,
  kStruct = 22,
};

// How a value lies in memory; kernels are stamped per physical type.
enum class PhysicalType : uint8_t {
  kBool,  // one byte, 0 or 1
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kUInt8,
  kUInt16,
  kUInt32,
  kUInt64,
  kInt128,  // also UUID, whose first bit is flipped so that signed order is byte order
  kFloat,
  kDouble,
  kString,    // StringView, 16 bytes
  kInterval,  // Interval, 16 bytes
  kList,      // ListEntry, 16 bytes
  kStruct,    // no data of its own; children
};

enum class TimeUnit : uint8_t { kSecond = 0, kMilli = 1, kMicro = 2, kNano = 3 };

// Ticks of the unit in a second.
constexpr int64_t TicksPerSecond(TimeUnit unit) {
  constexpr int64_t kTicks[] = {1, 1000, 1000000, 1000000000};
  return kTicks[static_cast<int>(unit)];
}

// Months, days and microseconds are kept apart, as their lengths vary (PostgreSQL's model).
struct Interval {
  int32_t months = 0;
  int32_t days = 0;
  int64_t micros = 0;
  bool operator==(const Interval&) const = default;
};

struct ListEntry {
  uint64_t offset = 0;
  uint64_t length = 0;
};

struct StructField;

// An SQL type with its parameters. Immutable value; cheap to copy. Thread-safe.
class LogicalType {
 public:
  LogicalType() = default;             // kNull
  LogicalType(TypeId id) : id_(id) {}  // NOLINT(google-explicit-constructor): parameterless types

  // Precision 1..38, scale 0..precision; stored in 16, 32, 64 or 128 bits by precision.
  static LogicalType Decimal(uint8_t precision, uint8_t scale);
  static LogicalType Timestamp(TimeUnit unit = TimeUnit::kMicro, bool with_time_zone = false);
  static LogicalType List(LogicalType element);
  static LogicalType Struct(std::vector<StructField> fields);

  TypeId id() const { return id_; }
  uint8_t precision() const { return precision_; }
  uint8_t scale() const { return scale_; }
  TimeUnit unit() const { return unit_; }
  bool with_time_zone() const { return with_time_zone_; }
  const LogicalType& element() const;              // of a list
  const std::vector<StructField>& fields() const;  // of a struct

  PhysicalType physical() const;
  bool IsNull() const { return id_ == TypeId::kNull; }
  // Integers, floats and decimals.
  bool IsNumeric() const { return IsInteger() || IsFloating() || id_ == TypeId::kDecimal; }
  bool IsInteger() const { return id_ >= TypeId::kInt8 && id_ <= TypeId::kInt128; }
  bool IsSigned() const {
    return (id_ >= TypeId::kInt8 && id_ <= TypeId::kInt64) || id_ == TypeId::kInt128;
  }
  bool IsFloating() const { return id_ == TypeId::kFloat || id_ == TypeId::kDouble; }
  bool IsTemporal() const { return id_ >= TypeId::kDate && id_ <= TypeId::kInterval; }
  bool IsNested() const { return id_ == TypeId::kList || id_ == TypeId::kStruct; }

  bool operator==(const LogicalType& other) const;

  // DuckDB's spelling: BIGINT, DECIMAL(15,2), TIMESTAMP WITH TIME ZONE, INTEGER[], STRUCT(a
  // INTEGER).
  std::string ToString() const;

 private:
  TypeId id_ = TypeId::kNull;
  uint8_t precision_ = 0;
  uint8_t scale_ = 0;
  TimeUnit unit_ = TimeUnit::kMicro;
  bool with_time_zone_ = false;
  std::shared_ptr<const std::vector<StructField>> children_;
};

struct StructField {
  std::string name;
  LogicalType type;
  bool operator==(const StructField&) const = default;
};

// Bytes of one value in a vector; 0 for kStruct.
size_t PhysicalTypeSize(PhysicalType type);
inline size_t TypeSize(const LogicalType& type) { return PhysicalTypeSize(type.physical()); }

inline constexpr uint8_t kMaxDecimalPrecision = 38;

}  // namespace trivet
