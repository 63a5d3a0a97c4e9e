#include "cluster/session_journal.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace trivet {
namespace {

class SessionJournalTest : public testing::Test {
 protected:
  SessionJournalTest() { std::filesystem::create_directories(folder_); }
  ~SessionJournalTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<SessionJournal> Open() {
    auto journal = SessionJournal::Open(Path(), true);
    EXPECT_TRUE(journal.ok()) << journal.status().ToString();
    return journal.ok() ? std::move(*journal) : nullptr;
  }
  std::string Path() const { return folder_ + "/sessions"; }

  const std::string folder_ = testing::TempDir() + "/sessions_" + std::to_string(::getpid());
};

ExecuteRequest Statement(const std::string& session, const std::string& sql) {
  return {session, sql, {{Value::Int64(7)}, {}}};
}

TEST_F(SessionJournalTest, SessionsComeBackWithWhatMadeThem) {
  {
    const auto journal = Open();
    journal->Opened("a", "");
    journal->Ran(Statement("a", "SET x = ?"));
    journal->Opened("b", "a");
    journal->Opened("other", "");
    journal->MadeTransient("other");
    journal->Gave("b", 3, {17, 2, {{"n", TypeId::kInt64}}});
    journal->Gave("b", 4, {18, 1, {}});
    journal->Released("b", 4);
    journal->Closed("a");
    journal->Ran(Statement("b", "SET y = 1"));
  }
  for (int life = 0; life < 2; ++life) {  // what is written anew reads the same
    const std::vector<SavedDatabase> saved = Open()->TakeSaved();
    ASSERT_EQ(saved.size(), 2u);
    ASSERT_EQ(saved[0].sessions.size(), 2u);
    EXPECT_FALSE(saved[0].sessions[0].open);
    EXPECT_TRUE(saved[0].sessions[1].open);
    EXPECT_FALSE(saved[0].had_transient);
    ASSERT_EQ(saved[0].statements.size(), 2u) << "a's view may be what b works on";
    EXPECT_EQ(saved[0].statements[0].session, "a");
    EXPECT_EQ(saved[0].statements[0].sql, "SET x = ?");
    EXPECT_EQ(saved[0].statements[0].parameters.positional.size(), 1u);
    const auto& results = saved[0].sessions[1].results;
    ASSERT_EQ(results.size(), 1u);
    EXPECT_EQ(results.at(3).query, 17u);
    EXPECT_EQ(results.at(3).result_stage, 2u);
    EXPECT_EQ(results.at(3).columns.at(0).name, "n");
    EXPECT_TRUE(saved[1].had_transient);
  }
}

TEST_F(SessionJournalTest, DatabasesWithoutSessionsAreForgotten) {
  {
    const auto journal = Open();
    journal->Opened("a", "");
    journal->Opened("b", "a");
    journal->Closed("b");
    journal->Closed("a");
    journal->Ran(Statement("a", "SET late = 1"));
  }
  EXPECT_TRUE(Open()->TakeSaved().empty());
}

TEST_F(SessionJournalTest, ALongListStartsAnew) {
  const auto journal = Open();
  journal->Opened("a", "");
  const std::vector<ResultColumn> columns(200, {"a column of some length", TypeId::kVarchar});
  for (uint64_t result = 1; result < 1000; ++result) {
    journal->Gave("a", result, {result, 0, columns});
    journal->Released("a", result);
  }
  EXPECT_TRUE(journal->status().ok());
  EXPECT_LT(std::filesystem::file_size(Path()), size_t{3} << 20);
}

TEST_F(SessionJournalTest, ATornEndIsCutOffAndDamageElsewhereIsAnError) {
  {
    const auto journal = Open();
    journal->Opened("a", "");
    journal->Opened("b", "");
  }
  std::filesystem::resize_file(Path(), std::filesystem::file_size(Path()) - 1);
  EXPECT_EQ(Open()->TakeSaved().size(), 1u);
  {
    const auto journal = Open();
    journal->Opened("c", "");
  }
  {
    std::fstream file(Path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(22);
    file.put('\x7f');
  }
  const Status status = SessionJournal::Open(Path(), true).status();
  EXPECT_EQ(status.code(), StatusCode::kCorruption);
  EXPECT_EQ(status.file(), Path());
}

}  // namespace
}  // namespace trivet
