#include "distributed/coordinator_driver.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

namespace trivet {
namespace {

class RecordingControl final : public WorkerControl {
 public:
  void Launch(const LaunchAttempt& launch) override { launched.push_back(launch.attempt); }
  void Cancel(const CancelAttempt& cancel) override { cancelled.push_back(cancel.attempt); }
  void Fence(const FenceWorker& fence) override { fenced.push_back(fence.worker); }
  void Delete(const DeleteShuffleData& data) override { deleted.push_back(data.query); }

  std::vector<AttemptId> launched;
  std::vector<AttemptId> cancelled;
  std::vector<WorkerIncarnation> fenced;
  std::vector<QueryId> deleted;
};

class RecordingListener final : public QueryListener {
 public:
  void OnDeliver(const DeliverResult& delivery) override {
    delivered.push_back(delivery.partition);
  }
  void OnEnd(const Status& status, const QuerySnapshot&) override { end = status; }

  std::vector<uint32_t> delivered;
  std::optional<Status> end;
};

const WorkerIncarnation kWorker{"w", 1};

class DurableDriverTest : public testing::Test {
 protected:
  DurableDriverTest() { std::filesystem::create_directories(folder_); }
  ~DurableDriverTest() override { std::filesystem::remove_all(folder_); }

  Result<std::unique_ptr<CoordinatorDriver>> Open(uint64_t journal_bytes = 1 << 20) {
    CoordinatorDriverOptions options;
    options.journal_bytes = journal_bytes;
    TRIVET_ASSIGN_OR_RETURN(options.journal, AppendFile::Open(Path()));
    return CoordinatorDriver::Open(std::move(options), control_);
  }
  std::string Path() const { return folder_ + "/journal"; }

  static void Join(CoordinatorDriver& driver) {
    WorkerJoined joined{kWorker, "grpc://w", 2, {}};
    joined.capabilities.protocol_version = 1;
    driver.Post(joined);
  }
  static StageGraph TwoTasks() {
    StageGraph graph;
    graph.stages.resize(1);
    graph.stages[0].task_count = 2;
    graph.stages[0].repeatable_rows = true;
    return graph;
  }
  static void Finish(CoordinatorDriver& driver, QueryId query, uint32_t task) {
    driver.Post(TaskFinished{{{query, 0, task}, 1}, kWorker, {{10, 100}}, {}, 0, 0, 0, 0, {}});
  }

  const std::string folder_ = testing::TempDir() + "/driver_" + std::to_string(::getpid());
  RecordingControl control_;
};

TEST_F(DurableDriverTest, AnotherDriverGoesOnWhereTheJournalEnds) {
  QueryId query = 0;
  {
    auto driver = *Open();
    EXPECT_EQ(driver->replayed_records(), 0u);
    driver->Start();
    Join(*driver);
    query = driver->Submit(TwoTasks(), {}, std::make_shared<RecordingListener>());
    ASSERT_EQ(control_.launched.size(), 2u);
    Finish(*driver, query, 0);
  }
  control_.launched.clear();
  auto driver = *Open();
  EXPECT_GT(driver->replayed_records(), 0u);
  EXPECT_EQ(driver->Workers().size(), 1u);
  driver->Start();
  const auto listener = std::make_shared<RecordingListener>();
  const auto outputs = driver->Attach(query, listener);
  ASSERT_TRUE(outputs.ok()) << outputs.status().ToString();
  ASSERT_EQ(outputs->size(), 2u);
  EXPECT_TRUE((*outputs)[0].finished);
  EXPECT_EQ((*outputs)[0].delivery.rows, 10u);
  EXPECT_FALSE((*outputs)[1].finished);
  EXPECT_TRUE(control_.launched.empty()) << "what runs or has run is not started again";
  Finish(*driver, query, 1);
  EXPECT_EQ(listener->delivered, std::vector<uint32_t>{1});
  driver->Post(ResultConsumed{query, 0, 1});
  EXPECT_FALSE(listener->end);
  driver->Post(ResultConsumed{query, 1, 1});
  ASSERT_TRUE(listener->end);
  EXPECT_TRUE(listener->end->ok());
  EXPECT_EQ(control_.deleted, std::vector<QueryId>{query});
  EXPECT_EQ(driver->Attach(query, listener).status().code(), StatusCode::kNotFound);
}

TEST_F(DurableDriverTest, AFailedQueryTellsItsErrorToWhoComesBack) {
  QueryId query = 0;
  {
    auto driver = *Open();
    driver->Start();
    Join(*driver);
    query = driver->Submit(TwoTasks(), {}, std::make_shared<RecordingListener>());
    driver->Post(TaskFailed{{{query, 0, 1}, 1}, kWorker, Status::InvalidInput("the user's")});
  }
  auto driver = *Open();
  driver->Start();
  const Status status = driver->Attach(query, std::make_shared<RecordingListener>()).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidInput);
  EXPECT_EQ(status.message(), "the user's");
}

TEST_F(DurableDriverTest, ALongJournalStartsAnewWithTheState) {
  QueryId last = 0;
  {
    auto driver = *Open(4096);
    driver->Start();
    Join(*driver);
    for (int i = 0; i < 400; ++i) {
      last = driver->Submit(TwoTasks(), {}, std::make_shared<RecordingListener>());
      driver->Post(ResultClosed{last});
    }
    EXPECT_LT(std::filesystem::file_size(Path()), 400'000u);
  }
  auto driver = *Open();
  driver->Start();
  EXPECT_EQ(driver->Queries().back().query, last);
  EXPECT_GT(driver->Submit(TwoTasks(), {}, std::make_shared<RecordingListener>()), last);
}

TEST_F(DurableDriverTest, ADamagedJournalIsAnErrorThatNamesTheFile) {
  {
    auto driver = *Open();
    driver->Start();
    Join(*driver);
    driver->Submit(TwoTasks(), {}, std::make_shared<RecordingListener>());
  }
  {
    std::fstream file(Path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(30);
    file.put('\x7f');
  }
  const Status status = Open().status();
  EXPECT_EQ(status.code(), StatusCode::kCorruption);
  EXPECT_EQ(status.file(), Path());
}

TEST_F(DurableDriverTest, AJournalThatCannotBeWrittenIsRemovedAndTheQueriesGoOn) {
  auto driver = *Open();
  driver->Start();
  Join(*driver);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{std::filesystem::file_size(Path()) + 5, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto listener = std::make_shared<RecordingListener>();
  const QueryId query = driver->Submit(TwoTasks(), {}, listener);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_FALSE(std::filesystem::exists(Path()));
  Finish(*driver, query, 0);
  EXPECT_EQ(listener->delivered, std::vector<uint32_t>{0});
}

}  // namespace
}  // namespace trivet
