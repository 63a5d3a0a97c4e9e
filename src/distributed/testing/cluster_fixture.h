#pragma once

// A cluster in this process beside an embedded engine, for comparing their answers.

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/string_concat.h"
#include "distributed/distributed_runtime.h"
#include "distributed/in_process_cluster.h"
#include "session/connection.h"

namespace trivet::testing {

// A value as text that differs wherever the bits do, but for those of NaN.
inline std::string ExactText(const Value& value) {
  if (value.is_null() || value.type().id() != TypeId::kDouble || std::isnan(value.floating())) {
    return value.ToString();
  }
  return StrCat(value.ToString(), " ", std::bit_cast<uint64_t>(value.floating()));
}

// The rows as text, in the result's order; what went wrong, if anything did.
struct Answer {
  std::vector<std::string> rows;
  Status status;
};

inline Answer Ask(Connection& connection, const std::string& sql) {
  Answer answer;
  auto result = connection.Execute(sql);
  answer.status = result.status();
  Batch batch;
  while (answer.status.ok()) {
    auto more = (*result)->Next(batch);
    answer.status = more.status();
    if (!more.ok() || !*more) break;
    for (size_t row = 0; row < batch.row_count(); ++row) {
      std::string text;
      for (const Vector& column : batch.columns()) text += ExactText(column.GetValue(row)) + "|";
      answer.rows.push_back(std::move(text));
    }
  }
  return answer;
}

inline std::vector<std::string> Rows(Connection& connection, const std::string& sql) {
  Answer answer = Ask(connection, sql);
  EXPECT_TRUE(answer.status.ok()) << sql << "\n" << answer.status.ToString();
  return std::move(answer.rows);
}

inline std::string Joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

class ClusterTest : public ::testing::Test {
 protected:
  // Every query is cut into stages, every scan into three tasks, every sort into ranges.
  ClusterTest() {
    planning_.single_task_bytes = 0;
    planning_.forced_scan_tasks = 3;
    planning_.range_sort_bytes = 0;
    settings_.adaptation.coalesce = false;
  }
  void Start(uint32_t workers, uint32_t partitions) {
    planning_.partitions = partitions;
    directory_ =
        std::filesystem::path(::testing::TempDir()) / StrCat("trivet_cluster_", ::getpid());
    InProcessClusterOptions options;
    options.workers = workers;
    options.directory = directory_.string();
    options.worker_memory_limit_bytes = worker_memory_limit_bytes_;
    auto cluster = InProcessCluster::Start(std::move(options), FileSystem::Local());
    ASSERT_TRUE(cluster.ok()) << cluster.status().ToString();
    cluster_ = std::move(*cluster);
    embedded_ = Database::Open()->Connect();
    Plan();
  }
  // Connects anew, after planning_ or settings_ were changed; tables are to be made again.
  void Plan() {
    DatabaseOptions database;
    database.runtime = std::make_shared<DistributedRuntime>(
        cluster_->driver(), cluster_->fetcher(), cluster_->tables(), planning_, settings_);
    distributed_ = Database::Open(std::move(database))->Connect();
  }
  void Stop() {
    distributed_.reset();
    if (cluster_ == nullptr) return;
    for (int i = 0; i < 200 && cluster_->output_count() > 0; ++i) ::usleep(20'000);
    EXPECT_EQ(cluster_->output_count(), 0u) << "map outputs are left behind";
    EXPECT_TRUE(cluster_->driver().idle());
    cluster_.reset();
    std::filesystem::remove_all(directory_);
  }
  void TearDown() override { Stop(); }
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

  DistributedPlannerOptions planning_;
  QuerySettings settings_;
  size_t worker_memory_limit_bytes_ = 0;  // set before Start; 0: no limit of its own
  std::filesystem::path directory_;
  std::unique_ptr<InProcessCluster> cluster_;
  std::unique_ptr<Connection> distributed_;
  std::unique_ptr<Connection> embedded_;
};

}  // namespace trivet::testing
