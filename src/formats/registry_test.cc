#include "formats/registry.h"

#include <gtest/gtest.h>

#include "formats/testing/arrow_tables.h"
#include "formats/testing/scan.h"

namespace trivet {
namespace {

class RegistryTest : public ::testing::Test {
 protected:
  void Write(const std::string& name, const std::string& content) {
    auto file = FileSystem::Local().OpenForWrite(directory_ / name);
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE((*file)->Append(content.data(), content.size()).ok());
    ASSERT_TRUE((*file)->Close().ok());
  }
  Status OpenStatus(const std::string& name, const FormatOptions& options = {},
                    std::string_view format = {}) {
    return OpenFile({directory_ / name}, format, options, FileSystem::Local()).status();
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(RegistryTest, ErrorsAreTypedAndHelp) {
  EXPECT_EQ(OpenStatus("missing.parquet").code(), StatusCode::kNotFound);
  EXPECT_EQ(OpenStatus("none*.parquet").code(), StatusCode::kNotFound);
  ASSERT_TRUE(FileSystem::Local().CreateDirectories(directory_ / "d.parquet").ok());
  Status status = OpenStatus("d.parquet");
  EXPECT_EQ(status.code(), StatusCode::kInvalidInput);
  EXPECT_NE(status.hint().find("/*.parquet"), std::string::npos);
  ASSERT_TRUE(FileSystem::Local().CreateDirectories(directory_ / "folder").ok());
  status = OpenStatus("folder");
  EXPECT_NE(status.message().find("is a directory"), std::string::npos) << status.message();
  EXPECT_NE(status.hint().find("/*.parquet"), std::string::npos);
  Write("empty.parquet", "");
  status = OpenStatus("empty.parquet");
  EXPECT_EQ(status.code(), StatusCode::kInvalidInput);
  EXPECT_EQ(status.file(), directory_ / "empty.parquet");
  Write("text.parquet", "a,b,c\n1,2,3\n4,5,6\n");
  status = OpenStatus("text.parquet");
  EXPECT_EQ(status.code(), StatusCode::kInvalidInput);
  EXPECT_NE(status.hint().find("read_csv"), std::string::npos);
  Write("cut.parquet", "PAR1xxxxxxxxxxxxxxxxxxxx");
  EXPECT_EQ(OpenStatus("cut.parquet").code(), StatusCode::kCorruption);
  Write("x.unknown", "");
  status = OpenStatus("x.unknown");
  EXPECT_EQ(status.code(), StatusCode::kInvalidInput);
  EXPECT_NE(status.hint().find("read_parquet"), std::string::npos);
  status = OpenStatus("x.unknown", {}, "parqet");
  EXPECT_NE(status.hint().find("parquet"), std::string::npos);
}

TEST_F(RegistryTest, OptionsAreCheckedByNameAndType) {
  testing::WriteParquet(*testing::RandomTable(10, 0, 5, 1), directory_ / "a.parquet",
                        ::parquet::default_writer_properties());
  Status status = OpenStatus("a.parquet", {{"hive_partitionin", Value::Boolean(true)}});
  EXPECT_EQ(status.code(), StatusCode::kInvalidInput);
  EXPECT_NE(status.hint().find("hive_partitioning"), std::string::npos);
  status = OpenStatus("a.parquet", {{"union_by_name", Value::Varchar("perhaps")}});
  EXPECT_EQ(status.code(), StatusCode::kInvalidInput);
  EXPECT_TRUE(OpenStatus("a.parquet", {{"union_by_name", Value::Varchar("true")}}).ok());
}

TEST_F(RegistryTest, TableFunctionsAndPathsOpenFiles) {
  testing::WriteParquet(*testing::RandomTable(10, 0, 5, 1), directory_ / "a.parquet",
                        ::parquet::default_writer_properties());
  TableFunctionRegistry functions;
  RegisterFileFormats(functions);
  const TableFunction* function = functions.Find("read_parquet");
  ASSERT_NE(function, nullptr);
  TableFunctionCall call;
  call.files = &FileSystem::Local();
  call.arguments = {Value::Varchar(directory_ / "*.parquet")};
  call.named_arguments = {{"filename", Value::Boolean(true)}};
  auto table = function->bind(call);
  ASSERT_TRUE(table.ok()) << table.status().ToString();
  EXPECT_EQ((*table)->columns().back().name, "filename");
  auto context = testing::MakeContext();
  ScanRequest request;
  request.columns = {(*table)->columns().size() - 1};
  const auto read = testing::ScanAll(**table, request, context);
  ASSERT_TRUE(read.status.ok());
  EXPECT_EQ(read.columns[0].at(3).string(), directory_ / "a.parquet");
  EXPECT_TRUE(functions.open_path()(directory_ / "a.parquet", FileSystem::Local()).ok());
  call.arguments.clear();
  EXPECT_EQ(function->bind(call).status().code(), StatusCode::kInvalidInput);
}

}  // namespace
}  // namespace trivet
