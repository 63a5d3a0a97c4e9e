#include "distributed/event_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace trivet {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

class EventLogTest : public testing::Test {
 protected:
  ~EventLogTest() override { std::filesystem::remove(path_); }

  std::shared_ptr<EventLog> Open(LogLevel level) {
    return *EventLog::Open({level, path_, "worker \"0\""});
  }
  std::string Written() const {
    std::ifstream file(path_);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }

  const std::string path_ = testing::TempDir() + "/event_log_test.json";
};

TEST_F(EventLogTest, OneObjectALineWithTheFieldsThatAllEventsShare) {
  const auto log = Open(LogLevel::kInfo);
  log->Write(LogLevel::kInfo, LogEvent("task_started").Attempt({{7, 2, 13}, 1}).Worker({"w", 5}));
  log->Write(LogLevel::kError, LogEvent("odd").Text("text", "a\n\"\\\x01"));
  const std::string text = Written();
  EXPECT_THAT(text, HasSubstr(R"("level":"info","process":"worker \"0\"","event":"task_started",)"
                              R"("query":7,"stage":2,"task":13,"attempt":1,"worker":"w",)"
                              R"("incarnation":5})"
                              "\n"));
  EXPECT_THAT(text, EndsWith("\"text\":\"a\\n\\\"\\\\\\u0001\"}\n"));
}

TEST_F(EventLogTest, WhatIsBelowTheLevelIsLeftOut) {
  const auto log = Open(LogLevel::kWarning);
  log->Write(LogLevel::kInfo, LogEvent("quiet"));
  log->Write(LogLevel::kWarning, LogEvent("loud").Error(Status::IO("no")));
  EXPECT_THAT(Written(), Not(HasSubstr("quiet")));
  EXPECT_THAT(Written(), HasSubstr(R"("event":"loud","code":"IO","error":"no"})"));
}

TEST_F(EventLogTest, SecretsAreNeverWritten) {
  const auto log = Open(LogLevel::kDebug);
  log->Hide("s3cret");
  log->Hide("");
  log->Write(LogLevel::kError, LogEvent("s3cret").Text("s3cret", "xs3crets3cret"));
  EXPECT_THAT(Written(), Not(HasSubstr("s3cret")));
  EXPECT_THAT(Written(), HasSubstr("\"x******\""));
}

TEST_F(EventLogTest, SeveralLogsAppendToOneFile) {
  const auto one = Open(LogLevel::kInfo);
  const auto two = Open(LogLevel::kInfo);
  one->Write(LogLevel::kInfo, LogEvent("a"));
  two->Write(LogLevel::kInfo, LogEvent("b"));
  one->Write(LogLevel::kInfo, LogEvent("c"));
  const std::string text = Written();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
  EXPECT_LT(text.find("\"a\""), text.find("\"b\""));
  EXPECT_LT(text.find("\"b\""), text.find("\"c\""));
}

TEST_F(EventLogTest, BadLevelsAndFilesAreErrors) {
  EXPECT_EQ(ParseLogLevel("loud").status().code(), StatusCode::kInvalidInput);
  EXPECT_EQ(*ParseLogLevel("warning"), LogLevel::kWarning);
  EXPECT_FALSE(EventLog::Open({LogLevel::kInfo, "/no/such/folder/log", ""}).ok());
}

}  // namespace
}  // namespace trivet
