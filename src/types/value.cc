#include "types/value.h"

#include <cmath>

#include "base/assert.h"
#include "base/string_concat.h"
#include "types/binary_text.h"
#include "types/date_time.h"
#include "types/date_time_format.h"
#include "types/decimal.h"
#include "types/interval.h"
#include "types/nested_text.h"
#include "types/number_format.h"
#include "types/time_zone.h"

namespace trivet {

Value Value::Null(LogicalType type) {
  Value value;
  value.type_ = std::move(type);
  return value;
}

Value Value::Boolean(bool value) { return Integer(TypeId::kBoolean, value ? 1 : 0); }

Value Value::Integer(LogicalType type, int128_t value) {
  Value result;
  result.type_ = std::move(type);
  result.data_ = value;
  return result;
}

Value Value::Float(float value) {
  Value result;
  result.type_ = TypeId::kFloat;
  result.data_ = static_cast<double>(value);
  return result;
}

Value Value::Double(double value) {
  Value result;
  result.type_ = TypeId::kDouble;
  result.data_ = value;
  return result;
}

Value Value::Varchar(std::string value) {
  Value result;
  result.type_ = TypeId::kVarchar;
  result.data_ = std::move(value);
  return result;
}

Value Value::Blob(std::string bytes) {
  Value result;
  result.type_ = TypeId::kBlob;
  result.data_ = std::move(bytes);
  return result;
}

Value Value::FromInterval(Interval value) {
  Value result;
  result.type_ = TypeId::kInterval;
  result.data_ = value;
  return result;
}

Value Value::List(LogicalType list_type, std::vector<Value> elements) {
  TRIVET_ASSERT(list_type.id() == TypeId::kList);
  Value result;
  result.type_ = std::move(list_type);
  result.data_ = std::move(elements);
  return result;
}

Value Value::Struct(LogicalType struct_type, std::vector<Value> fields) {
  TRIVET_ASSERT(struct_type.id() == TypeId::kStruct &&
                struct_type.fields().size() == fields.size());
  Value result;
  result.type_ = std::move(struct_type);
  result.data_ = std::move(fields);
  return result;
}

bool Value::operator==(const Value& other) const {
  if (!(type_ == other.type_) || is_null() != other.is_null()) return false;
  return is_null() || CompareValues(*this, other) == 0;
}

namespace {

template <typename T>
int ThreeWay(const T& left, const T& right) {
  return (right < left) - (left < right);
}

// NaN is equal to itself and greater than all else.
int CompareFloating(double left, double right) {
  if (std::isnan(left) || std::isnan(right)) return std::isnan(left) - std::isnan(right);
  return ThreeWay(left, right);
}

// Element by element, NULL last, then by length.
int CompareChildren(const std::vector<Value>& left, const std::vector<Value>& right) {
  for (size_t i = 0; i < left.size() && i < right.size(); ++i) {
    int order;
    if (left[i].is_null() || right[i].is_null()) {
      order = static_cast<int>(left[i].is_null()) - static_cast<int>(right[i].is_null());
    } else {
      order = CompareValues(left[i], right[i]);
    }
    if (order != 0) return order;
  }
  return ThreeWay(left.size(), right.size());
}

}  // namespace

int CompareValues(const Value& left, const Value& right) {
  TRIVET_ASSERT(left.type() == right.type() && !left.is_null() && !right.is_null());
  switch (left.type().physical()) {
    case PhysicalType::kFloat:
    case PhysicalType::kDouble: return CompareFloating(left.floating(), right.floating());
    case PhysicalType::kString: return ThreeWay(left.string().compare(right.string()), 0);
    case PhysicalType::kInterval: return CompareIntervals(left.interval(), right.interval());
    case PhysicalType::kList:
    case PhysicalType::kStruct: return CompareChildren(left.children(), right.children());
    default: return ThreeWay(left.integer(), right.integer());
  }
}

namespace {

std::string ChildrenText(const Value& value, const TimeZone& zone) {
  const bool is_struct = value.type().id() == TypeId::kStruct;
  bool named = false;
  if (is_struct) {
    for (const StructField& field : value.type().fields()) named = named || !field.name.empty();
  }
  std::string text = !is_struct ? "[" : named ? "{" : "(";
  const std::vector<Value>& children = value.children();
  for (size_t i = 0; i < children.size(); ++i) {
    if (i > 0) text += ", ";
    if (named) AppendStructKey(text, value.type().fields()[i].name);
    if (children[i].is_null() || children[i].type().IsNested()) {
      text += children[i].ToString(zone);
    } else {
      AppendElementText(text, children[i].ToString(zone));
    }
  }
  return text + (!is_struct ? "]" : named ? "}" : ")");
}

char* WriteScalar(char* out, const Value& value, const TimeZone& zone) {
  const LogicalType& type = value.type();
  switch (type.id()) {
    case TypeId::kFloat: return WriteFloat(out, static_cast<float>(value.floating()));
    case TypeId::kDouble: return WriteDouble(out, value.floating());
    case TypeId::kDecimal:
      return WriteDecimal(out, value.integer(), type.precision(), type.scale());
    case TypeId::kDate: return WriteDate(out, static_cast<int32_t>(value.integer()));
    case TypeId::kTime: return WriteTime(out, static_cast<int64_t>(value.integer()));
    case TypeId::kTimestamp: {
      const auto ticks = static_cast<int64_t>(value.integer());
      if (!type.with_time_zone()) return WriteTimestamp(out, ticks, type.unit());
      const int64_t second = FloorDivide(ticks, TicksPerSecond(type.unit()));
      return WriteTimestampWithZone(out, ticks, type.unit(), zone.OffsetAtSeconds(second));
    }
    case TypeId::kInterval: return WriteInterval(out, value.interval());
    case TypeId::kUuid: return WriteUuid(out, value.integer());
    default: return WriteInt128(out, value.integer());
  }
}

}  // namespace

std::string Value::ToString() const { return ToString(TimeZone::Utc()); }

std::string Value::ToString(const TimeZone& zone) const {
  if (is_null()) return "NULL";
  switch (type_.id()) {
    case TypeId::kBoolean: return boolean() ? "true" : "false";
    case TypeId::kVarchar: return string();
    case TypeId::kBlob: return BlobToText(string());
    case TypeId::kList:
    case TypeId::kStruct: return ChildrenText(*this, zone);
    default: break;
  }
  static_assert(kMaxIntervalTextSize >= kMaxDateTimeTextSize);
  char text[kMaxIntervalTextSize];
  return std::string(text, WriteScalar(text, *this, zone));
}

std::string Value::ToSqlLiteral() const {
  if (type_.IsNull()) return "NULL";
  if (is_null()) return StrCat("CAST(NULL AS ", type_.ToString(), ")");
  switch (type_.id()) {
    case TypeId::kBoolean: return ToString();
    case TypeId::kVarchar: return QuoteLiteral(string());
    case TypeId::kInt32: {
      // The negation of the smallest integer would be read as one of 64 bits.
      if (integer() != -2147483647 - 1) return ToString();
      break;
    }
    case TypeId::kList:
    case TypeId::kStruct: {
      const bool is_list = type_.id() == TypeId::kList;
      std::string text = is_list ? "CAST([" : "CAST({";
      for (size_t i = 0; i < children().size(); ++i) {
        if (i > 0) text += ", ";
        if (!is_list) text += QuoteLiteral(type_.fields()[i].name) + ": ";
        text += children()[i].ToSqlLiteral();
      }
      return StrCat(text, is_list ? "] AS " : "} AS ", type_.ToString(), ")");
    }
    default: break;
  }
  return StrCat("CAST(", QuoteLiteral(ToString()), " AS ", type_.ToString(), ")");
}

}  // namespace trivet
