#include "types/type.h"

#include "base/assert.h"
#include "base/string_concat.h"
#include "types/nested_text.h"

namespace trivet {

LogicalType LogicalType::Decimal(uint8_t precision, uint8_t scale) {
  TRIVET_ASSERT(precision >= 1 && precision <= kMaxDecimalPrecision && scale <= precision);
  LogicalType type(TypeId::kDecimal);
  type.precision_ = precision;
  type.scale_ = scale;
  return type;
}

LogicalType LogicalType::Timestamp(TimeUnit unit, bool with_time_zone) {
  LogicalType type(TypeId::kTimestamp);
  type.unit_ = unit;
  type.with_time_zone_ = with_time_zone;
  return type;
}

LogicalType LogicalType::List(LogicalType element) {
  LogicalType type(TypeId::kList);
  type.children_ = std::make_shared<const std::vector<StructField>>(
      std::vector<StructField>{{"element", std::move(element)}});
  return type;
}

LogicalType LogicalType::Struct(std::vector<StructField> fields) {
  LogicalType type(TypeId::kStruct);
  type.children_ = std::make_shared<const std::vector<StructField>>(std::move(fields));
  return type;
}

const LogicalType& LogicalType::element() const {
  TRIVET_ASSERT(id_ == TypeId::kList && children_ != nullptr);
  return children_->front().type;
}

const std::vector<StructField>& LogicalType::fields() const {
  TRIVET_ASSERT(id_ == TypeId::kStruct && children_ != nullptr);
  return *children_;
}

PhysicalType LogicalType::physical() const {
  switch (id_) {
    case TypeId::kNull:
    case TypeId::kInt8: return PhysicalType::kInt8;
    case TypeId::kBoolean: return PhysicalType::kBool;
    case TypeId::kInt16: return PhysicalType::kInt16;
    case TypeId::kInt32:
    case TypeId::kDate: return PhysicalType::kInt32;
    case TypeId::kInt64:
    case TypeId::kTime:
    case TypeId::kTimestamp: return PhysicalType::kInt64;
    case TypeId::kUInt8: return PhysicalType::kUInt8;
    case TypeId::kUInt16: return PhysicalType::kUInt16;
    case TypeId::kUInt32: return PhysicalType::kUInt32;
    case TypeId::kUInt64: return PhysicalType::kUInt64;
    case TypeId::kInt128:
    case TypeId::kUuid: return PhysicalType::kInt128;
    case TypeId::kFloat: return PhysicalType::kFloat;
    case TypeId::kDouble: return PhysicalType::kDouble;
    case TypeId::kDecimal:
      if (precision_ <= 4) return PhysicalType::kInt16;
      if (precision_ <= 9) return PhysicalType::kInt32;
      if (precision_ <= 18) return PhysicalType::kInt64;
      return PhysicalType::kInt128;
    case TypeId::kVarchar:
    case TypeId::kBlob: return PhysicalType::kString;
    case TypeId::kInterval: return PhysicalType::kInterval;
    case TypeId::kList: return PhysicalType::kList;
    case TypeId::kStruct: return PhysicalType::kStruct;
  }
  return PhysicalType::kInt8;
}

bool LogicalType::operator==(const LogicalType& other) const {
  if (id_ != other.id_) return false;
  switch (id_) {
    case TypeId::kDecimal: return precision_ == other.precision_ && scale_ == other.scale_;
    case TypeId::kTimestamp:
      return unit_ == other.unit_ && with_time_zone_ == other.with_time_zone_;
    case TypeId::kList:
    case TypeId::kStruct: return children_ == other.children_ || *children_ == *other.children_;
    default: return true;
  }
}

std::string LogicalType::ToString() const {
  switch (id_) {
    case TypeId::kNull: return "\"NULL\"";
    case TypeId::kBoolean: return "BOOLEAN";
    case TypeId::kInt8: return "TINYINT";
    case TypeId::kInt16: return "SMALLINT";
    case TypeId::kInt32: return "INTEGER";
    case TypeId::kInt64: return "BIGINT";
    case TypeId::kUInt8: return "UTINYINT";
    case TypeId::kUInt16: return "USMALLINT";
    case TypeId::kUInt32: return "UINTEGER";
    case TypeId::kUInt64: return "UBIGINT";
    case TypeId::kInt128: return "HUGEINT";
    case TypeId::kFloat: return "FLOAT";
    case TypeId::kDouble: return "DOUBLE";
    case TypeId::kDecimal:
      return StrCat("DECIMAL(", static_cast<int>(precision_), ",", static_cast<int>(scale_), ")");
    case TypeId::kVarchar: return "VARCHAR";
    case TypeId::kBlob: return "BLOB";
    case TypeId::kDate: return "DATE";
    case TypeId::kTime: return "TIME";
    case TypeId::kTimestamp:
      if (with_time_zone_) return "TIMESTAMP WITH TIME ZONE";
      switch (unit_) {
        case TimeUnit::kSecond: return "TIMESTAMP_S";
        case TimeUnit::kMilli: return "TIMESTAMP_MS";
        case TimeUnit::kMicro: return "TIMESTAMP";
        case TimeUnit::kNano: return "TIMESTAMP_NS";
      }
      return "TIMESTAMP";
    case TypeId::kInterval: return "INTERVAL";
    case TypeId::kUuid: return "UUID";
    case TypeId::kList: return element().ToString() + "[]";
    case TypeId::kStruct: {
      std::string text = "STRUCT(";
      for (const StructField& field : fields()) {
        if (text.back() != '(') text += ", ";
        text += QuoteIdentifier(field.name) + " " + field.type.ToString();
      }
      return text + ")";
    }
  }
  return "UNKNOWN";
}

size_t PhysicalTypeSize(PhysicalType type) {
  switch (type) {
    case PhysicalType::kBool:
    case PhysicalType::kInt8:
    case PhysicalType::kUInt8: return 1;
    case PhysicalType::kInt16:
    case PhysicalType::kUInt16: return 2;
    case PhysicalType::kInt32:
    case PhysicalType::kUInt32:
    case PhysicalType::kFloat: return 4;
    case PhysicalType::kInt64:
    case PhysicalType::kUInt64:
    case PhysicalType::kDouble: return 8;
    case PhysicalType::kInt128:
    case PhysicalType::kString:
    case PhysicalType::kInterval:
    case PhysicalType::kList: return 16;
    case PhysicalType::kStruct: return 0;
  }
  return 0;
}

}  // namespace trivet
