#include "extension/plugin.h"

#include <gtest/gtest.h>

#include <fstream>

#include "session/connection.h"

namespace trivet {
namespace {

std::string PluginFile(const std::string& name) {
  return std::string(TRIVET_PLUGINS) + "/" + name + ".so";
}

Result<std::string> OnlyValue(Connection& connection, const std::string& sql) {
  TRIVET_ASSIGN_OR_RETURN(auto result, connection.Execute(sql));
  std::string value;
  Batch batch;
  while (true) {
    TRIVET_ASSIGN_OR_RETURN(const bool more, result->Next(batch));
    if (!more) return value;
    if (batch.row_count() > 0) value = batch.column(0).GetValue(0).ToString();
  }
}

class PluginTest : public ::testing::Test {
 protected:
  void Open() {
    Extensions extensions;
    const Status loaded = LoadPlugin(PluginFile("geometry"), extensions);
    ASSERT_TRUE(loaded.ok()) << loaded.ToString();
    DatabaseOptions options;
    options.extensions = extensions.Get();
    connection_ = Database::Open(std::move(options))->Connect();
  }
  std::string Value(const std::string& sql) {
    auto value = OnlyValue(*connection_, sql);
    EXPECT_TRUE(value.ok()) << sql << "\n" << value.status().ToString();
    return value.ok() ? *value : "";
  }
  std::unique_ptr<Connection> connection_;
};

TEST_F(PluginTest, BringsFunctionsOfNumbersAndText) {
  Open();
  EXPECT_EQ(Value("select hypotenuse(3, 4)"), "5.0");
  EXPECT_EQ(Value("select hypotenuse(3, null)"), "NULL");
  EXPECT_EQ(Value("select initials('ada king lovelace')"), "akl");
  EXPECT_EQ(Value("select sum(hypotenuse(3 * range, 4 * range)) from range(5000)"), "62487500.0");
  EXPECT_EQ(Value("select string_agg(initials('a' || range || ' b'), '') from range(3)"), "ababab");
}

TEST_F(PluginTest, RowsFailWithWhatTheCodeThrows) {
  Open();
  const auto failed = OnlyValue(*connection_, "select hypotenuse(2 - range, 4) from range(5)");
  EXPECT_EQ(failed.status().code(), StatusCode::kInvalidInput);
  EXPECT_NE(failed.status().message().find("function hypotenuse: a side is negative"),
            std::string::npos)
      << failed.status().ToString();
}

TEST_F(PluginTest, BringsOperators) {
  Open();
  EXPECT_EQ(Value("select max(total) from running_total((select range % 4 as k, range as x "
                  "from range(8000)))"),
            "8002000");
  EXPECT_EQ(Value("select count(*) from (select total from running_total((select range as k, "
                  "range as x from range(100000))) limit 10)"),
            "10");
  const auto failed =
      OnlyValue(*connection_, "select * from running_total((select null::bigint k, 1::bigint x))");
  EXPECT_EQ(failed.status().code(), StatusCode::kInvalidInput);
  EXPECT_NE(failed.status().message().find("operator running_total failed: a value is NULL"),
            std::string::npos)
      << failed.status().ToString();
  const auto below =
      OnlyValue(*connection_,
                "select * from running_total((select ('x' || range)::bigint k, range x "
                "from range(3)))");
  EXPECT_EQ(below.status().message().find("running_total"), std::string::npos)
      << below.status().ToString();
}

TEST(PluginLoading, RefusesWhatDoesNotFitAndSaysWhy) {
  struct Case {
    const char* name;
    StatusCode code;
    const char* text;
  };
  for (const auto& [name, code, text] :
       {Case{"refused_no_entry", StatusCode::kInvalidInput, "does not export trivet_plugin_entry"},
        Case{"refused_abi", StatusCode::kProtocolMismatch, "version 2 of the plugin interface"},
        Case{"refused_build", StatusCode::kProtocolMismatch, "made for build 0.0.0-other"},
        Case{"refused_gives_up", StatusCode::kInvalidInput, "code 7"},
        Case{"refused_type", StatusCode::kNotFound, "NO_SUCH_TYPE"},
        Case{"not_there", StatusCode::kIO, "cannot be loaded"}}) {
    Extensions extensions;
    const Status status = LoadPlugin(PluginFile(name), extensions);
    EXPECT_EQ(status.code(), code) << name << ": " << status.ToString();
    EXPECT_NE(status.message().find(text), std::string::npos) << name << ": " << status.ToString();
    EXPECT_EQ(status.file(), PluginFile(name));
    EXPECT_TRUE(extensions.Get()->custom_functions.empty()) << name << " left something behind";
  }
}

TEST(PluginLoading, RefusesAFileThatIsNoLibraryAndOneLoadedTwice) {
  const std::string text = ::testing::TempDir() + "/no_plugin.so";
  std::ofstream(text) << "no library";
  Extensions extensions;
  EXPECT_EQ(LoadPlugin(text, extensions).code(), StatusCode::kIO);
  ASSERT_TRUE(LoadPlugin(PluginFile("geometry"), extensions).ok());
  EXPECT_EQ(LoadPlugin(PluginFile("geometry"), extensions).code(), StatusCode::kAlreadyExists);
}

}  // namespace
}  // namespace trivet
