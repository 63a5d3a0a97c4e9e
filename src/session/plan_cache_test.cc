#include "session/plan_cache.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/string_concat.h"
#include "session/testing.h"

namespace trivet {
namespace {

class PlanCacheTest : public session_testing::SessionTest {
 protected:
  PlanCacheTest() : directory_(StrCat("/tmp/trivet_plan_cache_", getpid())) {
    std::filesystem::create_directories(directory_);
  }
  ~PlanCacheTest() override { std::filesystem::remove_all(directory_); }

  uint64_t Hits() { return database_->plan_cache().metrics().hits; }
  uint64_t Plans() { return database_->plan_cache().metrics().plans; }
  // Types and rows, or the error.
  static std::string Answer(Connection& connection, const std::string& sql,
                            const ParameterValues& values) {
    const auto result = connection.Execute(sql, values);
    if (!result.ok()) return result.status().ToString();
    std::string text;
    for (const ResultColumn& column : (*result)->columns()) {
      text += StrCat(column.name, " ", column.type.ToString(), "\n");
    }
    const Result<std::string> rows = TextOf(**result);
    return rows.ok() ? text + *rows : rows.status().ToString();
  }
  std::string With(const std::string& sql, std::vector<Value> values) {
    const auto result = connection_->Execute(sql, {std::move(values), {}});
    if (!result.ok()) return result.status().ToString();
    const Result<std::string> rows = TextOf(**result);
    return rows.ok() ? *rows : rows.status().ToString();
  }

  const std::string directory_;
};

TEST_F(PlanCacheTest, ThePlanOfATextServesOtherValues) {
  Run("CREATE TABLE t AS SELECT range AS i, 'n' || range AS s FROM range(1000)");
  const std::string sql = "SELECT s FROM t WHERE i = $1";
  EXPECT_EQ(With(sql, {Value::Int64(7)}), "n7\n");
  EXPECT_EQ(Hits(), 0u);
  EXPECT_EQ(With(sql, {Value::Int64(8)}), "n8\n");
  EXPECT_EQ(With(sql, {Value::Int64(2000)}), "");
  EXPECT_EQ(Hits(), 2u);
  Run("PREPARE p AS SELECT i FROM t WHERE s = $1 AND i + $2 > 0");
  EXPECT_EQ(Text("EXECUTE p('n3', 1)"), "3\n");
  EXPECT_EQ(Text("EXECUTE p('n4', 2)"), "4\n");
  EXPECT_EQ(Text("EXECUTE p('n5', 3)"), "5\n");
  EXPECT_EQ(Hits(), 4u);
  const auto named = [&](int64_t low) {
    const auto result = connection_->Execute("SELECT count(*) FROM t WHERE i >= $low",
                                             {{}, {{"low", Value::Int64(low)}}});
    return *TextOf(**result);
  };
  EXPECT_EQ(named(990), "10\n");
  EXPECT_EQ(named(995), "5\n");
  EXPECT_EQ(Hits(), 5u);
  // Of other connections, too.
  connection_ = database_->Connect();
  EXPECT_EQ(With(sql, {Value::Int64(9)}), "n9\n");
  EXPECT_EQ(Hits(), 6u);
}

TEST_F(PlanCacheTest, ChangedTablesAndViewsAreSeen) {
  Run("CREATE TABLE t AS SELECT 1 AS i");
  EXPECT_EQ(Text("SELECT * FROM t"), "1\n");
  EXPECT_EQ(Text("SELECT * FROM t"), "1\n");
  EXPECT_EQ(Hits(), 1u);
  Run("INSERT INTO t VALUES (2)");
  EXPECT_EQ(Text("SELECT * FROM t"), "1\n2\n");
  Run("CREATE OR REPLACE TABLE t AS SELECT 'x' AS a, 'y' AS b");
  EXPECT_EQ(Text("SELECT * FROM t"), "x|y\n");
  Run("CREATE VIEW v AS SELECT 1");
  EXPECT_EQ(Text("SELECT * FROM v"), "1\n");
  Run("CREATE OR REPLACE VIEW v AS SELECT 2");
  EXPECT_EQ(Text("SELECT * FROM v"), "2\n");
  Run("CREATE TEMP TABLE t AS SELECT 5");
  EXPECT_EQ(Text("SELECT * FROM t"), "5\n");
  Run("DROP TABLE temp.t; DROP TABLE t");
  EXPECT_EQ(Error("SELECT * FROM t").code(), StatusCode::kNotFound);
  // Around the statements, as a host does.
  EXPECT_EQ(Text("SELECT * FROM v"), "2\n");
  ASSERT_TRUE(database_->catalog().Drop({"main", "v"}, true, false).ok());
  EXPECT_EQ(Error("SELECT * FROM v").code(), StatusCode::kNotFound);
}

TEST_F(PlanCacheTest, DroppedTablesGiveTheirMemory) {
  Run("CREATE TABLE t AS SELECT range AS i FROM range(1000000)");
  EXPECT_EQ(Text("SELECT count(*) FROM t WHERE i > 5"), "999994\n");
  Run("DROP TABLE t");
  EXPECT_LT(database_->memory().reserved_bytes(), 1'000'000u);
}

TEST_F(PlanCacheTest, ChangedFilesAreSeen) {
  const std::string file = StrCat(directory_, "/a.parquet");
  const std::string one = StrCat("SELECT * FROM '", file, "'");
  const std::string all = StrCat("SELECT count(*) FROM '", directory_, "/*.parquet'");
  const std::string text = StrCat("SELECT * FROM '", directory_, "/t.csv'");
  Run(StrCat("COPY (SELECT 1 AS i) TO '", file, "'"));
  Run(StrCat("COPY (SELECT 1 AS i) TO '", directory_, "/t.csv'"));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Text(one), "1\n");
    EXPECT_EQ(Text(all), "1\n");
    EXPECT_EQ(Text(text), "1\n");
  }
  EXPECT_EQ(Hits(), 3u);
  // Planned once more, when footers are known and no file is opened.
  database_->plan_cache().Clear();
  EXPECT_EQ(Text(one), "1\n");
  EXPECT_EQ(Text(all), "1\n");
  // As long, at another time; then with other columns, and another file.
  Run(StrCat("COPY (SELECT 2 AS i) TO '", file, "'"));
  EXPECT_EQ(Text(one), "2\n");
  Run(StrCat("COPY (SELECT 'a' AS s, 'b' AS t) TO '", file, "'"));
  EXPECT_EQ(Text(one), "a|b\n");
  Run(StrCat("COPY (SELECT 'a' AS s) TO '", directory_, "/t.csv'"));
  EXPECT_EQ(Text(text), "a\n");
  Run(StrCat("COPY (SELECT 'a' AS s, 'b' AS t) TO '", directory_, "/b.parquet'"));
  EXPECT_EQ(Text(all), "2\n");
  std::filesystem::remove(StrCat(directory_, "/b.parquet"));
  EXPECT_EQ(Text(all), "1\n");
  std::filesystem::remove(file);
  EXPECT_FALSE(Error(one).ok());
}

TEST_F(PlanCacheTest, FootersCountInTheBudgetAndGoWithThePlans) {
  const std::string file = StrCat(directory_, "/wide.parquet");
  std::string columns;
  for (int i = 0; i < 200; ++i) columns += StrCat(", range + ", i, " AS c", i);
  Run(StrCat("COPY (SELECT range AS i", columns, " FROM range(20000)) TO '", file,
             "' (ROW_GROUP_SIZE 2048)"));
  constexpr size_t kLeast = 200 * 9 * 200;  // what its chunks' descriptions take, and more
  Run("SET memory_limit = '256MB'; SET enable_page_cache = false");
  MemoryBudget& memory = database_->memory();
  const size_t before = memory.reserved_bytes();
  const std::string sql = StrCat("SELECT count(*) FROM '", file, "' WHERE i < 10 AND c7 > 7");
  EXPECT_EQ(Text(sql), "9\n");
  EXPECT_EQ(Text(sql), "9\n");
  EXPECT_EQ(Hits(), 1u);
  EXPECT_GT(memory.reserved_bytes(), before + kLeast);
  EXPECT_GT(database_->file_facts().bytes(), kLeast);
  {
    const auto all = memory.TryReserve(memory.limit_bytes() - before - 1000, "x");
    EXPECT_TRUE(all.ok()) << all.status().ToString();
    EXPECT_EQ(database_->file_facts().bytes(), 0u);
    EXPECT_EQ(Plans(), 0u);
  }
  EXPECT_LE(memory.reserved_bytes(), before);
  EXPECT_EQ(Text(sql), "9\n");
  // There is no reading the file without.
  database_ = Database::Open({.threads = 1, .memory_limit_bytes = 300'000});
  connection_ = database_->Connect();
  const Status refused = Error(sql);
  EXPECT_EQ(refused.code(), StatusCode::kOutOfMemory) << refused.ToString();
  EXPECT_NE(refused.ToString().find("the footer of a Parquet file"), std::string::npos);
  EXPECT_NE(refused.ToString().find("wide.parquet"), std::string::npos);
}

TEST_F(PlanCacheTest, ChangedSettingsAreSeen) {
  const std::string zone =
      "SELECT CAST(TIMESTAMP '2024-01-01 00:00:00' AS TIMESTAMPTZ) = "
      "TIMESTAMPTZ '2024-01-01 00:00:00+00'";
  Run("SET timezone = 'UTC'");
  EXPECT_EQ(Text(zone), "true\n");
  Run("SET timezone = 'Europe/Berlin'");
  EXPECT_EQ(Text(zone), "false\n");
  Run("SET timezone = 'UTC'");
  EXPECT_EQ(Text(zone), "true\n");
  EXPECT_EQ(Hits(), 1u);
  Run("SET simd_level = 'baseline'");
  EXPECT_EQ(Text("SELECT current_setting('simd_level')"), "baseline\n");
  Run("RESET simd_level");
  EXPECT_EQ(Text("SELECT current_setting('simd_level')"), "auto\n");
}

TEST_F(PlanCacheTest, TheTimeIsThatOfEachRun) {
  int64_t now = 1'700'000'000'000'000;
  database_ = Database::Open({.threads = 1, .clock = [&] { return now; }});
  connection_ = database_->Connect();
  const std::string sql = "SELECT epoch_us(now()), current_date";
  const std::string before = Text(sql);
  now += 86'400'000'000;
  EXPECT_NE(Text(sql), before);
  const std::string seeds = "SELECT random()";
  EXPECT_NE(Text(seeds), Text(seeds));
}

TEST_F(PlanCacheTest, TablesOfTheMomentAreLookedAtEachTime) {
  int64_t rows = 0;
  TableFunction function;
  function.name = "counted";
  function.bind = [&](const TableFunctionCall&) -> Result<TablePtr> {
    ++rows;
    return database_->table_functions().Find("range")->bind({{Value::Int64(rows)}, {}, nullptr});
  };
  database_->table_functions().Add(function);
  EXPECT_EQ(Text("SELECT count(*) FROM counted()"), "1\n");
  EXPECT_EQ(Text("SELECT count(*) FROM counted()"), "2\n");
  EXPECT_EQ(Text("SELECT * FROM range(1)"), "0\n");
  EXPECT_EQ(Text("SELECT * FROM range(1)"), "0\n");
  EXPECT_EQ(Hits(), 1u);
}

// Statements in which planning, in one way or another, looks at values.
TEST_F(PlanCacheTest, AnswersAreThoseOfAPlanOfTheirOwn) {
  const auto other_database = Database::Open({.threads = 2});
  const auto other = other_database->Connect();
  for (Connection* connection : {connection_.get(), other.get()}) {
    for (const char* sql :
         {"CREATE TABLE t AS SELECT CAST(range AS TINYINT) AS tiny, CAST(range AS INTEGER) AS i, "
          "range AS big, CAST(range AS DECIMAL(10, 2)) AS d, range * 0.5e0 AS f, "
          "'s' || range AS s, DATE '2024-01-01' + CAST(range AS INTEGER) AS day FROM range(100)",
          "CREATE TABLE u AS SELECT range AS k, range % 3 AS g FROM range(50)"}) {
      ASSERT_TRUE(connection->Execute(sql).ok()) << sql;
    }
  }
  ASSERT_TRUE(other->Execute("SET enable_plan_cache = false").ok());
  const std::vector<Value> values = {Value::Int32(5),
                                     Value::Int32(7),
                                     Value::Int32(500),
                                     Value::Int64(5),
                                     Value::Int64(1LL << 40),
                                     Value::Int32(-1),
                                     Value::Int32(0),
                                     Value::Varchar("s5"),
                                     Value::Varchar("2024-01-06"),
                                     Value::Varchar("2024-01-09"),
                                     Value::Varchar("7"),
                                     Value::Double(2.5),
                                     Value::Double(-0.0),
                                     Value::Double(0.0),
                                     Value::Boolean(true),
                                     Value::Boolean(false),
                                     Value::Null(),
                                     Value::Null(TypeId::kInt32),
                                     Value::Integer(LogicalType::Decimal(3, 1), 25),
                                     Value::Integer(TypeId::kDate, 19728),
                                     Value::Int32(9)};
  const std::vector<std::string> statements = {
      "SELECT $1",
      "SELECT $1 + 1",
      "SELECT -$1",
      "SELECT CAST($1 AS VARCHAR)",
      "SELECT count(*) FROM t WHERE tiny = $1",
      "SELECT count(*) FROM t WHERE i < $1",
      "SELECT count(*) FROM t WHERE big >= $1",
      "SELECT count(*) FROM t WHERE d = $1",
      "SELECT count(*) FROM t WHERE f > $1",
      "SELECT count(*) FROM t WHERE s = $1",
      "SELECT count(*) FROM t WHERE day > $1",
      "SELECT tiny + $1 FROM t LIMIT 3",
      "SELECT d * $1 FROM t LIMIT 3",
      "SELECT max(i) FROM t WHERE $1",
      "SELECT i FROM t LIMIT $1",
      "SELECT i FROM t ORDER BY i DESC LIMIT 3 OFFSET $1",
      "SELECT round(f, $1) FROM t LIMIT 4",
      "SELECT s LIKE $1 FROM t LIMIT 9",
      "SELECT quantile_cont(f, $1) FROM t",
      "SELECT count(*) FROM t WHERE i IN ($1, 3, 4)",
      "SELECT count(*) FROM t WHERE i = $1 OR i = 3",
      "SELECT CASE WHEN i = $1 THEN 'a' ELSE s END FROM t WHERE i < 9",
      "SELECT coalesce($1, i) FROM t LIMIT 2",
      "SELECT i % 2 + $1, count(*) FROM t GROUP BY i % 2 + $1 ORDER BY 1",
      "SELECT sum(i + $1) FROM t",
      "SELECT sum(i) FILTER (i > $1) FROM t",
      "SELECT string_agg(s, $1) FROM t WHERE i < 4",
      "SELECT count(*) FROM t JOIN u ON t.big = u.k WHERE u.g = $1",
      "SELECT count(*) FROM t WHERE big IN (SELECT k FROM u WHERE g = $1)",
      "SELECT k FROM u QUALIFY row_number() OVER (PARTITION BY g ORDER BY k) <= $1 ORDER BY k",
      "SELECT count(*) FROM range(10) WHERE range > $1",
      "SELECT * FROM range($1) LIMIT 4",
      "SELECT i FROM t WHERE i = $1 AND $1 > 6",
      "SELECT nullif(i, $1) FROM t LIMIT 6",
      "SELECT substring(s, $1) FROM t LIMIT 2",
      "SELECT date_trunc('month', CAST($1 AS DATE))",
      "SELECT count(*) FROM t WHERE day = CAST($1 AS DATE)",
      "SELECT count(*) FROM t WHERE i BETWEEN $1 AND 9",
      "SELECT $1 IS NULL",
      "SELECT typeof($1)",
      "SELECT DISTINCT $1 FROM t",
      "VALUES ($1), (1)",
      "SELECT count(*) FROM t WHERE i + 1 = $1 UNION ALL SELECT $1 IS NULL"};
  for (const std::string& sql : statements) {
    for (int time = 0; time < 2; ++time) {
      for (const Value& value : values) {
        const ParameterValues parameters{{value}, {}};
        EXPECT_EQ(Answer(*connection_, sql, parameters), Answer(*other, sql, parameters))
            << sql << " with " << value.ToSqlLiteral();
      }
    }
  }
  EXPECT_GT(Hits(), 200u);
  EXPECT_EQ(other_database->plan_cache().metrics().hits, 0u);
}

TEST_F(PlanCacheTest, TwoParametersAreNotOneBecauseTheirValuesAreEqual) {
  Run("CREATE TABLE t AS SELECT range AS i, range % 2 AS j FROM range(10)");
  const std::string sql = "SELECT count(*) FROM t WHERE i = $1 OR i = $2";
  EXPECT_EQ(With(sql, {Value::Int64(3), Value::Int64(3)}), "1\n");
  EXPECT_EQ(With(sql, {Value::Int64(3), Value::Int64(4)}), "2\n");
  EXPECT_EQ(Hits(), 1u);
  const std::string grouped = "SELECT j + $1, sum(i) FROM t GROUP BY j + $2 ORDER BY 1";
  const std::string equal = With(grouped, {Value::Int64(3), Value::Int64(3)});
  EXPECT_EQ(equal, "3|20\n4|25\n");
  EXPECT_NE(With(grouped, {Value::Int64(3), Value::Int64(4)}), equal);
}

TEST_F(PlanCacheTest, GivesWayToWhoeverNeedsTheMemory) {
  Text("SELECT 1");
  Text("SELECT 2");
  EXPECT_EQ(Plans(), 2u);
  EXPECT_EQ(database_->memory().reserved_bytes(), database_->plan_cache().metrics().bytes);
  {
    const auto all = database_->memory().TryReserve(database_->memory().limit_bytes(), "test");
    ASSERT_TRUE(all.ok()) << all.status().ToString();
    EXPECT_EQ(Plans(), 0u);
  }
  Text("SELECT 1");
  EXPECT_EQ(Plans(), 1u);
}

TEST_F(PlanCacheTest, IsBounded) {
  for (size_t i = 0; i < PlanCache::kMostPlans + 100; ++i) Text(StrCat("SELECT ", i));
  EXPECT_EQ(Plans(), PlanCache::kMostPlans);
  // The newest ones are there, the oldest are not.
  Text(StrCat("SELECT ", PlanCache::kMostPlans + 99));
  EXPECT_EQ(Hits(), 1u);
  Text("SELECT 0");
  EXPECT_EQ(Hits(), 1u);
  database_->plan_cache().Clear();
  for (int i = 0; i < 50; ++i) With("SELECT * FROM range(9) LIMIT $1", {Value::Int64(i)});
  EXPECT_EQ(Plans(), PlanCache::kMostPlansOfAText);
  Run("SET memory_limit = '1MB'");
  for (int i = 0; i < 50; ++i) Text(StrCat("SELECT ", i, " AS ", std::string(200, 'x')));
  EXPECT_LE(database_->plan_cache().metrics().bytes, (size_t{1} << 20) / 64);
}

TEST_F(PlanCacheTest, ASettingSwitchesItOff) {
  Text("SELECT 1");
  EXPECT_EQ(Plans(), 1u);
  Run("SET enable_plan_cache = false");
  EXPECT_EQ(Plans(), 0u);
  Text("SELECT 1");
  Text("SELECT 1");
  EXPECT_EQ(Plans(), 0u);
  EXPECT_EQ(Hits(), 0u);
}

}  // namespace
}  // namespace trivet
