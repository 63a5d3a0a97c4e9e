#include "distributed/in_process_cluster.h"

#include "distributed/testing/cluster_fixture.h"

namespace trivet {
namespace {

using testing::Rows;

class InProcessClusterTest : public testing::ClusterTest {};

TEST_F(InProcessClusterTest, AnswersAsEmbedded) {
  Start(2, 4);
  Both(
      "create table t as select range as i, range % 7 as k, range * 0.1::double as x, "
      "'name ' || (range % 11) as s from range(20000)");
  Both("create table u as select range as k, 'group ' || range as name from range(9)");
  ExpectSame("select * from range(5)", true);
  ExpectSame("select i, s from t where i % 1000 = 3", true);
  ExpectSame("select k, count(*), sum(x), avg(x), min(s), max(i) from t group by k", false);
  ExpectSame("select sum(x), count(distinct s), stddev(x) from t", true);
  ExpectSame("select distinct k, s from t", false);
  ExpectSame("select name, count(*) from t join u using (k) group by name", false);
  ExpectSame("select u.name, t.i from u left join t on t.k = u.k and t.i < 20", false);
  ExpectSame("select u.name, t.i from t right join u on t.k = u.k and t.i < 20", false);
  ExpectSame("select u.name, t.i from u full join t on t.i = u.k", false);
  ExpectSame("select i from t order by x desc, i limit 10 offset 5", true);
  ExpectSame("select i, k from t order by k, i desc", true);
  ExpectSame("select i from t limit 17 offset 9990", true);
  ExpectSame("select k from u where k not in (select k from t)", false);
  ExpectSame("select k from u where exists (select 1 from t where t.k = u.k and x > 1)", false);
  ExpectSame("select i from t where i < 5 union all select k from u", true);
  ExpectSame("select k from t intersect select k from u", false);
  ExpectSame("select k from u except select k from t", false);
  ExpectSame(
      "with c as materialized (select k, sum(x) as total from t group by k) "
      "select a.k, a.total, b.total from c a join c b on a.k + 1 = b.k",
      false);
  ExpectSame("select string_agg(s, ',') from (select s from t where i < 12)", true);
  ExpectSame("select count(*) from t a, u b", true);
}

TEST_F(InProcessClusterTest, WorkersPayForTheFootersOfFiles) {
  worker_memory_limit_bytes_ = 1 << 20;
  Start(1, 1);
  std::string columns;
  for (int i = 0; i < 200; ++i) columns += StrCat(", range + ", i, " AS c", i);
  for (const int rows : {2'000, 60'000}) {
    Rows(*embedded_,
         StrCat("COPY (SELECT range AS i", columns, " FROM range(", rows, ")) TO '",
                (directory_ / StrCat(rows, ".parquet")).string(), "' (ROW_GROUP_SIZE 2048)"));
  }
  const auto count = [&](int rows) {
    return StrCat("SELECT count(*) FROM '", (directory_ / StrCat(rows, ".parquet")).string(),
                  "' WHERE i < 7");
  };
  ExpectSame(count(2'000), true);
  const Status refused = testing::Ask(*distributed_, count(60'000)).status;
  EXPECT_EQ(refused.code(), StatusCode::kOutOfMemory) << refused.ToString();
  EXPECT_NE(refused.ToString().find("the footer of a Parquet file"), std::string::npos)
      << refused.ToString();
}

TEST_F(InProcessClusterTest, WhatTasksSpillIsTold) {
  Start(2, 4);
  const std::string analyse =
      "EXPLAIN ANALYZE SELECT count(*) FROM (SELECT DISTINCT range FROM range(10000))";
  EXPECT_EQ(testing::Joined(Rows(*distributed_, analyse)).find("spilled"), std::string::npos);
  Rows(*distributed_, "SET always_spill = true");
  EXPECT_NE(testing::Joined(Rows(*distributed_, analyse)).find(" KiB spilled"), std::string::npos);
}

TEST_F(InProcessClusterTest, SortsAsEmbedded) {
  Start(3, 8);
  Both(
      "create table t as select range as i, range % 7 as k, case when range % 5 = 0 then null else "
      "range % 100 end as n, (range % 50) * 0.1::double as x, 'the same beginning, then ' || "
      "(range % "
      "23) as s from range(20000)");
  // Ties keep the input's order; one key for all rows; NULLs first and last; long texts.
  ExpectSame("select i, k from t order by k", true);
  ExpectSame("select i from t order by k * 0", true);
  ExpectSame("select * from t order by n desc nulls first, x", true);
  ExpectSame("select * from t order by n nulls last, s desc", true);
  ExpectSame("select s, i from t order by s", true);
  ExpectSame("select * from t where i < 0 order by i", true);
  ExpectSame("select i from t where i = 7 order by i", true);
  // Over rows without an order of their own, and with operators behind the sort.
  ExpectSame("select k, n, count(*) from t group by k, n order by count(*) desc", true);
  ExpectSame("select a.i, b.s from t a join t b on a.i = b.i + 19900 order by b.s", true);
  ExpectSame("select i from (select i, s from t order by s desc, i) limit 30 offset 15000", true);
  ExpectSame("select i + 1 from (select i from t order by x) where i % 3 = 0", true);
  ExpectSame("select first(i), last(i) from (select i from t order by s, k)", true);
  ExpectSame("select i from (select i from t order by x) union all select k from t", true);
}

TEST_F(InProcessClusterTest, TheFirstPhaseOfAnAggregationSendsEveryGroupOnceATask) {
  planning_.forced_scan_tasks = 5;
  Start(2, 4);
  Both("create table t as select range % 13 as k, range as i from range(50000)");
  const auto answer =
      testing::Ask(*distributed_, "explain analyze select k, sum(i) from t group by k");
  const std::string text = testing::Joined(answer.rows);
  const size_t at = text.find(" of tasks), ");
  ASSERT_NE(at, std::string::npos) << text;
  EXPECT_LE(std::stoul(text.substr(at + 12)), 13u * 5) << text;
  EXPECT_GE(std::stoul(text.substr(at + 12)), 13u) << text;
}

TEST_F(InProcessClusterTest, ErrorsOfRowsEndTheQueryAtOnce) {
  Start(2, 4);
  Both("create table t as select range as i from range(10000)");
  auto result = distributed_->Execute("select sum(cast('x' || i as integer)) from t");
  ASSERT_TRUE(result.ok());
  Batch batch;
  const auto more = (*result)->Next(batch);
  ASSERT_FALSE(more.ok());
  EXPECT_EQ(more.status().code(), StatusCode::kInvalidInput) << more.status().ToString();
}

TEST_F(InProcessClusterTest, GoesOnWhereAWorkerDies) {
  Start(3, 8);
  Both("create table t as select range as i, range % 1000 as k from range(200000)");
  const std::string sql = "select k, count(*), sum(i) from t group by k";
  auto expected = Rows(*embedded_, sql);
  auto result = distributed_->Execute(sql);
  ASSERT_TRUE(result.ok());
  cluster_->Kill(1);
  ASSERT_TRUE(cluster_->Revive(1).ok());
  std::vector<std::string> actual;
  Batch batch;
  while (true) {
    auto more = (*result)->Next(batch);
    ASSERT_TRUE(more.ok()) << more.status().ToString();
    if (!*more) break;
    for (size_t row = 0; row < batch.row_count(); ++row) {
      std::string text;
      for (size_t column = 0; column < batch.column_count(); ++column) {
        text += batch.column(column).GetValue(row).ToString() + "|";
      }
      actual.push_back(std::move(text));
    }
  }
  std::sort(expected.begin(), expected.end());
  std::sort(actual.begin(), actual.end());
  EXPECT_EQ(actual, expected);
}

TEST_F(InProcessClusterTest, QueriesArePlannedForWorkersOnTheirWay) {
  Start(1, 0);
  Both("CREATE TABLE t AS SELECT range AS x FROM range(20000)");
  const std::string query = "EXPLAIN SELECT x, count(*) FROM t GROUP BY x";
  const auto plan = [&] { return testing::Joined(Rows(*distributed_, query)); };
  EXPECT_NE(plan().find("Partitions: 2"), std::string::npos) << plan();
  cluster_->driver().ExpectSlots(5);
  EXPECT_NE(plan().find("Partitions: 10"), std::string::npos) << plan();
  cluster_->driver().ExpectSlots(0);
  EXPECT_NE(plan().find("Partitions: 2"), std::string::npos) << plan();
}

}  // namespace
}  // namespace trivet
