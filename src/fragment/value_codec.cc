#include "fragment/value_codec.h"

#include <bit>
#include <limits>

#include "fragment/wire.h"

namespace trivet {

namespace {

Status TooDeep() { return Status::NotImplemented("types nested more than 64 levels deep"); }

Status PutType(const LogicalType& type, size_t depth, wire::Type& out) {
  if (depth > kMaxTypeDepth) return TooDeep();
  out.set_id(static_cast<uint32_t>(type.id()));
  switch (type.id()) {
    case TypeId::kDecimal:
      out.set_precision(type.precision());
      out.set_scale(type.scale());
      return Status::OK();
    case TypeId::kTimestamp:
      out.set_unit(static_cast<uint32_t>(type.unit()));
      out.set_with_time_zone(type.with_time_zone());
      return Status::OK();
    case TypeId::kList:
      return PutType(type.element(), depth + 1, *out.add_children()->mutable_type());
    case TypeId::kStruct:
      for (const StructField& field : type.fields()) {
        wire::Column& child = *out.add_children();
        child.set_name(field.name);
        TRIVET_RETURN_IF_ERROR(PutType(field.type, depth + 1, *child.mutable_type()));
      }
      return Status::OK();
    default: return Status::OK();
  }
}

Result<LogicalType> TakeType(const wire::Type& message, size_t depth) {
  if (depth > kMaxTypeDepth) return TooDeep();
  if (message.id() > static_cast<uint32_t>(TypeId::kStruct)) {
    return Mismatch(StrCat("type ", message.id(), " is not known here"));
  }
  const auto id = static_cast<TypeId>(message.id());
  if (id == TypeId::kDecimal) {
    if (message.precision() < 1 || message.precision() > kMaxDecimalPrecision ||
        message.scale() > message.precision()) {
      return Damaged("a DECIMAL's precision or scale");
    }
    return LogicalType::Decimal(static_cast<uint8_t>(message.precision()),
                                static_cast<uint8_t>(message.scale()));
  }
  if (id == TypeId::kTimestamp) {
    if (message.unit() > static_cast<uint32_t>(TimeUnit::kNano)) {
      return Mismatch(StrCat("time unit ", message.unit(), " is not known here"));
    }
    return LogicalType::Timestamp(static_cast<TimeUnit>(message.unit()), message.with_time_zone());
  }
  std::vector<StructField> fields;
  for (const wire::Column& child : message.children()) {
    TRIVET_ASSIGN_OR_RETURN(LogicalType type, TakeType(child.type(), depth + 1));
    fields.push_back({child.name(), std::move(type)});
  }
  if (id == TypeId::kStruct) return LogicalType::Struct(std::move(fields));
  if (fields.size() != (id == TypeId::kList ? 1u : 0u)) return Damaged("the parts of a type");
  return id == TypeId::kList ? LogicalType::List(std::move(fields[0].type)) : LogicalType(id);
}

bool FitsInt64(int128_t value) {
  return value >= std::numeric_limits<int64_t>::min() &&
         value <= std::numeric_limits<int64_t>::max();
}

// The type of a nested value's child, as the value's own type says it.
const LogicalType* ChildType(const LogicalType& type, size_t child) {
  return type.id() == TypeId::kList ? &type.element() : &type.fields()[child].type;
}

// `place`: the type that a reader expects here; null where it expects none.
Status PutValue(const Value& value, const LogicalType* place, wire::Value& out) {
  const LogicalType& type = value.type();
  if (place == nullptr || !(type == *place)) {
    TRIVET_RETURN_IF_ERROR(PutType(type, 0, *out.mutable_type()));
  }
  if (value.is_null()) return Status::OK();
  switch (type.physical()) {
    case PhysicalType::kFloat:
    case PhysicalType::kDouble:
      out.set_floating(std::bit_cast<uint64_t>(value.floating()));
      return Status::OK();
    case PhysicalType::kString: out.set_text(value.string()); return Status::OK();
    case PhysicalType::kInterval:
      out.mutable_interval()->set_months(value.interval().months);
      out.mutable_interval()->set_days(value.interval().days);
      out.mutable_interval()->set_micros(value.interval().micros);
      return Status::OK();
    case PhysicalType::kList:
    case PhysicalType::kStruct:
      out.mutable_children();
      for (size_t i = 0; i < value.children().size(); ++i) {
        TRIVET_RETURN_IF_ERROR(PutValue(value.children()[i], ChildType(type, i),
                                        *out.mutable_children()->add_values()));
      }
      return Status::OK();
    default: break;
  }
  if (FitsInt64(value.integer())) {
    out.set_number(static_cast<int64_t>(value.integer()));
    return Status::OK();
  }
  auto bits = static_cast<uint128_t>(value.integer());
  std::string bytes(16, '\0');
  for (char& byte : bytes) {
    byte = static_cast<char>(bits & 0xFF);
    bits >>= 8;
  }
  out.set_wide_number(std::move(bytes));
  return Status::OK();
}

// What the type's place in memory can hold.
bool InRange(PhysicalType type, int128_t value) {
  const auto between = [&](auto least, auto greatest) {
    return value >= static_cast<int128_t>(least) && value <= static_cast<int128_t>(greatest);
  };
  switch (type) {
    case PhysicalType::kBool: return between(0, 1);
    case PhysicalType::kInt8: return between(INT8_MIN, INT8_MAX);
    case PhysicalType::kInt16: return between(INT16_MIN, INT16_MAX);
    case PhysicalType::kInt32: return between(INT32_MIN, INT32_MAX);
    case PhysicalType::kInt64: return between(INT64_MIN, INT64_MAX);
    case PhysicalType::kUInt8: return between(0, UINT8_MAX);
    case PhysicalType::kUInt16: return between(0, UINT16_MAX);
    case PhysicalType::kUInt32: return between(0, UINT32_MAX);
    case PhysicalType::kUInt64: return between(0, UINT64_MAX);
    default: return type == PhysicalType::kInt128;
  }
}

Result<Value> TakeInteger(const wire::Value& message, const LogicalType& type) {
  int128_t number = message.number();
  if (message.content_case() == wire::Value::kWideNumber) {
    if (message.wide_number().size() != 16) return Damaged("a number is not of 16 bytes");
    uint128_t bits = 0;
    for (size_t i = 16; i-- > 0;) {
      bits = bits << 8 | static_cast<uint8_t>(message.wide_number()[i]);
    }
    number = static_cast<int128_t>(bits);
  }
  if (type.IsNull() || !InRange(type.physical(), number)) {
    return Damaged(StrCat("a number that no ", type.ToString(), " is"));
  }
  return Value::Integer(type, number);
}

Result<Value> TakeValue(const wire::Value& message, const LogicalType* place);

Result<Value> TakeNested(const wire::Value& message, const LogicalType& type) {
  const auto& children = message.children().values();
  if (type.id() == TypeId::kStruct &&
      type.fields().size() != static_cast<size_t>(children.size())) {
    return Damaged("a struct with other fields than its type");
  }
  std::vector<Value> values;
  for (int i = 0; i < children.size(); ++i) {
    const LogicalType& child_type = *ChildType(type, static_cast<size_t>(i));
    TRIVET_ASSIGN_OR_RETURN(Value child, TakeValue(children[i], &child_type));
    if (!(child.type() == child_type) && !child.is_null()) return Damaged("a part of another type");
    values.push_back(std::move(child));
  }
  return type.id() == TypeId::kList ? Value::List(type, std::move(values))
                                    : Value::Struct(type, std::move(values));
}

Result<Value> TakeValue(const wire::Value& message, const LogicalType* place) {
  if (place == nullptr && !message.has_type()) return Damaged("a value has no type");
  LogicalType type = place ? *place : LogicalType();
  if (message.has_type()) {
    TRIVET_ASSIGN_OR_RETURN(type, TakeType(message.type(), 0));
  }
  const PhysicalType physical = type.physical();
  switch (message.content_case()) {
    case wire::Value::CONTENT_NOT_SET: return Value::Null(std::move(type));
    case wire::Value::kNumber:
    case wire::Value::kWideNumber: return TakeInteger(message, type);
    case wire::Value::kFloating: {
      const auto floating = std::bit_cast<double>(static_cast<uint64_t>(message.floating()));
      if (type == TypeId::kDouble) return Value::Double(floating);
      if (type == TypeId::kFloat) return Value::Float(static_cast<float>(floating));
      break;
    }
    case wire::Value::kText:
      if (type == TypeId::kVarchar) return Value::Varchar(message.text());
      if (type == TypeId::kBlob) return Value::Blob(message.text());
      break;
    case wire::Value::kInterval:
      if (physical != PhysicalType::kInterval) break;
      return Value::FromInterval(
          {message.interval().months(), message.interval().days(), message.interval().micros()});
    case wire::Value::kChildren:
      if (type.IsNested()) return TakeNested(message, type);
      break;
  }
  return Damaged(StrCat("a value that no ", type.ToString(), " is"));
}

}  // namespace

Status EncodeType(const LogicalType& type, wire::Type& out) { return PutType(type, 0, out); }
Result<LogicalType> DecodeType(const wire::Type& message) { return TakeType(message, 0); }

Status EncodeValue(const Value& value, wire::Value& out) { return PutValue(value, nullptr, out); }
Result<Value> DecodeValue(const wire::Value& message) { return TakeValue(message, nullptr); }

Status EncodeColumn(const std::string& name, const LogicalType& type, bool not_null,
                    wire::Column& out) {
  out.set_name(name);
  out.set_not_null(not_null);
  return EncodeType(type, *out.mutable_type());
}

Result<ColumnDefinition> DecodeColumn(const wire::Column& message) {
  TRIVET_ASSIGN_OR_RETURN(LogicalType type, DecodeType(message.type()));
  return ColumnDefinition{message.name(), std::move(type), message.not_null()};
}

}  // namespace trivet
