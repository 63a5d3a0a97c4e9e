#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "formats/parquet/footer.h"
#include "formats/testing/arrow_tables.h"
#include "formats/testing/read_parquet.h"
#include "formats/testing/scan.h"

namespace trivet {
namespace {

constexpr size_t kMemoryBytes = size_t{256} << 20;

std::string BytesOf(const arrow::Table& table,
                    const std::shared_ptr<::parquet::WriterProperties>& properties) {
  testing::TemporaryDirectory directory;
  testing::WriteParquet(table, directory / "t.parquet", properties);
  std::ifstream file(directory / "t.parquet", std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

// Files that between them use every encoding, several codecs, both page versions and all indexes.
const std::vector<std::string>& Samples() {
  static const std::vector<std::string> samples = [] {
    std::vector<std::string> made;
    using ::parquet::Encoding;
    for (int i = 0; i < 6; ++i) {
      ::parquet::WriterProperties::Builder builder;
      builder.data_pagesize(600)->write_batch_size(40)->max_row_group_length(300);
      builder.enable_write_page_index();
      const arrow::Compression::type codecs[] = {
          arrow::Compression::UNCOMPRESSED, arrow::Compression::SNAPPY,
          arrow::Compression::ZSTD,         arrow::Compression::LZ4,
          arrow::Compression::GZIP,         arrow::Compression::UNCOMPRESSED};
      builder.compression(codecs[i]);
      if (i % 2 == 1) builder.data_page_version(::parquet::ParquetDataPageVersion::V2);
      if (i >= 3) {
        builder.disable_dictionary();
        for (const char* name : {"i32", "i64", "date"}) {
          builder.encoding(name, Encoding::DELTA_BINARY_PACKED);
        }
        builder.encoding("text",
                         i == 3 ? Encoding::DELTA_BYTE_ARRAY : Encoding::DELTA_LENGTH_BYTE_ARRAY);
        builder.encoding("fixed", Encoding::DELTA_BYTE_ARRAY);
        for (const char* name : {"f32", "f64", "d38"}) {
          builder.encoding(name, Encoding::BYTE_STREAM_SPLIT);
        }
        builder.encoding("bool", Encoding::RLE);
      }
      ::parquet::BloomFilterOptions bloom;
      bloom.ndv = 100;
      builder.enable_bloom_filter("text", bloom);
      made.push_back(
          BytesOf(*testing::RandomTable(600, i % 3 == 0 ? 0.0 : 0.2, i < 3 ? 20 : 100000, 5),
                  builder.build()));
    }
    return made;
  }();
  return samples;
}

// A broken file gives rows or an error of its kind that names the file.
void ExpectTyped(const Status& status) {
  if (status.ok()) return;
  switch (status.code()) {
    case StatusCode::kCorruption:
    case StatusCode::kInvalidInput:
    case StatusCode::kNotImplemented:
      EXPECT_EQ(status.file(), "broken.parquet") << status.ToString();
      break;
    case StatusCode::kOutOfMemory:
    case StatusCode::kResourceExhausted: break;
    default: ADD_FAILURE() << status.ToString();
  }
}

TEST(ParquetCorruptionTest, SamplesAreWhole) {
  for (const std::string& sample : Samples()) {
    std::vector<std::string> rows;
    const Status status = testing::ReadParquetBytes(sample, kMemoryBytes, &rows);
    ASSERT_TRUE(status.ok()) << status.ToString();
    EXPECT_EQ(rows.size(), 600u);
  }
}

TEST(ParquetCorruptionTest, BytesThatAreNoTextAreAnError) {
  using ::parquet::Encoding;
  for (const std::string text :
       {"\xFF", "caf\xC3", "\xC3\xA9t\xC3\xA9", "twelve bytes and \xE2\x82",
        "twelve bytes and \xE2\x82\xAC", "\xED\xA0\x80"}) {
    const bool valid = text.ends_with('\xA9') || text.ends_with('\xAC');
    for (const Encoding::type encoding :
         {Encoding::PLAIN, Encoding::PLAIN_DICTIONARY, Encoding::DELTA_LENGTH_BYTE_ARRAY,
          Encoding::DELTA_BYTE_ARRAY}) {
      arrow::StringBuilder texts;  // takes any bytes
      for (int i = 0; i < 20; ++i) EXPECT_TRUE(texts.Append(i == 13 ? text : "text").ok());
      ::parquet::WriterProperties::Builder builder;
      if (encoding != Encoding::PLAIN_DICTIONARY) builder.disable_dictionary()->encoding(encoding);
      builder.disable_statistics();
      const auto table = arrow::Table::Make(arrow::schema({arrow::field("text", arrow::utf8())}),
                                            {texts.Finish().ValueOrDie()});
      const Status status =
          testing::ReadParquetBytes(BytesOf(*table, builder.build()), kMemoryBytes, nullptr);
      EXPECT_EQ(status.code(), valid ? StatusCode::kOk : StatusCode::kCorruption)
          << text << " " << encoding << " " << status.ToString();
    }
  }
}

TEST(ParquetCorruptionTest, TruncatedFilesAreErrors) {
  for (const std::string& sample : Samples()) {
    for (size_t size = 0; size < sample.size(); size += 1 + sample.size() / 150) {
      const Status status =
          testing::ReadParquetBytes(sample.substr(0, size), kMemoryBytes, nullptr);
      EXPECT_FALSE(status.ok()) << size;
      ExpectTyped(status);
    }
    // The end is there, the middle is not.
    for (size_t cut = 4; cut + 100 < sample.size(); cut += 1 + sample.size() / 50) {
      ExpectTyped(testing::ReadParquetBytes(sample.substr(0, cut) + sample.substr(cut + 100),
                                            kMemoryBytes, nullptr));
    }
  }
}

TEST(ParquetCorruptionTest, FlippedBytesGiveRowsOrTypedErrors) {
  std::mt19937_64 random(20250611);
  size_t errors = 0;
  for (int i = 0; i < 2000; ++i) {
    std::string broken = Samples()[static_cast<size_t>(i) % Samples().size()];
    // Every other flip hits the footer, which says where everything is.
    const size_t from = i % 2 == 0 ? 0 : broken.size() * 3 / 4;
    const size_t place = from + random() % (broken.size() - from);
    broken[place] = static_cast<char>(broken[place] ^ (1 + random() % 255));
    const Status status = testing::ReadParquetBytes(std::move(broken), kMemoryBytes, nullptr);
    ExpectTyped(status);
    errors += status.ok() ? 0 : 1;
  }
  EXPECT_GT(errors, 200u);
}

TEST(ParquetCorruptionTest, ChecksumsCatchEveryFlipInAPage) {
  ::parquet::WriterProperties::Builder builder;
  builder.data_pagesize(600)->write_batch_size(40)->enable_page_checksum();
  const std::string sample = BytesOf(*testing::RandomTable(300, 0.1, 50, 6), builder.build());
  testing::MemoryFiles files;
  files.Put("x", sample);
  auto metadata = parquet::LoadFooter(files, files.GetInfo("x").value());
  ASSERT_TRUE(metadata.ok());
  std::mt19937_64 random(7);
  for (const parquet::ColumnChunk& chunk : (*metadata)->row_groups[0].columns) {
    auto position = static_cast<size_t>(chunk.start());
    const size_t end = position + static_cast<size_t>(chunk.compressed_bytes);
    while (position < end) {
      parquet::PageHeader header;
      size_t header_bytes = 0;
      ASSERT_EQ(parquet::ParsePageHeader(reinterpret_cast<const uint8_t*>(sample.data()) + position,
                                         sample.size() - position, header, header_bytes),
                parquet::HeaderOutcome::kParsed);
      ASSERT_TRUE(header.crc.has_value());
      const size_t body = position + header_bytes;
      position = body + static_cast<size_t>(header.compressed_bytes);
      std::string broken = sample;
      broken[body + random() % static_cast<size_t>(header.compressed_bytes)] ^= 0x10;
      const Status status = testing::ReadParquetBytes(std::move(broken), kMemoryBytes, nullptr);
      ASSERT_EQ(status.code(), StatusCode::kCorruption);
      EXPECT_NE(status.message().find("checksum"), std::string::npos);
      EXPECT_NE(status.message().find("column \""), std::string::npos);
      EXPECT_EQ(status.file(), "broken.parquet");
    }
  }
}

TEST(ParquetCorruptionTest, ReadersStayWithinTheirBudget) {
  // Too little for any page, enough for nothing: a typed refusal, no matter what.
  const Status status = testing::ReadParquetBytes(Samples()[1], 1000, nullptr);
  EXPECT_EQ(status.code(), StatusCode::kOutOfMemory);
}

}  // namespace
}  // namespace trivet
