#include "distributed/in_process_cluster.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "distributed/distributed_runtime.h"
#include "session/connection.h"

namespace trivet {
namespace {

// The rows as text, in the result's order.
std::vector<std::string> Rows(Connection& connection, const std::string& sql) {
  auto result = connection.Execute(sql);
  EXPECT_TRUE(result.ok()) << sql << "\n" << result.status().ToString();
  std::vector<std::string> rows;
  if (!result.ok()) return rows;
  Batch batch;
  while (true) {
    auto more = (*result)->Next(batch);
    EXPECT_TRUE(more.ok()) << sql << "\n" << more.status().ToString();
    if (!more.ok() || !*more) return rows;
    for (size_t row = 0; row < batch.row_count(); ++row) {
      std::string text;
      for (size_t column = 0; column < batch.column_count(); ++column) {
        text += batch.column(column).GetValue(row).ToString() + "|";
      }
      rows.push_back(std::move(text));
    }
  }
}

class InProcessClusterTest : public ::testing::Test {
 protected:
  void Start(uint32_t workers, uint32_t partitions) {
    directory_ = std::filesystem::path(::testing::TempDir()) /
                 ("trivet_cluster_" + std::to_string(::getpid()));
    InProcessClusterOptions options;
    options.workers = workers;
    options.directory = directory_.string();
    auto cluster = InProcessCluster::Start(std::move(options), FileSystem::Local());
    ASSERT_TRUE(cluster.ok()) << cluster.status().ToString();
    cluster_ = std::move(*cluster);
    DistributedPlannerOptions planning;
    planning.partitions = partitions;
    planning.single_task_bytes = 0;
    planning.forced_scan_tasks = 3;
    QuerySettings settings;
    settings.adaptation.coalesce = false;
    DatabaseOptions database;
    database.runtime = std::make_shared<DistributedRuntime>(cluster_->driver(), cluster_->fetcher(),
                                                            cluster_->tables(), planning, settings);
    distributed_ = Database::Open(std::move(database))->Connect();
    embedded_ = Database::Open()->Connect();
  }
  void TearDown() override {
    distributed_.reset();
    if (cluster_ == nullptr) return;
    for (int i = 0; i < 100 && cluster_->output_count() > 0; ++i) usleep(20'000);
    EXPECT_EQ(cluster_->output_count(), 0u) << "map outputs are left behind";
    EXPECT_TRUE(cluster_->driver().idle());
    cluster_.reset();
    std::filesystem::remove_all(directory_);
  }
  void Both(const std::string& sql) {
    Rows(*embedded_, sql);
    Rows(*distributed_, sql);
  }
  // Same rows; in the same order where `ordered`.
  void ExpectSame(const std::string& sql, bool ordered) {
    auto expected = Rows(*embedded_, sql);
    auto actual = Rows(*distributed_, sql);
    if (!ordered) {
      std::sort(expected.begin(), expected.end());
      std::sort(actual.begin(), actual.end());
    }
    EXPECT_EQ(actual, expected) << sql;
  }

  std::filesystem::path directory_;
  std::unique_ptr<InProcessCluster> cluster_;
  std::unique_ptr<Connection> distributed_;
  std::unique_ptr<Connection> embedded_;
};

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

}  // namespace
}  // namespace trivet
