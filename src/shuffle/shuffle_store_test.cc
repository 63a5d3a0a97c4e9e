#include "shuffle/shuffle_store.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "context/memory_budget.h"
#include "shuffle/testing/temporary_directory.h"

namespace trivet {
namespace {

namespace fs = std::filesystem;

class ShuffleStoreTest : public ::testing::Test {
 protected:
  std::unique_ptr<ShuffleStore> OpenStore(ShuffleStoreOptions options = {}) {
    options.directory = directory_.path() + "/w1";
    auto store = ShuffleStore::Open(options, FileSystem::Local());
    EXPECT_TRUE(store.ok()) << store.status().ToString();
    return std::move(*store);
  }

  Result<std::unique_ptr<ShuffleWriter>> NewWriter(ShuffleStore& store, const AttemptId& attempt) {
    ShuffleWriterOptions options;
    options.attempt = attempt;
    options.types = {TypeId::kInt64};
    options.partition_count = 2;
    options.chunk_bytes = 1000;
    return store.NewWriter(options, memory_);
  }

  Result<MapOutput> Put(ShuffleStore& store, const AttemptId& attempt) {
    TRIVET_ASSIGN_OR_RETURN(auto writer, NewWriter(store, attempt));
    const Batch batch({Vector::MakeConstant(Value::Int64(5))}, 500);
    TRIVET_RETURN_IF_ERROR(writer->Write(batch, nullptr));
    return store.Seal(*writer);
  }

  static size_t FilesBelow(const std::string& path) {
    size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      count += entry.is_regular_file() && entry.path().filename() != "shuffle.lock";
    }
    return count;
  }

  testing::TemporaryDirectory directory_;
  MemoryBudget memory_{"memory", size_t{1} << 30};
};

TEST_F(ShuffleStoreTest, OnlyFinishedOutputsAreFound) {
  const auto store = OpenStore();
  const AttemptId attempt{{4, 1, 0}, 1};
  auto writer = NewWriter(*store, attempt);
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE((*writer)->Write(Batch({Vector::MakeConstant(Value::Int64(5))}, 500), nullptr).ok());
  EXPECT_EQ(store->Find(attempt).status().code(), StatusCode::kNotFound);
  auto output = store->Seal(**writer);
  ASSERT_TRUE(output.ok());
  EXPECT_EQ(output->path, store->directory() + "/q4/q4.s1.p0.a1");
  auto file = store->Find(attempt);
  ASSERT_TRUE(file.ok());
  EXPECT_EQ((*file)->Sizes()[0].rows, 500u);
  EXPECT_EQ(store->used_bytes(), output->file_bytes);
}

TEST_F(ShuffleStoreTest, DeletingAQueryRemovesItsFilesAloneAndStopsItsWriters) {
  const auto store = OpenStore();
  ASSERT_TRUE(Put(*store, {{1, 0, 0}, 1}).ok());
  ASSERT_TRUE(Put(*store, {{1, 0, 1}, 1}).ok());
  const auto kept = Put(*store, {{2, 0, 0}, 1});
  ASSERT_TRUE(kept.ok());
  auto running = NewWriter(*store, {{1, 1, 0}, 1});
  ASSERT_TRUE(running.ok());
  const Batch batch({Vector::MakeConstant(Value::Int64(5))}, 500);
  ASSERT_TRUE((*running)->Write(batch, nullptr).ok());
  const auto open = store->Find({{1, 0, 0}, 1});
  ASSERT_TRUE(open.ok());

  store->DeleteQuery(1);
  EXPECT_EQ(store->output_count(), 1u);
  EXPECT_EQ(FilesBelow(directory_.path()), 1u);
  EXPECT_EQ(store->Find({{1, 0, 0}, 1}).status().code(), StatusCode::kNotFound);
  EXPECT_TRUE((*open)->Read(*(*open)->Blocks(0, 1)).ok());  // who has it open reads on
  EXPECT_EQ(store->Seal(**running).status().code(), StatusCode::kCancelled);
  running = Status::IO("gone");
  EXPECT_EQ(NewWriter(*store, {{1, 1, 0}, 2}).status().code(), StatusCode::kCancelled);
  EXPECT_EQ(store->used_bytes(), kept->file_bytes);
  EXPECT_FALSE(fs::exists(store->directory() + "/q1"));
}

TEST_F(ShuffleStoreTest, DeletingAnAttemptLeavesTheOthers) {
  const auto store = OpenStore();
  ASSERT_TRUE(Put(*store, {{1, 0, 0}, 1}).ok());
  ASSERT_TRUE(Put(*store, {{1, 0, 0}, 2}).ok());
  store->DeleteAttempt({{1, 0, 0}, 1});
  store->DeleteAttempt({{1, 0, 0}, 7});
  EXPECT_EQ(store->Find({{1, 0, 0}, 1}).status().code(), StatusCode::kNotFound);
  EXPECT_TRUE(store->Find({{1, 0, 0}, 2}).ok());
  EXPECT_EQ(FilesBelow(directory_.path()), 1u);
}

TEST_F(ShuffleStoreTest, AFileThatIsDamagedOrGoneIsATypedError) {
  ShuffleStoreOptions options;
  options.max_open_files = 1;
  const auto store = OpenStore(options);
  const auto first = Put(*store, {{1, 0, 0}, 1});
  const auto second = Put(*store, {{1, 0, 1}, 1});
  fs::resize_file(first->path, first->file_bytes - 1);
  fs::remove(second->path);
  EXPECT_EQ(store->Find(first->attempt).status().code(), StatusCode::kCorruption);
  EXPECT_EQ(store->Find(second->attempt).status().code(), StatusCode::kNotFound);
}

TEST_F(ShuffleStoreTest, OldOutputsAndStrayFilesAreSweptYoungOnesAreNot) {
  const auto store = OpenStore();
  ASSERT_TRUE(Put(*store, {{1, 0, 0}, 1}).ok());
  const std::string stray = store->directory() + "/q1/q1.s0.p9.a1.tmp";
  std::ofstream(stray) << "left behind";
  EXPECT_EQ(store->SweepOlderThan(std::chrono::hours(1)), 0u);
  fs::last_write_time(stray, fs::file_time_type::clock::now() - std::chrono::hours(2));
  EXPECT_EQ(store->SweepOlderThan(std::chrono::hours(1)), 1u);
  EXPECT_FALSE(fs::exists(stray));
  EXPECT_EQ(store->output_count(), 1u);
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(store->SweepOlderThan(std::chrono::milliseconds(1)), 1u);
  EXPECT_EQ(store->used_bytes(), 0u);
  EXPECT_FALSE(fs::exists(store->directory() + "/q1"));
}

TEST_F(ShuffleStoreTest, AWriterSurvivesASweepBeforeItsFirstBlock) {
  const auto store = OpenStore();
  auto writer = NewWriter(*store, {{3, 0, 0}, 1});
  store->SweepOlderThan(std::chrono::milliseconds(0));
  ASSERT_TRUE((*writer)->Write(Batch({Vector::MakeConstant(Value::Int64(1))}, 9), nullptr).ok());
  EXPECT_TRUE(store->Seal(**writer).ok());
}

// A sweep takes the lock for a moment, to see whether anybody has it.
TEST_F(ShuffleStoreTest, AStoreOpensThoughASweepLooksAtItsDirectory) {
  const std::string directory = directory_.path() + "/w1";
  fs::create_directories(directory);
  const int sweep = ::open((directory + "/shuffle.lock").c_str(), O_RDWR | O_CREAT, 0600);
  ASSERT_EQ(::flock(sweep, LOCK_EX | LOCK_NB), 0);
  const std::jthread ends([sweep] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    ::close(sweep);
  });
  OpenStore();
}

TEST_F(ShuffleStoreTest, StartingSweepsWhatAnEarlierLifeLeft) {
  const std::string left = directory_.path() + "/w1/q12";
  fs::create_directories(left);
  std::ofstream(left + "/q12.s0.p0.a1") << "old";
  const auto store = OpenStore();
  EXPECT_FALSE(fs::exists(left));
}

TEST_F(ShuffleStoreTest, ADirectoryHasOneOwnerAndGoesWithIt) {
  auto store = OpenStore();
  ShuffleStoreOptions options;
  options.directory = store->directory();
  const auto second = ShuffleStore::Open(options, FileSystem::Local());
  EXPECT_EQ(second.status().code(), StatusCode::kAlreadyExists);
  ASSERT_TRUE(Put(*store, {{1, 0, 0}, 1}).ok());
  store.reset();
  EXPECT_FALSE(fs::exists(options.directory));
}

TEST_F(ShuffleStoreTest, DirectoriesOfKilledWorkersAreSweptThoseOfLivingOnesAreNot) {
  const auto alive = OpenStore();
  ASSERT_TRUE(Put(*alive, {{1, 0, 0}, 1}).ok());
  const std::string dead = directory_.path() + "/w2";
  const pid_t child = ::fork();
  if (child == 0) {  // opens a store and dies without a word
    ShuffleStoreOptions options;
    options.directory = dead;
    const auto store = ShuffleStore::Open(options, FileSystem::Local());
    ::_exit(store.ok() ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  ASSERT_TRUE(fs::exists(dead));
  fs::create_directories(directory_.path() + "/of somebody else");
  const auto removed = ShuffleStore::SweepAbandoned(directory_.path());
  ASSERT_TRUE(removed.ok());
  EXPECT_EQ(*removed, 1u);
  EXPECT_FALSE(fs::exists(dead));
  EXPECT_TRUE(fs::exists(directory_.path() + "/of somebody else"));
  EXPECT_TRUE(alive->Find({{1, 0, 0}, 1}).ok());
}

TEST_F(ShuffleStoreTest, TheQuotaCountsAllQueries) {
  ShuffleStoreOptions options;
  options.quota_bytes = 2500;
  const auto store = OpenStore(options);
  Status status;
  QueryId query = 0;
  while (status.ok() && query < 100) status = Put(*store, {{++query, 0, 0}, 1}).status();
  EXPECT_EQ(status.code(), StatusCode::kOutOfDisk);
  ASSERT_GT(query, 1u);
  store->DeleteQuery(1);
  EXPECT_TRUE(Put(*store, {{query, 0, 0}, 2}).ok());  // room again
}

TEST_F(ShuffleStoreTest, ManyThreadsMayUseAStore) {
  ShuffleStoreOptions options;
  options.max_open_files = 3;
  const auto store = OpenStore(options);
  std::vector<std::thread> threads;
  for (uint32_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (uint32_t i = 0; i < 30; ++i) {
        const AttemptId attempt{{t, 0, i}, 1};
        EXPECT_TRUE(Put(*store, attempt).ok());
        EXPECT_TRUE(store->Find(attempt).ok());
        if (i % 10 == 9) store->DeleteAttempt(attempt);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store->output_count(), 4u * 27);
  for (QueryId query = 0; query < 4; ++query) store->DeleteQuery(query);
  EXPECT_EQ(store->used_bytes(), 0u);
}

}  // namespace
}  // namespace trivet
