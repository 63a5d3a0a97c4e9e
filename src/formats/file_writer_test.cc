#include "formats/file_writer.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "formats/parquet/parquet_table.h"
#include "formats/testing/arrow_tables.h"
#include "formats/testing/scan.h"

namespace trivet {
namespace {

class FileWriterTest : public ::testing::Test {
 protected:
  std::string ReadText(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  Batch TextBatch() {
    Batch batch = Batch::MakeFlat({TypeId::kInt32, TypeId::kVarchar, TypeId::kDouble}, 5);
    const char* const texts[] = {"plain", "with,comma", "with \"quotes\"", "", "line\nbreak"};
    for (size_t row = 0; row < 5; ++row) {
      batch.mutable_column(0).SetValue(row, Value::Int32(static_cast<int32_t>(row)));
      batch.mutable_column(1).SetValue(row, Value::Varchar(texts[row]));
      batch.mutable_column(2).SetValue(row, row == 2 ? Value::Null(TypeId::kDouble)
                                                     : Value::Double(static_cast<double>(row) / 4));
    }
    batch.set_row_count(5);
    return batch;
  }
  Status Write(const std::string& format, const std::string& path, const FormatOptions& options) {
    FileWriterRequest request;
    request.path = path;
    request.options = options;
    request.columns = {{"a", TypeId::kInt32}, {"b c", TypeId::kVarchar}, {"d", TypeId::kDouble}};
    TRIVET_ASSIGN_OR_RETURN(std::unique_ptr<FileWriter> writer,
                            OpenFileWriter(format, request, context_));
    TRIVET_RETURN_IF_ERROR(writer->Write(TextBatch()));
    return writer->Close();
  }
  size_t Files() {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(directory_.path()),
                                             std::filesystem::directory_iterator()));
  }

  testing::TemporaryDirectory directory_;
  QueryContext context_ = testing::MakeContext();
};

TEST_F(FileWriterTest, CsvQuotesWhatNeedsIt) {
  const std::string path = directory_ / "t.csv";
  ASSERT_TRUE(Write("csv", path, {}).ok());
  EXPECT_EQ(ReadText(path),
            "a,b c,d\n0,plain,0.0\n1,\"with,comma\",0.25\n2,\"with \"\"quotes\"\"\",\n3,\"\",0.75\n"
            "4,\"line\nbreak\",1.0\n");
  ASSERT_TRUE(Write("csv", path,
                    {{"header", Value::Boolean(false)},
                     {"delimiter", Value::Varchar("|")},
                     {"null", Value::Varchar("NA")},
                     {"quote", Value::Varchar("'")},
                     {"force_quote", Value::Varchar("b c")}})
                  .ok());
  EXPECT_EQ(ReadText(path),
            "0|'plain'|0.0\n1|'with,comma'|0.25\n2|'with \"quotes\"'|NA\n3|''|0.75\n"
            "4|'line\nbreak'|1.0\n");
  EXPECT_EQ(Files(), 1u);
}

TEST_F(FileWriterTest, CsvIsCompressedByName) {
  const std::string path = directory_ / "t.csv.gz";
  ASSERT_TRUE(Write("csv", path, {}).ok());
  const std::string bytes = ReadText(path);
  ASSERT_GT(bytes.size(), 2u);
  EXPECT_EQ(bytes.substr(0, 2), "\x1F\x8B");
}

TEST_F(FileWriterTest, ErrorsAreTypedAndLeaveNoFile) {
  EXPECT_EQ(Write("csv", directory_ / "x", {{"delimitr", Value::Varchar(";")}}).hint(),
            "did you mean \"delimiter\"?");
  EXPECT_EQ(Write("csv", directory_ / "x", {{"delimiter", Value::Varchar("ab")}}).code(),
            StatusCode::kInvalidInput);
  EXPECT_EQ(Write("csv", directory_ / "x", {{"force_quote", Value::Varchar("zz")}}).code(),
            StatusCode::kInvalidInput);
  EXPECT_EQ(Write("parquet", directory_ / "x", {{"compression", Value::Varchar("lzo")}}).code(),
            StatusCode::kInvalidInput);
  EXPECT_EQ(Write("parquett", directory_ / "x", {}).code(), StatusCode::kNotImplemented);
  for (const char* format : {"csv", "json", "parquet"}) {
    const Status refused = Write(format, directory_ / "x", {{"partition_by", Value::Varchar("a")}});
    EXPECT_EQ(refused.code(), StatusCode::kNotImplemented);
    EXPECT_NE(refused.message().find("partition_by"), std::string::npos) << refused.message();
  }
  const Status nowhere = Write("csv", directory_ / "no/such/directory", {});
  EXPECT_EQ(nowhere.code(), StatusCode::kNotFound);
  EXPECT_NE(nowhere.message().find("no/such/directory\""), std::string::npos) << nowhere.message();
  EXPECT_EQ(Write("csv", directory_.path(), {}).code(), StatusCode::kInvalidInput);
  EXPECT_EQ(Files(), 0u);
  // A writer that is given up leaves what was there before.
  ASSERT_TRUE(Write("csv", directory_ / "kept.csv", {}).ok());
  const std::string before = ReadText(directory_ / "kept.csv");
  {
    FileWriterRequest request{directory_ / "kept.csv", {{"a", TypeId::kInt32}}, {}};
    auto writer = OpenFileWriter("csv", request, context_);
    ASSERT_TRUE(writer.ok());
  }
  EXPECT_EQ(ReadText(directory_ / "kept.csv"), before);
  EXPECT_EQ(Files(), 1u);
}

TEST_F(FileWriterTest, ParquetRoundTripsEveryType) {
  const std::string source_path = directory_ / "source.parquet";
  testing::WriteParquet(*testing::RandomTable(5000, 0.2, 1000, 13), source_path,
                        ::parquet::default_writer_properties());
  auto source = OpenParquet({source_path}, {}, FileSystem::Local());
  ASSERT_TRUE(source.ok());
  for (const char* codec : {"snappy", "zstd", "uncompressed"}) {
    FileWriterRequest request;
    request.path = directory_ / "copy.parquet";
    request.columns = (*source)->columns();
    request.options = {{"compression", Value::Varchar(codec)},
                       {"row_group_size", Value::Int64(1000)},
                       {"parquet_version", Value::Varchar("V2")}};
    auto writer = OpenFileWriter("parquet", request, context_);
    ASSERT_TRUE(writer.ok()) << writer.status().ToString();
    auto scan = (*source)->Scan(testing::AllColumns(**source), context_);
    ASSERT_TRUE(scan.ok());
    while (auto morsel = std::move((*scan)->NextMorsel()).value()) {
      Batch batch;
      while (morsel->Next(batch).value()) {
        const Status written = (*writer)->Write(batch);
        ASSERT_TRUE(written.ok()) << written.ToString();
      }
    }
    ASSERT_TRUE((*writer)->Close().ok());
    auto copy = OpenParquet({request.path}, {}, FileSystem::Local());
    ASSERT_TRUE(copy.ok());
    const auto before = testing::ScanAll(**source, testing::AllColumns(**source), context_);
    const auto after = testing::ScanAll(**copy, testing::AllColumns(**copy), context_);
    ASSERT_TRUE(after.status.ok()) << after.status.ToString();
    EXPECT_EQ(before.columns, after.columns);
    for (size_t i = 0; i < request.columns.size(); ++i) {
      EXPECT_EQ((*copy)->columns()[i].type, request.columns[i].type) << request.columns[i].name;
    }
    EXPECT_EQ(testing::ReadParquet(request.path)->num_rows(), 5000);
  }
}

}  // namespace
}  // namespace trivet
