#pragma once

#include <string>
#include <variant>
#include <vector>

#include "types/type.h"

namespace trivet {

class TimeZone;

// One scalar of any type, NULL included: constants, parameters, statistics, settings, test oracles.
// Not used on data paths. Value semantics.
class Value {
 public:
  Value() = default;  // NULL of type kNull
  static Value Null(LogicalType type = TypeId::kNull);
  static Value Boolean(bool value);
  // Any type whose physical type is an integer: integers, decimals (unscaled), dates, times,
  // timestamps and UUIDs. The value must fit; callers check ranges.
  static Value Integer(LogicalType type, int128_t value);
  static Value Int32(int32_t value) { return Integer(TypeId::kInt32, value); }
  static Value Int64(int64_t value) { return Integer(TypeId::kInt64, value); }
  static Value Float(float value);
  static Value Double(double value);
  static Value Varchar(std::string value);
  static Value Blob(std::string bytes);
  static Value FromInterval(Interval value);
  static Value List(LogicalType list_type, std::vector<Value> elements);
  static Value Struct(LogicalType struct_type, std::vector<Value> fields);

  const LogicalType& type() const { return type_; }
  bool is_null() const { return std::holds_alternative<std::monostate>(data_); }

  // Accessors require a value of the matching kind that is not NULL.
  bool boolean() const { return std::get<int128_t>(data_) != 0; }
  int128_t integer() const { return std::get<int128_t>(data_); }
  double floating() const { return std::get<double>(data_); }  // a FLOAT is held exactly
  const std::string& string() const { return std::get<std::string>(data_); }
  Interval interval() const { return std::get<Interval>(data_); }
  const std::vector<Value>& children() const { return std::get<std::vector<Value>>(data_); }

  // Same type and same value; NULLs of one type are equal, NaN equals NaN, -0.0 equals 0.0.
  bool operator==(const Value& other) const;

  // As the value prints in a result (DuckDB's rendering); NULL prints as "NULL".
  // Timestamps with time zone print in UTC, or in the zone given.
  std::string ToString() const;
  std::string ToString(const TimeZone& zone) const;
  // As an SQL literal that reads back as the same value and type.
  std::string ToSqlLiteral() const;

 private:
  LogicalType type_;
  std::variant<std::monostate, int128_t, double, std::string, Interval, std::vector<Value>> data_;
};

// Three-way comparison of two non-NULL values of one type in the engine's order: NaN is greatest,
// -0.0 equals 0.0, intervals by normalised length, strings by bytes.
int CompareValues(const Value& left, const Value& right);

}  // namespace trivet
