#include "formats/parquet/parquet_table.h"

#include <gtest/gtest.h>

#include "formats/testing/arrow_tables.h"
#include "formats/testing/scan.h"

namespace trivet {
namespace {

using ::parquet::Encoding;
using testing::AllColumns;
using testing::Must;
using testing::ScanAll;

struct Layout {
  std::string name;
  std::shared_ptr<::parquet::WriterProperties> properties;
};

class ParquetTableTest : public ::testing::Test {
 protected:
  // Our values against those that Arrow's own reader finds in the file.
  void ExpectSameAsArrow(const std::string& path, size_t batch_size = kVectorSize) {
    auto expected = testing::ReadParquet(path);
    auto table = OpenParquet({path}, {}, FileSystem::Local());
    ASSERT_TRUE(table.ok()) << table.status().ToString();
    auto context = testing::MakeContext(batch_size);
    const auto actual = ScanAll(**table, AllColumns(**table), context);
    ASSERT_TRUE(actual.status.ok()) << actual.status.ToString();
    ASSERT_EQ(actual.rows, static_cast<size_t>(expected->num_rows()));
    for (int c = 0; c < expected->num_columns(); ++c) {
      const ColumnDefinition& column = (*table)->columns()[static_cast<size_t>(c)];
      ASSERT_EQ(column.name, expected->field(c)->name());
      if (expected->num_rows() == 0) continue;
      const arrow::Array& array = *expected->column(c)->chunk(0);
      for (int64_t i = 0; i < array.length(); ++i) {
        const Value want = testing::ValueOf(array, i, column.type);
        ASSERT_EQ(actual.columns[static_cast<size_t>(c)][static_cast<size_t>(i)], want)
            << column.name << " row " << i << ": "
            << actual.columns[static_cast<size_t>(c)][static_cast<size_t>(i)].ToString()
            << " instead of " << want.ToString();
      }
    }
  }

  testing::TemporaryDirectory directory_;
};

::parquet::WriterProperties::Builder SmallPages() {
  ::parquet::WriterProperties::Builder builder;
  builder.data_pagesize(3000)->write_batch_size(100)->max_row_group_length(2500);
  return builder;
}

TEST_F(ParquetTableTest, ReadsEveryTypeWithAndWithoutDictionaryNullsAndPageVersions) {
  int file = 0;
  for (const double nulls : {0.0, 0.1, 1.0}) {
    for (const uint64_t distinct : {uint64_t{5}, uint64_t{400}, uint64_t{1} << 60}) {
      auto table = testing::RandomTable(6000, nulls, distinct, 7);
      for (const bool v2 : {false, true}) {
        for (const bool dictionary : {false, true}) {
          auto builder = SmallPages();
          if (!dictionary) builder.disable_dictionary();
          builder.dictionary_pagesize_limit(2000);
          builder.data_page_version(v2 ? ::parquet::ParquetDataPageVersion::V2
                                       : ::parquet::ParquetDataPageVersion::V1);
          const std::string path = directory_ / (std::to_string(file++) + ".parquet");
          testing::WriteParquet(*table, path, builder.build());
          SCOPED_TRACE(path + " nulls " + std::to_string(nulls));
          ExpectSameAsArrow(path);
        }
      }
    }
  }
}

TEST_F(ParquetTableTest, ReadsEveryCodec) {
  auto table = testing::RandomTable(5000, 0.2, 1000, 3);
  for (const auto codec :
       {arrow::Compression::UNCOMPRESSED, arrow::Compression::SNAPPY, arrow::Compression::GZIP,
        arrow::Compression::BROTLI, arrow::Compression::ZSTD, arrow::Compression::LZ4,
        arrow::Compression::LZ4_HADOOP}) {
    for (const bool v2 : {false, true}) {
      auto builder = SmallPages();
      builder.compression(codec)->enable_page_checksum();
      builder.data_page_version(v2 ? ::parquet::ParquetDataPageVersion::V2
                                   : ::parquet::ParquetDataPageVersion::V1);
      const std::string path = directory_ / "codec.parquet";
      testing::WriteParquet(*table, path, builder.build());
      SCOPED_TRACE(arrow::util::Codec::GetCodecAsString(codec));
      ExpectSameAsArrow(path);
    }
  }
}

TEST_F(ParquetTableTest, ReadsEveryEncoding) {
  const std::vector<std::pair<Encoding::type, std::vector<std::string>>> encodings = {
      {Encoding::DELTA_BINARY_PACKED,
       {"i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "date", "t_ms", "t_us", "ts_ms",
        "ts_us", "ts_ns", "tz_us"}},
      {Encoding::DELTA_LENGTH_BYTE_ARRAY, {"text", "blob"}},
      {Encoding::DELTA_BYTE_ARRAY, {"text", "blob", "fixed", "d38"}},
      {Encoding::BYTE_STREAM_SPLIT, {"f32", "f64", "i32", "i64", "f16", "fixed", "d4", "d38"}},
      {Encoding::RLE, {"bool"}}};
  for (const auto& [encoding, columns] : encodings) {
    for (const double nulls : {0.0, 0.3}) {
      for (const uint64_t distinct : {uint64_t{3}, uint64_t{1} << 60}) {
        auto table = testing::RandomTable(5000, nulls, distinct, 11);
        auto builder = SmallPages();
        builder.disable_dictionary();
        builder.data_page_version(::parquet::ParquetDataPageVersion::V2);
        for (const std::string& column : columns) builder.encoding(column, encoding);
        const std::string path = directory_ / "encoding.parquet";
        testing::WriteParquet(*table, path, builder.build());
        SCOPED_TRACE(::parquet::EncodingToString(encoding));
        ExpectSameAsArrow(path);
      }
    }
  }
}

TEST_F(ParquetTableTest, ReadsAtEveryBatchSize) {
  auto table = testing::RandomTable(700, 0.2, 50, 5);
  const std::string path = directory_ / "batches.parquet";
  auto builder = SmallPages();
  builder.max_row_group_length(300)->data_pagesize(100)->write_batch_size(7);
  testing::WriteParquet(*table, path, builder.build());
  for (const size_t batch_size : {1, 2, 7, 100, 2048}) {
    SCOPED_TRACE(batch_size);
    ExpectSameAsArrow(path, batch_size);
  }
}

TEST_F(ParquetTableTest, ReadsInt96AndEmptyTables) {
  auto table = testing::RandomTable(1000, 0.2, 50, 5);
  auto times = Must(table->SelectColumns({15, 16}));
  const std::string path = directory_ / "int96.parquet";
  testing::WriteParquet(
      *times, path, SmallPages().build(),
      ::parquet::ArrowWriterProperties::Builder().enable_deprecated_int96_timestamps()->build());
  auto opened = OpenParquet({path}, {}, FileSystem::Local());
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ((*opened)->columns()[1].type, LogicalType::Timestamp());
  auto context = testing::MakeContext();
  const auto read = ScanAll(**opened, AllColumns(**opened), context);
  ASSERT_TRUE(read.status.ok()) << read.status.ToString();
  for (size_t i = 0; i < 1000; ++i) {
    EXPECT_EQ(read.columns[1][i],
              testing::ValueOf(*times->column(1)->chunk(0), static_cast<int64_t>(i),
                               LogicalType::Timestamp()));
  }
  const std::string empty = directory_ / "empty.parquet";
  testing::WriteParquet(*table->Slice(0, 0), empty, SmallPages().build());
  ExpectSameAsArrow(empty);
}

// Arrow writes the integers as they are, whatever the declared precision says of them.
TEST_F(ParquetTableTest, DecimalsBeyondTheirPrecisionAreErrorsThatNameTheColumn) {
  for (const int precision : {9, 18}) {
    for (const bool dictionary : {false, true}) {
      arrow::Decimal128Builder builder(arrow::decimal128(precision, 2));
      for (int i = 0; i < 100; ++i) ASSERT_TRUE(builder.Append(arrow::Decimal128(i)).ok());
      ASSERT_TRUE(
          builder.Append(arrow::Decimal128(Must(arrow::Decimal128(1).Rescale(0, precision)))).ok());
      auto table = arrow::Table::Make(arrow::schema({arrow::field("price", builder.type())}),
                                      {Must(builder.Finish())});
      const std::string path = directory_ / "decimals.parquet";
      auto properties = SmallPages();
      properties.enable_store_decimal_as_integer();
      if (!dictionary) properties.disable_dictionary();
      testing::WriteParquet(*table, path, properties.build());
      auto opened = OpenParquet({path}, {}, FileSystem::Local());
      ASSERT_TRUE(opened.ok());
      auto context = testing::MakeContext();
      const Status status = ScanAll(**opened, AllColumns(**opened), context).status;
      EXPECT_EQ(status.code(), StatusCode::kCorruption);
      EXPECT_NE(status.ToString().find("price"), std::string::npos) << status.ToString();
      EXPECT_EQ(status.file(), path);
    }
  }
}

TEST_F(ParquetTableTest, TypesAreDuckDbs) {
  auto table = testing::RandomTable(10, 0.5, 50, 5);
  const std::string path = directory_ / "types.parquet";
  testing::WriteParquet(*table, path, SmallPages().build());
  auto opened = OpenParquet({path}, {}, FileSystem::Local());
  ASSERT_TRUE(opened.ok());
  std::string types;
  for (const auto& column : (*opened)->columns()) types += column.type.ToString() + " ";
  EXPECT_EQ(types,
            "BOOLEAN TINYINT SMALLINT INTEGER BIGINT UTINYINT USMALLINT UINTEGER UBIGINT FLOAT "
            "DOUBLE FLOAT DATE TIME TIME TIMESTAMP TIMESTAMP TIMESTAMP_NS TIMESTAMP WITH TIME ZONE "
            "DECIMAL(4,2) DECIMAL(9,0) DECIMAL(15,2) DECIMAL(38,10) VARCHAR BLOB BLOB ");
}

TEST_F(ParquetTableTest, GivesASampleFromPlacesAllOverTheTable) {
  auto rows = testing::RandomTable(6000, 0.1, 1000, 5);
  // Row groups of many runs, of one each, and of less than a run.
  for (const int64_t group : {6000, 2500, 700, 50}) {
    const std::string path = directory_ / "sample.parquet";
    testing::WriteParquet(*rows, path, SmallPages().max_row_group_length(group)->build());
    ParquetOptions options;
    options.file_row_number = true;
    auto table = OpenParquet({path}, options, FileSystem::Local());
    ASSERT_TRUE(table.ok()) << table.status().ToString();
    ScanRequest request = AllColumns(**table);
    const size_t number = request.columns.size() - 1;
    auto context = testing::MakeContext(kVectorSize);
    const auto all = ScanAll(**table, request, context);
    request.sample_rows = 800;
    const auto sample = ScanAll(**table, request, context);
    ASSERT_TRUE(sample.status.ok()) << sample.status.ToString();
    EXPECT_EQ(sample.rows, group == 50 ? 200u : 800u);
    const auto place = [&](size_t row) {
      return static_cast<size_t>(sample.columns[number][row].integer());
    };
    EXPECT_LT(place(0), 1000u);
    EXPECT_GT(place(sample.rows - 1), 4800u);
    for (size_t row = 0; row < sample.rows; ++row) {
      EXPECT_TRUE(row == 0 || place(row) > place(row - 1)) << row;
      for (size_t c = 0; c < number; ++c)
        ASSERT_EQ(sample.columns[c][row], all.columns[c][place(row)]);
    }
    auto small = testing::MakeContext(2);
    EXPECT_EQ(ScanAll(**table, request, small).columns, sample.columns);
  }
}

}  // namespace
}  // namespace trivet
