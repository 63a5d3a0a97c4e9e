#include "session/connection.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "base/string_concat.h"
#include "session/testing.h"

namespace trivet {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Far below the time that the interrupted statements take, far above what a busy machine is late.
constexpr milliseconds kSoon{3000};

class ConnectionTest : public session_testing::SessionTest {};

TEST_F(ConnectionTest, RunsEveryStatementAndGivesTheLastResult) {
  EXPECT_EQ(Text("CREATE TABLE t (i INTEGER); INSERT INTO t VALUES (1), (2); SELECT sum(i) FROM t"),
            "3\n");
  EXPECT_EQ(Text(""), "");
  EXPECT_EQ(Text("; ;"), "");
  EXPECT_EQ(Text("INSERT INTO t VALUES (3), (4), (5)"), "3\n");
  const auto result = *connection_->Execute("CREATE TABLE u (i INTEGER)");
  EXPECT_EQ(result->kind(), ResultKind::kNothing);
  EXPECT_TRUE(result->columns().empty());
}

TEST_F(ConnectionTest, EachStatementsResultCanBeVisited) {
  std::vector<std::string> texts;
  const Status status =
      connection_->ExecuteEach("SELECT 1; SELECT 2; SELECT 3", {}, [&](QueryResult& result) {
        TRIVET_ASSIGN_OR_RETURN(std::string text, TextOf(result));
        texts.push_back(std::move(text));
        return texts.size() == 2 ? Status::InvalidInput("enough") : Status::OK();
      });
  EXPECT_EQ(status.message(), "enough");
  EXPECT_EQ(texts, (std::vector<std::string>{"1\n", "2\n"}));
}

TEST_F(ConnectionTest, ResultsTellNamesAndTypes) {
  const auto result = *connection_->Execute("SELECT 1 AS one, 'x' AS text, DATE '2020-01-01'");
  ASSERT_EQ(result->columns().size(), 3u);
  EXPECT_EQ(result->columns()[0].name, "one");
  EXPECT_EQ(result->columns()[0].type, LogicalType(TypeId::kInt32));
  EXPECT_EQ(result->columns()[1].type, LogicalType(TypeId::kVarchar));
  EXPECT_EQ(result->columns()[2].type, LogicalType(TypeId::kDate));
}

TEST_F(ConnectionTest, ATablesRowsMayOutliveTheDatabase) {
  auto database = Database::Open({});
  auto connection = database->Connect();
  ASSERT_TRUE(connection->Execute("CREATE TABLE t AS SELECT range AS i FROM range(5000)").ok());
  // As a task of a cluster in this process holds it that ends after its query's session.
  TablePtr held = database->catalog().Find({"", "t"})->table;
  const std::weak_ptr<MemoryBudget> budget = database->shared_memory();
  connection.reset();
  database.reset();
  ASSERT_FALSE(budget.expired());
  EXPECT_GE(budget.lock()->reserved_bytes(), 5000 * sizeof(int64_t));
  const auto last = budget.lock();
  held.reset();
  EXPECT_EQ(last->reserved_bytes(), 0u);
}

TEST_F(ConnectionTest, ParametersByPlaceAndByName) {
  ParameterValues placed;
  placed.positional = {Value::Int32(2), Value::Varchar("b")};
  auto result = connection_->Execute("SELECT $1 + 1, $2", placed);
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ(*TextOf(**result), "3|b\n");
  ParameterValues named;
  named.named["who"] = Value::Varchar("me");
  result = connection_->Execute("SELECT $who", named);
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ(*TextOf(**result), "me\n");
}

TEST_F(ConnectionTest, ParametersBelongToTheLastStatement) {
  ParameterValues values;
  values.positional = {Value::Int32(2)};
  const auto result =
      connection_->Execute("CREATE TABLE t (i INT); INSERT INTO t VALUES (1); SELECT ?", values);
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ(*TextOf(**result), "2\n");
  const std::string sql = "SELECT 1; INSERT INTO t VALUES (?); SELECT 1";
  const Status status = connection_->Execute(sql, values).status();
  EXPECT_EQ(status.code(), StatusCode::kNotImplemented);
  EXPECT_EQ(status.position(), sql.find("INSERT"));
  EXPECT_EQ(Text("SELECT count(*) FROM t"), "1\n");
}

TEST_F(ConnectionTest, ErrorsPointAtTheirPlaceInTheWholeText) {
  for (const auto& [sql, at] : std::vector<std::pair<std::string, std::string>>{
           {"SELECT 1; SELEC 2", "SELEC 2"},
           {"SELECT 1; SELECT wrong FROM range(3) t(i)", "wrong"},
           {"SELECT 1;\n\nSELECT * FROM nowhere", "nowhere"},
           {"SELECT 1; SELECT nosuchfunction(1)", "nosuchfunction"},
           {"SELECT 1; SELECT CAST('x' AS INTEGER)", "'x'"}}) {
    const Status status = Error(sql);
    EXPECT_EQ(status.position(), sql.find(at)) << status.Render(sql);
    EXPECT_NE(status.Render(sql).find('^'), std::string::npos);
  }
  EXPECT_NE(Error("CREATE TABLE lineitem (i INT); SELECT * FROM lineitems").hint().find("lineitem"),
            std::string::npos);
}

// The text of the view is not at hand where its error is shown.
TEST_F(ConnectionTest, ErrorsOfAViewsRowsPointAtItsName) {
  Run("CREATE TABLE t AS SELECT 'x' AS s; CREATE VIEW v AS SELECT CAST(s AS INTEGER) + 1 AS n FROM "
      "t");
  const std::string outside = "SELECT 1; SELECT count(*) FROM t JOIN v ON n > 0";
  EXPECT_EQ(Error(outside).position(), outside.find("v ON"));
  const std::string nested = "SELECT n * 2 FROM (SELECT * FROM v WHERE n > 0) LIMIT 1";
  EXPECT_EQ(Error(nested).position(), nested.find("v WHERE"));
}

TEST_F(ConnectionTest, StatementsBeforeAnErrorHaveRun) {
  EXPECT_FALSE(Error("CREATE TABLE t AS SELECT 7 AS i; SELECT wrong FROM t; DROP TABLE t").ok());
  EXPECT_EQ(Text("SELECT i FROM t"), "7\n");
  // A text that does not parse runs not at all.
  EXPECT_FALSE(Error("DROP TABLE t; SELEC").ok());
  EXPECT_EQ(Text("SELECT i FROM t"), "7\n");
}

TEST_F(ConnectionTest, ConnectionsShareTablesAndGlobalSettings) {
  const auto other = database_->Connect();
  Run("CREATE TABLE t AS SELECT 1 AS i; SET threads = 3; SET batch_size = 5");
  const auto rows = other->Execute("SELECT i FROM t");
  ASSERT_TRUE(rows.ok());
  EXPECT_EQ(*TextOf(**rows), "1\n");
  EXPECT_EQ(other->settings().Get().threads, 3u);
  EXPECT_EQ(other->settings().Get().batch_size, 2048u);
  EXPECT_EQ(connection_->settings().Get().batch_size, 5u);
}

TEST_F(ConnectionTest, SettingsAreSetShownAndResetBySql) {
  const std::string before = Text("SELECT current_setting('threads')");
  Run("SET threads = 1");
  EXPECT_EQ(Text("SELECT current_setting('threads')"), "1\n");
  Run("RESET threads");
  EXPECT_EQ(Text("SELECT current_setting('threads')"), before);
  EXPECT_EQ(Error("SET thread = 1").code(), StatusCode::kNotFound);
  EXPECT_EQ(Error("SET threads = 'many'").code(), StatusCode::kInvalidInput);
}

TEST_F(ConnectionTest, AQueryReadsOneSnapshot) {
  Run("CREATE TABLE t AS SELECT i FROM range(100000) r(i)");
  const auto result = *connection_->Execute("SELECT i FROM t");
  const auto other = database_->Connect();
  ASSERT_TRUE(other->Execute("INSERT INTO t SELECT i FROM range(50000) r(i)").ok());
  ASSERT_TRUE(other->Execute("DROP TABLE t").ok());
  size_t rows = 0;
  Batch batch;
  while (*result->Next(batch)) rows += batch.row_count();
  EXPECT_EQ(rows, 100000u);
}

TEST_F(ConnectionTest, AChangeThatFailsLeavesTheCatalogAsItWas) {
  Run("CREATE TABLE t (i INTEGER NOT NULL); INSERT INTO t VALUES (1)");
  EXPECT_FALSE(
      Error("INSERT INTO t SELECT CASE WHEN i < 5000 THEN i END FROM range(9000) r(i)").ok());
  EXPECT_EQ(Text("SELECT count(*) FROM t"), "1\n");
  EXPECT_FALSE(
      Error("CREATE TABLE u AS SELECT CAST(i || 'x' AS INTEGER) FROM range(9000) r(i)").ok());
  EXPECT_EQ(Error("SELECT * FROM u").code(), StatusCode::kNotFound);
  EXPECT_FALSE(
      Error("CREATE OR REPLACE TABLE t AS SELECT CAST(i || 'x' AS INTEGER) FROM range(9) r(i)")
          .ok());
  EXPECT_EQ(Text("SELECT count(*) FROM t"), "1\n");
  EXPECT_EQ(database_->memory().reserved_bytes() > 0, true);
  Run("DROP TABLE t");
  EXPECT_EQ(database_->memory().reserved_bytes(), 0u);
}

TEST_F(ConnectionTest, UnreadResultsLeaveThePoolFree) {
  Run("SET threads = 1");
  const std::string endless = "SELECT i FROM range(1000000000000) t(i)";
  const auto first = *connection_->Execute(endless);
  const auto other = database_->Connect();
  const auto second = *other->Execute(endless);
  const auto third = database_->Connect();
  const auto result = third->Execute("SELECT sum(i) FROM range(100000) t(i)");
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(*TextOf(**result), "4999950000\n");
}

TEST_F(ConnectionTest, AResultOutlivesItsConnectionAndDatabase) {
  auto result = *connection_->Execute("SELECT count(*) FROM range(1000) t(i)");
  connection_.reset();
  database_.reset();
  EXPECT_EQ(*TextOf(*result), "1000\n");
}

// Statements that would run for many seconds, and the place each spends them.
const std::vector<std::pair<std::string, std::string>> kLongStatements = {
    {"cross join",
     "SELECT count(*) FROM range(100000000) a(i), range(1000000) b(j) WHERE i + j < 0"},
    {"sort", "SELECT i FROM range(100000000) t(i) ORDER BY hash(i)"},
    {"create table", "CREATE TABLE long AS SELECT i FROM range(100000000000) t(i)"},
    {"explain analyze", "EXPLAIN ANALYZE SELECT sum(i) FROM range(100000000000) t(i)"},
    {"earlier statement", "SELECT sum(i) FROM range(100000000000) t(i); SELECT 1"},
};

TEST_F(ConnectionTest, AnInterruptEndsWhateverRuns) {
  for (const auto& [what, sql] : kLongStatements) {
    Status status;
    std::atomic<bool> ended{false};
    std::thread running([&] {
      status = Error(sql);
      ended = true;
    });
    std::this_thread::sleep_for(milliseconds(100));
    EXPECT_FALSE(ended) << what;
    const auto start = steady_clock::now();
    connection_->Interrupt();
    running.join();
    EXPECT_LT(steady_clock::now() - start, kSoon) << what;
    EXPECT_EQ(status.code(), StatusCode::kCancelled) << what << ": " << status.ToString();
  }
  EXPECT_EQ(Text("SELECT 1"), "1\n");
}

TEST_F(ConnectionTest, AnInterruptEndsPlanning) {
  std::string nested = "SELECT 1 AS c";
  for (int i = 0; i < 60; ++i) nested = StrCat("SELECT c + 1 AS c FROM (", nested, ")");
  std::string sql = "SELECT ";
  for (int i = 0; i < 500; ++i) sql += "c + " + std::to_string(i) + ", ";
  sql += "1 FROM (" + nested + ")";
  for (const int after_ms : {0, 5, 20, 50}) {
    Status status;
    steady_clock::time_point end;
    std::thread running([&] {
      const auto result = connection_->Execute(sql);
      status = result.status();
      if (result.ok()) {
        Batch batch;
        status = (*result)->Next(batch).status();
      }
      end = steady_clock::now();
    });
    std::this_thread::sleep_for(milliseconds(after_ms));
    const auto start = steady_clock::now();
    connection_->Interrupt();
    running.join();
    // An interrupt that came before the statement, or after its end, does nothing.
    if (status.code() == StatusCode::kCancelled) {
      EXPECT_LT(end - start, kSoon) << after_ms;
    } else {
      EXPECT_TRUE(status.ok()) << status.ToString();
    }
  }
}

TEST_F(ConnectionTest, AnInterruptReachesTheResultThatIsStillOpen) {
  const auto result = *connection_->Execute("SELECT i FROM range(100000000000) t(i)");
  connection_->Interrupt();
  EXPECT_EQ(TextOf(*result).status().code(), StatusCode::kCancelled);
}

TEST_F(ConnectionTest, AnInterruptOfNothingDoesNothing) {
  connection_->Interrupt();
  EXPECT_EQ(Text("SELECT 1"), "1\n");
  auto result = *connection_->Execute("SELECT 2");
  EXPECT_EQ(*TextOf(*result), "2\n");
  result.reset();
  connection_->Interrupt();
  EXPECT_EQ(Text("SELECT 3"), "3\n");
}

TEST_F(ConnectionTest, AHostMayInterruptTheThreadThatRuns) {
  std::atomic<int> asked{0};
  connection_->SetInterruptCheck([&] { return ++asked == 3; });
  const auto start = steady_clock::now();
  EXPECT_EQ(Error("CREATE TABLE t AS SELECT sum(i) FROM range(100000000000) t(i)").code(),
            StatusCode::kCancelled);
  EXPECT_LT(steady_clock::now() - start, kSoon);
  EXPECT_GE(asked, 3);
}

}  // namespace
}  // namespace trivet
