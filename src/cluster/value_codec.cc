#include "cluster/value_codec.h"

#include <bit>
#include <utility>

namespace trivet {

namespace {

// Types deeper than this are no types of ours.
constexpr int kMaxDepth = 64;

void PutWide(ByteWriter& writer, int128_t value) {
  const auto bits = static_cast<uint128_t>(value);
  writer.Put(static_cast<uint64_t>(bits));
  writer.Put(static_cast<uint64_t>(bits >> 64));
}

int128_t GetWide(ByteReader& reader) {
  const auto low = reader.Get<uint64_t>();
  const auto high = reader.Get<uint64_t>();
  return static_cast<int128_t>((static_cast<uint128_t>(high) << 64) | low);
}

LogicalType ReadType(ByteReader& reader, int depth) {
  const auto id = reader.Get<uint8_t>();
  const auto first = reader.Get<uint8_t>();
  const auto second = reader.Get<uint8_t>();
  if (id > static_cast<uint8_t>(TypeId::kStruct) || depth > kMaxDepth) {
    reader.Reject();
    return {};
  }
  switch (static_cast<TypeId>(id)) {
    case TypeId::kDecimal:
      if (first == 0 || first > kMaxDecimalPrecision || second > first) {
        reader.Reject();
        return {};
      }
      return LogicalType::Decimal(first, second);
    case TypeId::kTimestamp:
      if (first > static_cast<uint8_t>(TimeUnit::kNano)) {
        reader.Reject();
        return {};
      }
      return LogicalType::Timestamp(static_cast<TimeUnit>(first), second != 0);
    case TypeId::kList: return LogicalType::List(ReadType(reader, depth + 1));
    case TypeId::kStruct: {
      std::vector<StructField> fields(reader.GetCount(sizeof(uint32_t) + 3));
      for (StructField& field : fields) {
        field.name = std::string(reader.GetString());
        field.type = ReadType(reader, depth + 1);
      }
      return LogicalType::Struct(std::move(fields));
    }
    default: return static_cast<TypeId>(id);
  }
}

Value ReadValue(ByteReader& reader, const LogicalType& type) {
  if (reader.Get<uint8_t>() == 0 || !reader.ok()) return Value::Null(type);
  switch (type.id()) {
    case TypeId::kNull: return Value::Null();
    case TypeId::kBoolean: return Value::Boolean(GetWide(reader) != 0);
    case TypeId::kFloat:
      return Value::Float(static_cast<float>(std::bit_cast<double>(reader.Get<uint64_t>())));
    case TypeId::kDouble: return Value::Double(std::bit_cast<double>(reader.Get<uint64_t>()));
    case TypeId::kVarchar: return Value::Varchar(std::string(reader.GetString()));
    case TypeId::kBlob: return Value::Blob(std::string(reader.GetString()));
    case TypeId::kInterval: {
      Interval interval;
      interval.months = reader.Get<int32_t>();
      interval.days = reader.Get<int32_t>();
      interval.micros = reader.Get<int64_t>();
      return Value::FromInterval(interval);
    }
    case TypeId::kList: {
      std::vector<Value> elements(reader.GetCount(1));
      for (Value& element : elements) element = ReadValue(reader, type.element());
      return Value::List(type, std::move(elements));
    }
    case TypeId::kStruct: {
      std::vector<Value> fields;
      for (const StructField& field : type.fields()) {
        fields.push_back(ReadValue(reader, field.type));
      }
      return Value::Struct(type, std::move(fields));
    }
    default: return Value::Integer(type, GetWide(reader));
  }
}

void WriteValue(ByteWriter& writer, const Value& value) {
  writer.Put(static_cast<uint8_t>(!value.is_null()));
  if (value.is_null()) return;
  switch (value.type().id()) {
    case TypeId::kNull: return;
    case TypeId::kBoolean: PutWide(writer, value.boolean() ? 1 : 0); return;
    case TypeId::kFloat:
    case TypeId::kDouble: writer.Put(std::bit_cast<uint64_t>(value.floating())); return;
    case TypeId::kVarchar:
    case TypeId::kBlob: writer.PutString(value.string()); return;
    case TypeId::kInterval:
      writer.Put(value.interval().months);
      writer.Put(value.interval().days);
      writer.Put(value.interval().micros);
      return;
    case TypeId::kList:
      writer.Put(static_cast<uint32_t>(value.children().size()));
      for (const Value& child : value.children()) WriteValue(writer, child);
      return;
    case TypeId::kStruct:
      for (const Value& child : value.children()) WriteValue(writer, child);
      return;
    default: PutWide(writer, value.integer()); return;
  }
}

}  // namespace

void PutType(ByteWriter& writer, const LogicalType& type) {
  writer.Put(static_cast<uint8_t>(type.id()));
  switch (type.id()) {
    case TypeId::kDecimal:
      writer.Put(type.precision());
      writer.Put(type.scale());
      return;
    case TypeId::kTimestamp:
      writer.Put(static_cast<uint8_t>(type.unit()));
      writer.Put(static_cast<uint8_t>(type.with_time_zone()));
      return;
    default:
      writer.Put(uint8_t{0});
      writer.Put(uint8_t{0});
      break;
  }
  if (type.id() == TypeId::kList) PutType(writer, type.element());
  if (type.id() == TypeId::kStruct) {
    writer.Put(static_cast<uint32_t>(type.fields().size()));
    for (const StructField& field : type.fields()) {
      writer.PutString(field.name);
      PutType(writer, field.type);
    }
  }
}

LogicalType GetType(ByteReader& reader) { return ReadType(reader, 0); }

void PutValue(ByteWriter& writer, const Value& value) {
  PutType(writer, value.type());
  WriteValue(writer, value);
}

Value GetValue(ByteReader& reader) {
  const LogicalType type = GetType(reader);
  return ReadValue(reader, type);
}

}  // namespace trivet
