#pragma once

// Arrow tables for the tests of this folder: random columns of every type, their values as
// Trivet's, and Parquet files of them. Test code only: it includes Arrow and throws no error away
// but aborts.

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <arrow/util/float16.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>

#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "types/value.h"

namespace trivet::testing {

template <typename T>
T Must(arrow::Result<T> result) {
  if (!result.ok()) {
    fprintf(stderr, "%s\n", result.status().ToString().c_str());
    abort();
  }
  return std::move(result).ValueUnsafe();
}
inline void Must(const arrow::Status& status) {
  if (!status.ok()) {
    fprintf(stderr, "%s\n", status.ToString().c_str());
    abort();
  }
}

struct RandomColumns {
  std::mt19937_64 random;
  double null_fraction;
  // Few distinct values make dictionaries and runs.
  uint64_t distinct;

  bool Null() { return std::uniform_real_distribution<>()(random) < null_fraction; }
  uint64_t Number() { return (random() % distinct) * 0x9E3779B97F4A7C15ULL; }
  std::string Text() {
    static const char* const kSyllables[] = {"ba",  "lu",  "\xC3\xA9t\xC3\xA9", "x", "", "wonder",
                                             "of ", "the "};
    uint64_t bits = Number();
    std::string text;
    for (uint64_t i = bits % 7; i-- > 0; bits >>= 3) text += kSyllables[(bits >> 8) & 7];
    return text;
  }

  template <typename Builder, typename Make>
  std::shared_ptr<arrow::Array> Build(Builder&& builder, size_t rows, const Make& make) {
    // Runs now and then, so that run-length encodings appear.
    for (size_t i = 0; i < rows;) {
      const size_t run = random() % 50 == 0 ? random() % 300 : 1;
      const bool null = Null();
      auto value = make();
      for (size_t j = 0; j < run && i < rows; ++j, ++i) {
        Must(null ? builder.AppendNull() : builder.Append(value));
      }
    }
    return Must(builder.Finish());
  }
  template <typename ArrowType>
  std::shared_ptr<arrow::Array> Numbers(const std::shared_ptr<arrow::DataType>& type, size_t rows,
                                        uint64_t modulus = 0) {
    return Build(arrow::NumericBuilder<ArrowType>(type, arrow::default_memory_pool()), rows, [&] {
      const uint64_t number = Number();
      return static_cast<typename ArrowType::c_type>(modulus ? number % modulus : number);
    });
  }
  std::shared_ptr<arrow::Array> Decimals(int precision, int scale, size_t rows) {
    arrow::Decimal128 limit = arrow::Decimal128::GetScaleMultiplier(precision);
    return Build(arrow::Decimal128Builder(arrow::decimal128(precision, scale)), rows, [&] {
      const arrow::Decimal128 number(static_cast<int64_t>(Number()), Number());
      return arrow::Decimal128(number % limit);
    });
  }
};

// A column of every scalar type. Fields with distinct names; NULLs by `null_fraction`.
inline std::shared_ptr<arrow::Table> RandomTable(size_t rows, double null_fraction,
                                                 uint64_t distinct, uint64_t seed) {
  RandomColumns make{std::mt19937_64(seed), null_fraction, distinct};
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  const auto add = [&](const char* name, std::shared_ptr<arrow::Array> array) {
    fields.push_back(arrow::field(name, array->type(), null_fraction > 0));
    arrays.push_back(std::move(array));
  };
  add("bool", make.Build(arrow::BooleanBuilder(), rows, [&] { return make.Number() % 2 == 1; }));
  add("i8", make.Numbers<arrow::Int8Type>(arrow::int8(), rows));
  add("i16", make.Numbers<arrow::Int16Type>(arrow::int16(), rows));
  add("i32", make.Numbers<arrow::Int32Type>(arrow::int32(), rows));
  add("i64", make.Numbers<arrow::Int64Type>(arrow::int64(), rows));
  add("u8", make.Numbers<arrow::UInt8Type>(arrow::uint8(), rows));
  add("u16", make.Numbers<arrow::UInt16Type>(arrow::uint16(), rows));
  add("u32", make.Numbers<arrow::UInt32Type>(arrow::uint32(), rows));
  add("u64", make.Numbers<arrow::UInt64Type>(arrow::uint64(), rows));
  add("f32", make.Build(arrow::FloatBuilder(), rows, [&] { return float(make.Number()) / 3; }));
  add("f64", make.Build(arrow::DoubleBuilder(), rows, [&] { return double(make.Number()) / 3; }));
  add("f16", make.Numbers<arrow::HalfFloatType>(arrow::float16(), rows, 0x7C00));
  add("date", make.Numbers<arrow::Date32Type>(arrow::date32(), rows, 40000));
  add("t_ms",
      make.Numbers<arrow::Time32Type>(arrow::time32(arrow::TimeUnit::MILLI), rows, 86400000));
  add("t_us",
      make.Numbers<arrow::Time64Type>(arrow::time64(arrow::TimeUnit::MICRO), rows, 86400000000));
  const uint64_t kTicks = uint64_t{1} << 50;
  add("ts_ms", make.Numbers<arrow::TimestampType>(arrow::timestamp(arrow::TimeUnit::MILLI), rows,
                                                  kTicks >> 8));
  add("ts_us",
      make.Numbers<arrow::TimestampType>(arrow::timestamp(arrow::TimeUnit::MICRO), rows, kTicks));
  add("ts_ns",
      make.Numbers<arrow::TimestampType>(arrow::timestamp(arrow::TimeUnit::NANO), rows, kTicks));
  add("tz_us", make.Numbers<arrow::TimestampType>(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"),
                                                  rows, kTicks));
  add("d4", make.Decimals(4, 2, rows));
  add("d9", make.Decimals(9, 0, rows));
  add("d15", make.Decimals(15, 2, rows));
  add("d38", make.Decimals(38, 10, rows));
  add("text", make.Build(arrow::StringBuilder(), rows, [&] { return make.Text(); }));
  add("blob", make.Build(arrow::BinaryBuilder(), rows,
                         [&] { return make.Text() + std::string(1, char(make.Number())); }));
  add("fixed", make.Build(arrow::FixedSizeBinaryBuilder(arrow::fixed_size_binary(5)), rows, [&] {
    const uint64_t number = make.Number();
    return std::string(reinterpret_cast<const char*>(&number), 5);
  }));
  return arrow::Table::Make(arrow::schema(fields), arrays, static_cast<int64_t>(rows));
}

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

inline void WriteParquet(const arrow::Table& table, const std::string& path,
                         std::shared_ptr<::parquet::WriterProperties> properties,
                         std::shared_ptr<::parquet::ArrowWriterProperties> arrow_properties =
                             ::parquet::default_arrow_writer_properties()) {
  auto sink = Must(arrow::io::FileOutputStream::Open(path));
  Must(::parquet::arrow::WriteTable(table, arrow::default_memory_pool(), sink,
                                    ::parquet::DEFAULT_MAX_ROW_GROUP_LENGTH, properties,
                                    arrow_properties));
  Must(sink->Close());
}

inline std::shared_ptr<arrow::Table> ReadParquet(const std::string& path) {
  auto reader = Must(::parquet::arrow::OpenFile(Must(arrow::io::ReadableFile::Open(path)),
                                                arrow::default_memory_pool()));
  return Must(Must(reader->ReadTable())->CombineChunks());
}

}  // namespace trivet::testing
