#include "cluster/coordinator_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "cluster/build_id.h"
#include "cluster/worker_server.h"

namespace trivet {
namespace {

class CoordinatorServerTest : public testing::Test {
 protected:
  ~CoordinatorServerTest() override { std::filesystem::remove_all(folder_); }

  void Start(CoordinatorServerOptions options = {}) {
    options.token = "t";
    auto server = CoordinatorServer::Start(std::move(options), FileSystem::Local());
    ASSERT_TRUE(server.ok()) << server.status().ToString();
    server_ = std::move(*server);
  }
  WorkerServerOptions Worker() const {
    WorkerServerOptions options;
    options.coordinator = server_->location();
    options.name = "w";
    options.token = "t";
    options.directory = folder_;
    return options;
  }

  const std::string folder_ = testing::TempDir() + "/server_" + std::to_string(::getpid());
  std::unique_ptr<CoordinatorServer> server_;
};

TEST_F(CoordinatorServerTest, TwoBuildsOfOneReleaseAreToldApart) {
  EXPECT_THAT(BuildId(), testing::MatchesRegex("[0-9.]+\\+[0-9a-f]{12}"));
  Start();
  WorkerServerOptions options = Worker();
  options.build_id = BuildId().substr(0, BuildId().find('+')) + "+000000000000";
  auto stranger = WorkerServer::Start(std::move(options), FileSystem::Local());
  ASSERT_TRUE(stranger.ok()) << stranger.status().ToString();
  ASSERT_TRUE((*stranger)->WaitFor(10'000)) << "a worker of another build was taken";
  EXPECT_EQ((*stranger)->Wait().code(), StatusCode::kProtocolMismatch);
  EXPECT_THAT((*stranger)->Wait().message(), testing::HasSubstr(BuildId()));
  stranger->reset();
  const auto worker = WorkerServer::Start(Worker(), FileSystem::Local());
  ASSERT_TRUE(worker.ok());
  EXPECT_FALSE((*worker)->WaitFor(200));
  EXPECT_EQ(server_->driver().Workers().back().build_id, BuildId());
}

TEST_F(CoordinatorServerTest, ATakenPortIsNamed) {
  Start();
  CoordinatorServerOptions options;
  options.token = "t";
  const std::string& location = server_->location();
  options.port = static_cast<uint16_t>(std::stoi(location.substr(location.rfind(':') + 1)));
  const Status status = CoordinatorServer::Start(options, FileSystem::Local()).status();
  EXPECT_EQ(status.code(), StatusCode::kAlreadyExists);
  EXPECT_THAT(status.message(), testing::HasSubstr(std::to_string(options.port)));
}

TEST_F(CoordinatorServerTest, AJournalKeepsPortAndSecretForTheNextProcess) {
  CoordinatorServerOptions options;
  options.journal_directory = folder_ + "/journal";
  std::string location;
  std::string token;
  {
    const auto first = CoordinatorServer::Start(options, FileSystem::Local());
    ASSERT_TRUE(first.ok()) << first.status().ToString();
    location = (*first)->location();
    token = (*first)->token();
    EXPECT_EQ(CoordinatorServer::Start(options, FileSystem::Local()).status().code(),
              StatusCode::kAlreadyExists);
  }
  const auto second = CoordinatorServer::Start(options, FileSystem::Local());
  ASSERT_TRUE(second.ok()) << second.status().ToString();
  EXPECT_EQ((*second)->location(), location);
  EXPECT_EQ((*second)->token(), token);
  EXPECT_GE(token.size(), 32u);
}

}  // namespace
}  // namespace trivet
