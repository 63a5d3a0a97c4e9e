#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "session/connection.h"

// For tests alone: a database of two threads and short ways to run a text on it.
namespace trivet::session_testing {

class SessionTest : public ::testing::Test {
 protected:
  // Runs statements that must succeed.
  void Run(const std::string& sql) { (void)Text(sql); }
  // The last statement's rows, a line each, values parted by bars.
  std::string Text(const std::string& sql) {
    const auto result = connection_->Execute(sql);
    if (!result.ok()) {
      ADD_FAILURE() << result.status().Render(sql);
      return "";
    }
    const Result<std::string> text = TextOf(**result);
    EXPECT_TRUE(text.ok()) << text.status().Render(sql);
    return text.ok() ? *text : "";
  }
  static Result<std::string> TextOf(QueryResult& result) {
    std::string text;
    Batch batch;
    while (true) {
      TRIVET_ASSIGN_OR_RETURN(const bool more, result.Next(batch));
      if (!more) return text;
      for (size_t row = 0; row < batch.row_count(); ++row) {
        for (size_t i = 0; i < batch.column_count(); ++i) {
          text += (i == 0 ? "" : "|") + batch.column(i).GetValue(row).ToString();
        }
        text += '\n';
      }
    }
  }
  // The error of a text that must fail, when it is planned or when it runs.
  Status Error(const std::string& sql) {
    const auto result = connection_->Execute(sql);
    if (!result.ok()) return result.status();
    const Result<std::string> text = TextOf(**result);
    EXPECT_FALSE(text.ok()) << sql << " gave " << *text;
    return text.status();
  }

  std::shared_ptr<Database> database_ = Database::Open({.threads = 2});
  std::unique_ptr<Connection> connection_ = database_->Connect();
};

}  // namespace trivet::session_testing
