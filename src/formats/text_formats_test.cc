#include <arrow/ipc/writer.h>
#include <gtest/gtest.h>

#include <sstream>

#include "formats/file_writer.h"
#include "formats/registry.h"
#include "formats/testing/arrow_tables.h"
#include "formats/testing/scan.h"

namespace trivet {
namespace {

using testing::ScanAll;
using testing::ScanResult;

class TextFormatsTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& content) {
    const std::string path = directory_ / name;
    auto file = FileSystem::Local().OpenForWrite(path);
    EXPECT_TRUE(file.ok());
    EXPECT_TRUE((*file)->Append(content.data(), content.size()).ok());
    EXPECT_TRUE((*file)->Close().ok());
    return path;
  }
  // "name TYPE, name TYPE: v|v, v|v", or the error.
  std::string Read(const std::string& path, const FormatOptions& options = {}) {
    auto table = OpenFile({path}, {}, options, FileSystem::Local());
    if (!table.ok()) return table.status().ToString();
    std::string text;
    for (const ColumnDefinition& column : (*table)->columns()) {
      text += (text.empty() ? "" : ", ") + column.name + " " + column.type.ToString();
    }
    text += ':';
    auto context = testing::MakeContext();
    const ScanResult result = ScanAll(**table, testing::AllColumns(**table), context);
    if (!result.status.ok()) return result.status.ToString();
    for (size_t row = 0; row < result.rows; ++row) {
      for (size_t c = 0; c < result.columns.size(); ++c) {
        text += (c > 0 ? "|" : row > 0 ? ", " : " ") + result.columns[c][row].ToString();
      }
    }
    EXPECT_EQ(context.memory().reserved_bytes(), 0u);
    return text;
  }
  std::string Csv(const std::string& content, const FormatOptions& options = {}) {
    return Read(Write("t.csv", content), options);
  }
  std::string Json(const std::string& content, const FormatOptions& options = {}) {
    return Read(Write("t.json", content), options);
  }

  testing::TemporaryDirectory directory_;
};

Value Types(const std::vector<std::pair<std::string, std::string>>& types) {
  std::vector<StructField> fields;
  std::vector<Value> values;
  for (const auto& [name, type] : types) {
    fields.push_back({name, TypeId::kVarchar});
    values.push_back(Value::Varchar(type));
  }
  return Value::Struct(LogicalType::Struct(std::move(fields)), std::move(values));
}

// Expectations are DuckDB's.
TEST_F(TextFormatsTest, CsvHeaderDelimiterAndTypesAreFound) {
  EXPECT_EQ(Csv("a,b\n1,2\n3,4\n"), "a BIGINT, b BIGINT: 1|2, 3|4");
  EXPECT_EQ(Csv("1,2\n3,4\n"), "column0 BIGINT, column1 BIGINT: 1|2, 3|4");
  EXPECT_EQ(Csv("a,b\nx,y\nz,w\n"), "a VARCHAR, b VARCHAR: x|y, z|w");
  EXPECT_EQ(Csv("a,1\nb,2\n"), "column0 VARCHAR, column1 BIGINT: a|1, b|2");
  EXPECT_EQ(Csv("a|b\n1|2\n"), "a BIGINT, b BIGINT: 1|2");
  EXPECT_EQ(Csv("a;b\n1;2.5\n"), "a BIGINT, b DOUBLE: 1|2.5");
  EXPECT_EQ(Csv("a\tb\n1\tx\n"), "a BIGINT, b VARCHAR: 1|x");
  EXPECT_EQ(Csv("a\r\n1\r\n"), "a BIGINT: 1");
  EXPECT_EQ(Csv("a\n1\n2"), "a BIGINT: 1, 2");
  EXPECT_EQ(
      Csv("d,t,ts,b\n2020-01-01,12:00:00,2020-01-01 12:00:00,true\n"),
      "d DATE, t TIME, ts TIMESTAMP, b BOOLEAN: 2020-01-01|12:00:00|2020-01-01 12:00:00|true");
  EXPECT_EQ(Csv("a\n9999999999999999999\n"), "a HUGEINT: 9999999999999999999");
  EXPECT_EQ(Csv("a\n01\n"), "a VARCHAR: 01");
  EXPECT_EQ(Csv("a\n1e5\nNaN\n"), "a DOUBLE: 100000.0, nan");
  EXPECT_EQ(Csv("a\nyes\nno\n"), "a BOOLEAN: true, false");
  EXPECT_EQ(Csv("a,a\n1,2\n"), "a BIGINT, a_1 BIGINT: 1|2");
  EXPECT_EQ(Csv("a,\n1,2\n"), "a BIGINT, column1 BIGINT: 1|2");
  EXPECT_EQ(Csv("a,b\n"), "a VARCHAR, b VARCHAR:");
  EXPECT_EQ(Csv(""), "column0 VARCHAR:");
}

TEST_F(TextFormatsTest, CsvNullsAndQuotes) {
  EXPECT_EQ(Csv("a,b\n\"\",1\n,2\n"), "a VARCHAR, b BIGINT: NULL|1, NULL|2");
  EXPECT_EQ(Csv("a,b\n1,NULL\n"), "a BIGINT, b VARCHAR: 1|NULL");
  EXPECT_EQ(Csv("a,b\n1,NA\n,3\n", {{"nullstr", Value::Varchar("NA")}}),
            "a VARCHAR, b BIGINT: 1|NULL, |3");
  EXPECT_EQ(Csv("a,b\n1,\"x\ny, \"\"z\"\"\"\n"), "a BIGINT, b VARCHAR: 1|x\ny, \"z\"");
  EXPECT_EQ(Csv("a,b\n1,'x,y'\n", {{"quote", Value::Varchar("'")}}), "a BIGINT, b VARCHAR: 1|x,y");
}

TEST_F(TextFormatsTest, CsvOptions) {
  EXPECT_EQ(Csv("a,b\n1,2\n", {{"header", Value::Boolean(false)}}),
            "column0 VARCHAR, column1 VARCHAR: a|b, 1|2");
  EXPECT_EQ(Csv("a,b\n1,2\n", {{"skip", Value::Int64(1)}}), "column0 BIGINT, column1 BIGINT: 1|2");
  EXPECT_EQ(Csv("a,b\n1,2\n", {{"all_varchar", Value::Boolean(true)}}),
            "a VARCHAR, b VARCHAR: 1|2");
  EXPECT_EQ(Csv("a,b\n1,2\n", {{"types", Types({{"a", "DECIMAL(5,1)"}})}}),
            "a DECIMAL(5,1), b BIGINT: 1.0|2");
  EXPECT_EQ(Csv("a,b\n1,2\n", {{"columns", Types({{"x", "INT"}, {"y", "VARCHAR"}})}}),
            "x INTEGER, y VARCHAR: 1|2");
  EXPECT_EQ(
      Csv("1,2\n3,4\n",
          {{"names", Value::List(LogicalType::List(TypeId::kVarchar), {Value::Varchar("p")})}}),
      "p BIGINT, column1 BIGINT: 1|2, 3|4");
  EXPECT_EQ(Csv("a,b\n1,2\n3\n", {{"delim", Value::Varchar(",")},
                                  {"header", Value::Boolean(true)},
                                  {"null_padding", Value::Boolean(true)}}),
            "a BIGINT, b BIGINT: 1|2, 3|NULL");
  EXPECT_NE(Csv("a\n1\n", {{"hedaer", Value::Boolean(true)}}).find("header"), std::string::npos);
  EXPECT_NE(Csv("a\n1\n", {{"store_rejects", Value::Boolean(true)}}).find("Not Implemented"),
            std::string::npos);
  EXPECT_NE(Csv("a\n1\n", {{"types", Types({{"b", "INT"}})}}).find("\"b\""), std::string::npos);
  EXPECT_NE(Csv("a\n1\n", {{"types", Types({{"a", "INTT"}})}}).find("INT"), std::string::npos);
}

// Types and values are DuckDB's.
TEST_F(TextFormatsTest, CsvDatesAreFoundInAnyOrder) {
  for (const auto& [texts, found] : std::vector<std::pair<std::string, std::string>>{
           {"2020/01/02", "DATE: 2020-01-02"},
           {"01.02.2020", "DATE: 2020-02-01"},
           {"1/2/2020", "DATE: 2020-02-01"},
           {"01/02/2020\n02/13/2020", "DATE: 2020-01-02, 2020-02-13"},
           {"31.12.99", "DATE: 1999-12-31"},
           {"01/02/20", "DATE: 2001-02-20"},
           {"10-20-30", "DATE: 2030-10-20"},
           {"01 02 2020", "DATE: 2020-02-01"},
           {"\n13/02/2020", "DATE: NULL, 2020-02-13"},
           {"01/02/2020\n01-02-2020", "VARCHAR: 01/02/2020, 01-02-2020"},
           {"13/02/2020\n02/13/2020", "VARCHAR: 13/02/2020, 02/13/2020"},
           {"1.2.3", "VARCHAR: 1.2.3"},
           {"1.12.3", "VARCHAR: 1.12.3"},
           {"1.2.03", "DATE: 2003-02-01"},
           {"13-02-20", "DATE: 2013-02-20"},
           {"1.2.3.4", "VARCHAR: 1.2.3.4"},
           {"1/2", "VARCHAR: 1/2"},
           {"99/99/99", "VARCHAR: 99/99/99"},
           {"02 Jan 2020", "VARCHAR: 02 Jan 2020"},
           {"10.5.2020 3:04:05", "TIMESTAMP: 2020-05-10 03:04:05"},
           {"02/13/2020 11:00:00 PM", "TIMESTAMP: 2020-02-13 23:00:00"},
           {"2020/01/02 10:00:00", "TIMESTAMP: 2020-01-02 10:00:00"},
           {"2020/01/02 10:00", "TIMESTAMP: 2020-01-02 10:00:00"},
           {"9:05:00", "TIME: 09:05:00"},
           {"02/13/2020 10:00", "VARCHAR: 02/13/2020 10:00"}}) {
    // A second column of text tells the header from rows of text.
    std::string rows = "d,n\n";
    std::istringstream lines(texts);
    for (std::string line; std::getline(lines, line);) rows += line + ",x\n";
    std::string read = Csv(rows);
    for (size_t at = 0; (at = read.find("|x", at)) != std::string::npos;) read.erase(at, 2);
    const size_t colon = found.find(':');
    EXPECT_EQ(read, "d " + found.substr(0, colon) + ", n VARCHAR" + found.substr(colon)) << texts;
  }
  // One column tells the order of all.
  EXPECT_EQ(Csv("a,b\n01/02/2020,01/25/2020\n"), "a DATE, b DATE: 2020-01-02|2020-01-25");
  // A header of dates is a header where the rows are none.
  EXPECT_EQ(Csv("01/02/2020\n1\n"), "01/02/2020 BIGINT: 1");
}

TEST_F(TextFormatsTest, CsvDateFormatsAreNamed) {
  const Value us = Value::Varchar("%m/%d/%Y");
  EXPECT_EQ(Csv("d\n01/02/2020\n", {{"dateformat", us}}), "d DATE: 2020-01-02");
  EXPECT_EQ(Csv("d\n20200102\n", {{"date_format", Value::Varchar("%Y%m%d")}}),
            "d DATE: 2020-01-02");
  EXPECT_EQ(Csv("d\n13/02/2020\n", {{"dateformat", us}}), "d VARCHAR: 13/02/2020");
  EXPECT_EQ(Csv("t\nJan 2 2020 10:11\n", {{"timestampformat", Value::Varchar("%b %d %Y %H:%M")}}),
            "t TIMESTAMP: 2020-01-02 10:11:00");
  const Value types = Types({{"d", "DATE"}});
  EXPECT_EQ(Csv("d\n01/25/2020\n", {{"types", types}}), "d DATE: 2020-01-25");
  EXPECT_EQ(Csv("d\n01/25/2020\n", {{"columns", types}, {"header", Value::Boolean(true)}}),
            "d DATE: 2020-01-25");
  const std::string wrong = Csv("d\n01/02/2020\nx\n", {{"types", types}, {"dateformat", us}});
  EXPECT_NE(wrong.find("line 3"), std::string::npos) << wrong;
  EXPECT_NE(wrong.find("%m/%d/%Y"), std::string::npos) << wrong;
  const std::string unknown = Csv("d\n1\n", {{"dateformat", Value::Varchar("%q")}});
  EXPECT_NE(unknown.find("dateformat"), std::string::npos) << unknown;
}

TEST_F(TextFormatsTest, CsvRowsInErrorMayBeIgnored) {
  const Value yes = Value::Boolean(true);
  EXPECT_EQ(Csv("a,b\n1,2\nx,3\n4\n5,6,7\n8,9\n",
                {{"ignore_errors", yes}, {"types", Types({{"a", "INT"}})}}),
            "a INTEGER, b BIGINT: 1|2, 8|9");
  EXPECT_EQ(Csv("a,b\n1,x\n2,\xff\n3,y\n", {{"ignore_errors", yes}}),
            "a BIGINT, b VARCHAR: 1|x, 3|y");
  EXPECT_EQ(Csv("a\nx\ny\n", {{"ignore_errors", yes}, {"types", Types({{"a", "INT"}})}}),
            "a INTEGER:");
  // Which rows there are does not depend on the columns that are asked for.
  const std::string path = Write("t.csv", "a,b\n1,2\nx,3\n4,5\n");
  auto table = OpenFile({path}, {}, {{"ignore_errors", yes}, {"types", Types({{"a", "INT"}})}},
                        FileSystem::Local());
  ASSERT_TRUE(table.ok()) << table.status().ToString();
  for (const std::vector<size_t>& columns : std::vector<std::vector<size_t>>{{}, {1}, {1, 0}}) {
    auto context = testing::MakeContext();
    ScanRequest request;
    request.columns = columns;
    const ScanResult result = ScanAll(**table, request, context);
    ASSERT_TRUE(result.status.ok()) << result.status.ToString();
    EXPECT_EQ(result.rows, 2u);
    if (!columns.empty()) {
      EXPECT_EQ(result.columns[0][1].ToString(), "5");
    }
  }
}

TEST_F(TextFormatsTest, CsvErrorsNameFileLineAndColumn) {
  std::string text = "a,b\n";
  for (int i = 0; i < 30000; ++i) text += "1,\"two\nlines\"\n";
  const std::string error = Csv(text + "x,y\n");
  EXPECT_NE(error.find("line 60002"), std::string::npos) << error;
  EXPECT_NE(error.find("\"a\""), std::string::npos) << error;
  EXPECT_NE(error.find("t.csv"), std::string::npos) << error;
  EXPECT_NE(error.find("VARCHAR"), std::string::npos) << error;
  const std::string ragged = Csv("a,b\n1,2\n3,4,5\n", {{"delim", Value::Varchar(",")}});
  EXPECT_NE(ragged.find("Expected 2 columns"), std::string::npos) << ragged;
  EXPECT_NE(ragged.find("t.csv"), std::string::npos) << ragged;
}

TEST_F(TextFormatsTest, CsvCompressedAndSeveralFiles) {
  QueryContext context = testing::MakeContext();
  for (const std::string name : {"x=1/a.csv.gz", "x=2/b.csv.gz"}) {
    ASSERT_TRUE(FileSystem::Local().CreateDirectories(directory_ / name.substr(0, 3)).ok());
    FileWriterRequest request{directory_ / name, {{"n", TypeId::kInt32}}, {}};
    auto writer = OpenFileWriter("csv", request, context);
    ASSERT_TRUE(writer.ok());
    Batch batch = Batch::MakeFlat({TypeId::kInt32}, 2);
    batch.mutable_column(0).SetValue(0, Value::Int32(7));
    batch.mutable_column(0).SetValue(1, Value::Null(TypeId::kInt32));
    batch.set_row_count(2);
    ASSERT_TRUE((*writer)->Write(batch).ok());
    ASSERT_TRUE((*writer)->Close().ok());
  }
  EXPECT_EQ(Read(directory_ / "*/*.csv.gz"), "n BIGINT, x BIGINT: 7|1, NULL|1, 7|2, NULL|2");
  Write("p1.csv", "a,b\n1,2\n");
  Write("p2.csv", "a,c\n1,2\n");
  EXPECT_NE(Read(directory_ / "p*.csv").find("different columns"), std::string::npos);
}

TEST_F(TextFormatsTest, JsonLinesArraysAndTypes) {
  const std::string expected =
      "a BIGINT, b VARCHAR, d DATE, f DOUBLE, l BIGINT[]: 1|x|2020-01-02|1.5|[1, 2], "
      "2|NULL|NULL|2.0|NULL";
  const std::string first = R"({"a": 1, "b": "x", "d": "2020-01-02", "f": 1.5, "l": [1, 2]})";
  const std::string second = R"({"a": 2, "f": 2.0})";
  EXPECT_EQ(Json(first + "\n" + second + "\n"), expected);
  EXPECT_EQ(Json("[" + first + ", " + second + "]"), expected);
  EXPECT_EQ(Json("[\n  {\n \"a\": 1,\n \"b\": \"}\\\"]\"\n },\n  {\"a\": 2}\n]\n"),
            "a BIGINT, b VARCHAR: 1|}\"], 2|NULL");
  EXPECT_EQ(Json("{\"a\": 1}\n", {{"columns", Types({{"a", "DECIMAL(4,1)"}, {"z", "INT"}})}})
                .find("a DECIMAL"),
            std::string::npos);  // a number is no text
  EXPECT_EQ(
      Json("{\"a\": 1, \"q\": 3}\n", {{"columns", Types({{"a", "SMALLINT"}, {"z", "DATE"}})}}),
      "a SMALLINT, z DATE: 1|NULL");
}

TEST_F(TextFormatsTest, JsonErrorsAreTyped) {
  EXPECT_NE(Json("{\"a\": 1}\n{\"a\": }\n").find("line 2"), std::string::npos);
  EXPECT_NE(Json("").find("no JSON object"), std::string::npos);
  EXPECT_NE(Json("{\"a\": 1}\n", {{"colums", Value::Boolean(true)}}).find("columns"),
            std::string::npos);
}

TEST_F(TextFormatsTest, ArrowFilesAndStreams) {
  auto content = testing::RandomTable(3000, 0.2, 20, 4);
  for (const bool stream : {false, true}) {
    const std::string path = directory_ / (stream ? "t.arrows" : "t.arrow");
    auto sink = testing::Must(arrow::io::FileOutputStream::Open(path));
    auto writer = testing::Must(stream ? arrow::ipc::MakeStreamWriter(sink, content->schema())
                                       : arrow::ipc::MakeFileWriter(sink, content->schema()));
    testing::Must(writer->WriteTable(*content, 700));
    testing::Must(writer->Close());
    testing::Must(sink->Close());
    auto table = OpenFile({path}, {}, {}, FileSystem::Local());
    ASSERT_TRUE(table.ok()) << table.status().ToString();
    auto context = testing::MakeContext(500);
    ScanRequest request;
    for (const std::string name : {"text", "i32", "d38", "bool", "f64", "date"}) {
      request.columns.push_back(static_cast<size_t>(content->schema()->GetFieldIndex(name)));
    }
    const ScanResult result = ScanAll(**table, request, context);
    ASSERT_TRUE(result.status.ok()) << result.status.ToString();
    ASSERT_EQ(result.rows, 3000u);
    for (size_t c = 0; c < request.columns.size(); ++c) {
      const auto& array = *content->column(static_cast<int>(request.columns[c]))->chunk(0);
      for (size_t row = 0; row < 3000; ++row) {
        ASSERT_EQ(result.columns[c][row],
                  testing::ValueOf(array, static_cast<int64_t>(row),
                                   (*table)->columns()[request.columns[c]].type));
      }
    }
  }
  EXPECT_NE(Read(Write("x.arrow", "ARROW1 and nothing else")).find("not an Arrow IPC file"),
            std::string::npos);
}

}  // namespace
}  // namespace trivet
