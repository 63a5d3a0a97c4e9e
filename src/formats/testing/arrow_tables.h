#pragma once

// Arrow tables for the tests of this folder: random columns of every type and Parquet files of
// them. Test code only: it includes Arrow and throws no error away
// but aborts.

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>

#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "formats/testing/arrow_values.h"

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
