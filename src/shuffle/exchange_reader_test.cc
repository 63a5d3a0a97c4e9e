#include "shuffle/exchange_reader.h"

#include <gtest/gtest.h>

#include <thread>

#include "context/memory_budget.h"
#include "shuffle/testing/drain.h"
#include "shuffle/testing/memory_fetcher.h"
#include "vector/testing/random_columns.h"

namespace trivet {
namespace {

using testing::Drain;
using testing::MemoryFetcher;
using testing::NextBatch;
using testing::Random;
using testing::TestWaker;

constexpr size_t kMiB = size_t{1} << 20;

class ExchangeReaderTest : public ::testing::Test {
 protected:
  static AttemptId Map(uint32_t partition) { return {{1, 0, partition}, 1}; }
  static PeerAddress Peer(size_t number) {
    return {{"w" + std::to_string(number), 1}, "memory://" + std::to_string(number)};
  }

  // Outputs of `maps` tasks spread over peers, of random blocks in two partitions.
  ExchangeRequest MakeInput(const std::vector<LogicalType>& types, uint32_t maps, size_t peers,
                            size_t blocks, size_t rows_per_block, uint64_t seed) {
    Random random(seed);
    ExchangeRequest request{{}, 0, 2, types};
    for (uint32_t map = 0; map < maps; ++map) {
      request.sources.push_back({Map(map), Peer(map * 7 % peers)});
      fetcher_.AddEmpty(Map(map));
      for (size_t block = 0; block < blocks; ++block) {
        const size_t rows = random() % rows_per_block + 1;
        const Batch batch = testing::RandomBatch(types, rows, random);
        testing::AppendRowBits(batch, expected_);
        ChunkBuilder builder(types);
        builder.Append(batch.columns(), nullptr, rows);
        auto chunk = builder.Finish(WireCompression::kLz4);
        EXPECT_TRUE(chunk.ok());
        fetcher_.Add(Map(map), block < blocks / 2 ? 0 : 1, static_cast<uint32_t>(rows), *chunk);
      }
    }
    return request;
  }

  // Blocks of so many incompressible bytes each.
  ExchangeRequest MakeLargeInput(uint32_t maps, size_t peers, size_t blocks, size_t block_bytes) {
    Random random(1);
    const size_t rows = block_bytes / 8;
    const Vector column = testing::RandomFlat(TypeId::kInt64, rows, random, 0);
    ExchangeRequest request{{}, 0, 1, {TypeId::kInt64}};
    for (uint32_t map = 0; map < maps; ++map) {
      request.sources.push_back({Map(map), Peer(map % peers)});
      for (size_t block = 0; block < blocks; ++block) {
        ChunkBuilder builder({TypeId::kInt64});
        builder.Append({column}, nullptr, rows);
        auto chunk = builder.Finish(WireCompression::kNone);
        EXPECT_TRUE(chunk.ok());
        fetcher_.Add(Map(map), 0, static_cast<uint32_t>(rows), *chunk);
      }
    }
    return request;
  }

  std::unique_ptr<ExchangeReader> NewReader(ExchangeRequest request, ExchangeLimits limits = {}) {
    return std::make_unique<ExchangeReader>(std::move(request), limits, fetcher_, credits_,
                                            memory_);
  }

  MemoryBudget memory_{"memory", size_t{1} << 30};
  CreditPool credits_{64 * kMiB, nullptr};
  MemoryFetcher fetcher_;
  std::vector<std::string> expected_;
};

TEST_F(ExchangeReaderTest, RowsComeInTheOrderOfTheProducingTasksFromManyPeers) {
  const std::vector<LogicalType> types = testing::AllTypes();
  ExchangeRequest request = MakeInput(types, 25, 4, 3, 40, 1);
  for (const size_t streams : {1, 2, 8}) {
    ExchangeLimits limits;
    limits.max_streams = streams;
    const auto reader = NewReader(request, limits);
    auto rows = Drain(*reader);
    ASSERT_TRUE(rows.ok()) << rows.status().ToString();
    EXPECT_EQ(*rows, expected_);
    EXPECT_EQ(reader->metrics().rows, expected_.size());
  }
  EXPECT_EQ(credits_.used_bytes(), 0u);
  EXPECT_EQ(memory_.reserved_bytes(), 0u);
}

TEST_F(ExchangeReaderTest, SmallBlocksAreJoinedLargeOnesAreNotAndOrderStays) {
  ExchangeRequest request =
      MakeInput({TypeId::kInt64, TypeId::kVarchar, TypeId::kNull}, 300, 3, 4, 6, 2);
  for (uint32_t map = 300; map < 303; ++map) {  // a few large ones behind
    const ExchangeRequest large = MakeInput(request.types, map + 1, 3, 0, 1, 3);
    request.sources.push_back(large.sources.back());
  }
  Random random(8);
  const Batch batch = testing::RandomBatch(request.types, 2048, random);
  ChunkBuilder builder(request.types);
  for (int i = 0; i < 4; ++i) {
    builder.Append(batch.columns(), nullptr, 2048);
    testing::AppendRowBits(batch, expected_);
  }
  fetcher_.Add(Map(301), 0, 4 * 2048, *builder.Finish(WireCompression::kLz4));
  size_t batches = 0;
  const auto reader = NewReader(request);
  auto rows = Drain(*reader, &batches);
  ASSERT_TRUE(rows.ok());
  EXPECT_EQ(*rows, expected_);
  EXPECT_LE(batches, 4u + 3 + 20);  // 1,200 blocks of 1 to 6 rows; the waits may cut some batches
}

TEST_F(ExchangeReaderTest, RowsWithoutColumnsKeepTheirNumber) {
  const auto reader = NewReader(MakeInput({}, 10, 2, 5, 30, 2));
  auto rows = Drain(*reader);
  ASSERT_TRUE(rows.ok());
  EXPECT_EQ(rows->size(), expected_.size());
}

TEST_F(ExchangeReaderTest, BatchesAreNoLargerThanAskedFor) {
  ExchangeLimits limits;
  limits.batch_rows = 2;
  const auto reader = NewReader(MakeInput({TypeId::kInt32}, 3, 2, 2, 9, 4), limits);
  std::vector<std::string> rows;
  while (true) {
    const auto batch = NextBatch(*reader);
    ASSERT_TRUE(batch.ok());
    if (batch->row_count() == 0) break;
    EXPECT_LE(batch->row_count(), 2u);
    testing::AppendRowBits(*batch, rows);
  }
  EXPECT_EQ(rows, expected_);
}

TEST_F(ExchangeReaderTest, NoSourcesNoPartitionsAndEmptyOutputsFinishAtOnce) {
  ExchangeRequest request = MakeInput({TypeId::kInt32}, 5, 2, 0, 1, 1);
  EXPECT_TRUE(Drain(*NewReader(request))->empty());
  ExchangeRequest no_sources = request;
  no_sources.sources.clear();
  EXPECT_TRUE(Drain(*NewReader(no_sources))->empty());
  ExchangeRequest no_partitions = MakeInput({TypeId::kInt32}, 5, 2, 2, 9, 1);
  no_partitions.partition_begin = no_partitions.partition_end = 1;
  EXPECT_TRUE(Drain(*NewReader(no_partitions))->empty());
}

TEST_F(ExchangeReaderTest, ASlowReaderHoldsNoMoreThanItsLimits) {
  ExchangeRequest request = MakeLargeInput(6, 3, 40, 256 * 1024);
  ExchangeLimits limits;
  limits.reader_bytes = 4 * kMiB;
  limits.peer_bytes = 2 * kMiB;
  auto reader = NewReader(request, limits);
  ASSERT_TRUE(NextBatch(*reader).ok());
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  // One message of the head may come on top of the limits.
  EXPECT_LE(credits_.peak_bytes(), limits.reader_bytes + kMiB);
  size_t fetching = 0;
  for (size_t peer = 0; peer < 3; ++peer) {
    const size_t given = fetcher_.bytes_given(Peer(peer).worker.name);
    EXPECT_LE(given, limits.peer_bytes + kMiB);
    fetching += given > 0;
  }
  EXPECT_GE(fetching, 2u);
  auto rows = Drain(*reader);
  ASSERT_TRUE(rows.ok());
  EXPECT_LE(reader->metrics().peak_bytes_in_flight, limits.reader_bytes + kMiB);
  reader.reset();
  EXPECT_EQ(credits_.used_bytes(), 0u);
}

TEST_F(ExchangeReaderTest, ManyReadersShareLittleCreditWithoutStarving) {
  ExchangeRequest request = MakeLargeInput(8, 4, 10, 100 * 1024);
  CreditPool pool(300 * 1024, &memory_);
  constexpr size_t kReaders = 6;
  std::vector<std::thread> threads;
  std::atomic<size_t> rows{0};
  for (size_t i = 0; i < kReaders; ++i) {
    threads.emplace_back([&] {
      ExchangeReader reader(request, {}, fetcher_, pool, memory_);
      while (true) {
        const auto batch = NextBatch(reader);
        ASSERT_TRUE(batch.ok()) << batch.status().ToString();
        if (batch->row_count() == 0) break;
        rows += batch->row_count();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(rows, kReaders * 8 * 10 * (100 * 1024 / 8));
  EXPECT_EQ(pool.used_bytes(), 0u);
  EXPECT_LE(pool.peak_bytes(), pool.limit_bytes() + kReaders * kMiB);
  EXPECT_EQ(memory_.reserved_bytes(), 0u);
}

TEST_F(ExchangeReaderTest, APeerThatIsNotNeededYetDoesNotHoldUpTheHead) {
  ExchangeRequest request = MakeLargeInput(4, 4, 2, 64 * 1024);
  fetcher_.Shut("w3");
  ExchangeLimits limits;
  limits.max_streams = 1;
  const auto reader = NewReader(request, limits);
  const size_t rows_before = 3 * 2 * (64 * 1024 / 8);
  size_t rows = 0;
  while (rows < rows_before) {
    const auto batch = NextBatch(*reader);
    ASSERT_TRUE(batch.ok());
    rows += batch->row_count();
  }
  const auto waker = std::make_shared<TestWaker>();
  Batch batch;
  auto outcome = reader->Poll(batch, waker);
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(*outcome, Outcome::kBlocked);
  fetcher_.Unshut("w3");
  EXPECT_TRUE(waker->Wait());
  EXPECT_TRUE(Drain(*reader).ok());
  EXPECT_LE(fetcher_.most_open_streams(), 2u);
}

TEST_F(ExchangeReaderTest, NothingIsFetchedBeforeTheFirstPoll) {
  const auto reader = NewReader(MakeLargeInput(2, 2, 2, 64 * 1024));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(credits_.peak_bytes(), 0u);
}

TEST_F(ExchangeReaderTest, CancelEndsABlockedReaderAtOnce) {
  ExchangeRequest request = MakeLargeInput(4, 2, 2, 64 * 1024);
  fetcher_.Shut("w0");
  auto reader = NewReader(request);
  const auto waker = std::make_shared<TestWaker>();
  Batch batch;
  ASSERT_EQ(*reader->Poll(batch, waker), Outcome::kBlocked);
  const auto start = std::chrono::steady_clock::now();
  std::thread other([&] { reader->Cancel(); });
  EXPECT_TRUE(waker->Wait());
  other.join();
  EXPECT_EQ(reader->Poll(batch, waker).status().code(), StatusCode::kCancelled);
  reader.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
  EXPECT_EQ(credits_.used_bytes(), 0u);
  EXPECT_EQ(fetcher_.open_streams(), 0u);
}

TEST_F(ExchangeReaderTest, ALostOutputIsFetchFailedNamingItAndItsWorker) {
  ExchangeRequest request = MakeInput({TypeId::kInt64}, 6, 2, 2, 9, 1);
  fetcher_.FailAt(Map(3), Status::Corruption("a bad block").WithFile("/f", 77), true);
  const auto reader = NewReader(request);
  const Status status = Drain(*reader).status();
  EXPECT_EQ(status.code(), StatusCode::kFetchFailed);
  EXPECT_NE(status.message().find("q1.s0.p3.a1"), std::string::npos) << status.ToString();
  EXPECT_NE(status.message().find("Corruption"), std::string::npos);
  EXPECT_EQ(status.file(), "/f");
  ASSERT_TRUE(reader->failure().has_value());
  EXPECT_EQ(*reader->failure(), (FetchFailure{request.sources[3].peer.worker, {Map(3)}}));
  Batch batch;  // and stays so
  EXPECT_EQ(reader->Poll(batch, nullptr).status().code(), StatusCode::kFetchFailed);
}

TEST_F(ExchangeReaderTest, ALostPeerLosesAllThatWasStillToCome) {
  ExchangeRequest request = MakeInput({TypeId::kInt64}, 5, 1, 2, 9, 1);
  fetcher_.FailAt(Map(2), Status(StatusCode::kUnavailable, "connection reset"), false);
  const auto reader = NewReader(request);
  EXPECT_EQ(Drain(*reader).status().code(), StatusCode::kFetchFailed);
  EXPECT_EQ(reader->failure()->attempts, (std::vector<AttemptId>{Map(2), Map(3), Map(4)}));

  fetcher_.FailOpen(Status(StatusCode::kUnavailable, "nobody there"));
  const auto second = NewReader(request);
  EXPECT_EQ(Drain(*second).status().code(), StatusCode::kFetchFailed);
  EXPECT_EQ(second->failure()->attempts.size(), 5u);
}

TEST_F(ExchangeReaderTest, AnAnswerCutShortIsNeverAWholeOne) {
  ExchangeRequest request = MakeInput({TypeId::kInt64}, 5, 1, 2, 9, 1);
  fetcher_.CutAt(Map(4));
  const auto reader = NewReader(request);
  EXPECT_EQ(Drain(*reader).status().code(), StatusCode::kFetchFailed);
  EXPECT_EQ(reader->failure()->attempts, (std::vector<AttemptId>{Map(4)}));
}

TEST_F(ExchangeReaderTest, ErrorsThatRunningAgainCannotHealStayWhatTheyAre) {
  for (const auto code : {StatusCode::kPermissionDenied, StatusCode::kProtocolMismatch,
                          StatusCode::kOutOfMemory, StatusCode::kInternal}) {
    fetcher_.FailOpen(Status(code, "no"));
    const auto reader = NewReader(MakeInput({TypeId::kInt64}, 2, 1, 2, 9, 1));
    EXPECT_EQ(Drain(*reader).status().code(), code);
    EXPECT_FALSE(reader->failure().has_value());
  }
}

TEST_F(ExchangeReaderTest, ABlockThatIsNoChunkOrLacksRowsIsALostOutput) {
  ExchangeRequest request = MakeInput({TypeId::kInt64}, 2, 2, 2, 9, 1);
  fetcher_.Add(Map(1), 1, 5, SharedBytes::Of("no chunk at all"));
  const auto reader = NewReader(request);
  EXPECT_EQ(Drain(*reader).status().code(), StatusCode::kFetchFailed);
  EXPECT_EQ(reader->failure()->attempts, (std::vector<AttemptId>{Map(1)}));

  ChunkBuilder builder({TypeId::kInt64});
  builder.Append({Vector::MakeConstant(Value::Int64(1))}, nullptr, 5);
  fetcher_.AddEmpty(Map(7));
  fetcher_.Add(Map(7), 0, 6, *builder.Finish(WireCompression::kNone));
  const auto second = NewReader({{{Map(7), Peer(0)}}, 0, 1, {TypeId::kInt64}});
  EXPECT_EQ(Drain(*second).status().code(), StatusCode::kFetchFailed);
}

TEST_F(ExchangeReaderTest, RefusedMemoryIsOutOfMemory) {
  ExchangeRequest request = MakeLargeInput(2, 1, 4, 512 * 1024);
  memory_.set_limit_bytes(100 * 1024);
  EXPECT_EQ(Drain(*NewReader(request)).status().code(), StatusCode::kOutOfMemory);
  CreditPool pool(64 * kMiB, &memory_);
  ExchangeReader reader(request, {}, fetcher_, pool, memory_);
  EXPECT_EQ(Drain(reader).status().code(), StatusCode::kOutOfMemory);
}

TEST_F(ExchangeReaderTest, DroppingAReaderInTheMiddleLeavesNothing) {
  ExchangeRequest request = MakeLargeInput(6, 3, 10, 128 * 1024);
  for (int i = 0; i < 20; ++i) {
    auto reader = NewReader(request);
    for (int polls = 0; polls < i; ++polls) ASSERT_TRUE(NextBatch(*reader).ok());
    reader.reset();
    EXPECT_EQ(credits_.used_bytes(), 0u);
    EXPECT_EQ(fetcher_.open_streams(), 0u);
    EXPECT_EQ(memory_.reserved_bytes(), 0u);
  }
}

TEST(CreditPool, WaitersAreCalledAfterARefusalAlone) {
  CreditPool pool(100, nullptr);
  int calls = 0;
  const auto id = pool.AddWaiter([&] { ++calls; });
  ASSERT_TRUE(pool.TryAcquire(80));
  pool.Release(10);
  EXPECT_EQ(calls, 0);
  EXPECT_FALSE(pool.TryAcquire(40));
  pool.Release(30);
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(pool.Overdraw(500).ok());
  EXPECT_EQ(pool.used_bytes(), 540u);
  EXPECT_FALSE(pool.TryAcquire(1));
  pool.RemoveWaiter(id);
  pool.Release(540);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(pool.peak_bytes(), 540u);
}

}  // namespace
}  // namespace trivet
