#pragma once

// What Arrow's reader gives, cell by cell, as values of ours: the oracle of the Parquet tests.

#include <arrow/api.h>
#include <arrow/util/float16.h>

#include <string>
#include <utility>
#include <vector>

#include "types/value.h"

namespace trivet::testing {

// The value of a cell as Trivet reads it from Parquet.
inline Value ValueOf(const arrow::Array& array, int64_t i, const LogicalType& type) {
  if (array.IsNull(i)) return Value::Null(type);
  const auto number = [&]<typename A>(A*) {
    return Value::Integer(type, static_cast<const A&>(array).Value(i));
  };
  switch (array.type_id()) {
    case arrow::Type::BOOL:
      return Value::Boolean(static_cast<const arrow::BooleanArray&>(array).Value(i));
    case arrow::Type::INT8: return number(static_cast<arrow::Int8Array*>(nullptr));
    case arrow::Type::INT16: return number(static_cast<arrow::Int16Array*>(nullptr));
    case arrow::Type::INT32: return number(static_cast<arrow::Int32Array*>(nullptr));
    case arrow::Type::INT64: return number(static_cast<arrow::Int64Array*>(nullptr));
    case arrow::Type::UINT8: return number(static_cast<arrow::UInt8Array*>(nullptr));
    case arrow::Type::UINT16: return number(static_cast<arrow::UInt16Array*>(nullptr));
    case arrow::Type::UINT32: return number(static_cast<arrow::UInt32Array*>(nullptr));
    case arrow::Type::UINT64: return number(static_cast<arrow::UInt64Array*>(nullptr));
    case arrow::Type::DATE32: return number(static_cast<arrow::Date32Array*>(nullptr));
    case arrow::Type::TIME64: return number(static_cast<arrow::Time64Array*>(nullptr));
    case arrow::Type::FLOAT:
      return Value::Float(static_cast<const arrow::FloatArray&>(array).Value(i));
    case arrow::Type::DOUBLE:
      return Value::Double(static_cast<const arrow::DoubleArray&>(array).Value(i));
    case arrow::Type::HALF_FLOAT:
      return Value::Float(
          arrow::util::Float16::FromBits(static_cast<const arrow::HalfFloatArray&>(array).Value(i))
              .ToFloat());
    case arrow::Type::TIME32:
      return Value::Integer(type,
                            int64_t{static_cast<const arrow::Time32Array&>(array).Value(i)} * 1000);
    case arrow::Type::TIMESTAMP: {
      const bool millis =
          static_cast<const arrow::TimestampType&>(*array.type()).unit() == arrow::TimeUnit::MILLI;
      const int64_t ticks = static_cast<const arrow::TimestampArray&>(array).Value(i);
      return Value::Integer(type, millis ? ticks * 1000 : ticks);
    }
    case arrow::Type::DECIMAL128: {
      const arrow::Decimal128 value(static_cast<const arrow::Decimal128Array&>(array).Value(i));
      return Value::Integer(type, MakeInt128(value.high_bits(), value.low_bits()));
    }
    case arrow::Type::STRING:
      return Value::Varchar(static_cast<const arrow::StringArray&>(array).GetString(i));
    case arrow::Type::BINARY:
      return Value::Blob(static_cast<const arrow::BinaryArray&>(array).GetString(i));
    case arrow::Type::FIXED_SIZE_BINARY:
      return Value::Blob(
          static_cast<const arrow::FixedSizeBinaryArray&>(array).GetView(i).data() == nullptr
              ? std::string()
              : std::string(static_cast<const arrow::FixedSizeBinaryArray&>(array).GetView(i)));
    case arrow::Type::MAP:
    case arrow::Type::LIST: {
      const auto& list = static_cast<const arrow::ListArray&>(array);
      std::vector<Value> elements;
      for (int32_t j = list.value_offset(i); j < list.value_offset(i + 1); ++j) {
        elements.push_back(ValueOf(*list.values(), j, type.element()));
      }
      return Value::List(type, std::move(elements));
    }
    case arrow::Type::STRUCT: {
      const auto& fields = static_cast<const arrow::StructArray&>(array);
      std::vector<Value> values;
      for (int f = 0; f < fields.num_fields(); ++f) {
        values.push_back(ValueOf(*fields.field(f), i, type.fields()[static_cast<size_t>(f)].type));
      }
      return Value::Struct(type, std::move(values));
    }
    default: break;
  }
  return Value::Null(type);
}

}  // namespace trivet::testing
