// Whole exchanges between workers in one process: stores, Flight services, fetchers and readers.
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "context/memory_budget.h"
#include "shuffle/exchange_reader.h"
#include "shuffle/partitioner.h"
#include "shuffle/shuffle_client.h"
#include "shuffle/shuffle_server.h"
#include "shuffle/testing/drain.h"
#include "shuffle/testing/temporary_directory.h"
#include "vector/testing/random_columns.h"

namespace trivet {
namespace {

using testing::Drain;
using testing::NextBatch;
using testing::Random;

FlightPeerOptions PeerOptions() {
  FlightPeerOptions options;
  options.token = "token";
  options.connect_timeout_ms = 2000;
  return options;
}

// A worker as far as rows between stages go.
struct Worker {
  Worker(const std::string& parent, std::string name, uint64_t incarnation,
         const std::string& secret = "secret", uint16_t port = 0)
      : self{std::move(name), incarnation},
        signer(secret),
        peers(PeerOptions()),
        fetcher_memory("worker", size_t{1} << 30),
        credits(size_t{64} << 20, &fetcher_memory) {
    store =
        std::move(*ShuffleStore::Open({StrCat(parent, "/", ToString(self))}, FileSystem::Local()));
    FlightServiceOptions options;
    options.token = "token";
    options.port = port;
    service = std::make_unique<FlightService>(options);
    RegisterShuffle(*service, *store, signer, self);
    const Status status = service->Start();
    EXPECT_TRUE(status.ok()) << status.ToString();
    fetcher = std::make_unique<WorkerFetcher>(self, store.get(), peers, signer);
  }
  PeerAddress address() const { return {self, service->location()}; }

  WorkerIncarnation self;
  TicketSigner signer;
  FlightPeers peers;
  MemoryBudget fetcher_memory;
  CreditPool credits;
  std::unique_ptr<ShuffleStore> store;
  std::unique_ptr<FlightService> service;
  std::unique_ptr<WorkerFetcher> fetcher;
};

class ShuffleExchangeTest : public ::testing::Test {
 protected:
  static AttemptId Map(uint32_t partition) { return {{1, 0, partition}, 1}; }

  // Writes the output of one map task and remembers the rows of each partition.
  void WriteMap(Worker& worker, uint32_t map, const std::vector<LogicalType>& types,
                uint32_t partitions, size_t batches, size_t chunk_bytes = 50'000) {
    Random random(map + 100);
    ShuffleWriterOptions options;
    options.attempt = Map(map);
    options.types = types;
    options.partition_count = partitions;
    options.chunk_bytes = chunk_bytes;
    auto writer = worker.store->NewWriter(options, memory_);
    ASSERT_TRUE(writer.ok());
    Partitioner partitioner = Partitioner::Hash(partitions);
    expected_.resize(partitions);
    std::vector<uint32_t> assigned(kVectorSize);
    for (size_t i = 0; i < batches; ++i) {
      const Batch batch = testing::RandomBatch(types, random() % kVectorSize + 1, random);
      partitioner.Assign({&batch.column(0), 1}, batch.row_count(), assigned.data());
      for (size_t row = 0; row < batch.row_count(); ++row) {
        expected_[assigned[row]].push_back(testing::RowBits(batch, row));
      }
      ASSERT_TRUE((*writer)->Write(batch, assigned.data()).ok());
    }
    auto output = worker.store->Seal(**writer);
    ASSERT_TRUE(output.ok()) << output.status().ToString();
    outputs_.push_back(*output);
    sources_.push_back({Map(map), worker.address()});
  }

  // An output of so many bytes in one partition, whatever its rows.
  void WriteLargeMap(Worker& worker, uint32_t map, size_t bytes) {
    Random random(map);
    const Batch batch({testing::RandomFlat(TypeId::kInt64, kVectorSize, random, 0)}, kVectorSize);
    ShuffleWriterOptions options;
    options.attempt = Map(map);
    options.types = {TypeId::kInt64};
    options.compression = WireCompression::kNone;
    options.chunk_bytes = 500'000;
    auto writer = worker.store->NewWriter(options, memory_);
    for (size_t written = 0; written < bytes; written += kVectorSize * sizeof(int64_t)) {
      ASSERT_TRUE((*writer)->Write(batch, nullptr).ok());
    }
    ASSERT_TRUE(worker.store->Seal(**writer).ok());
    sources_.push_back({Map(map), worker.address()});
  }

  std::unique_ptr<ExchangeReader> NewReader(Worker& worker, std::vector<LogicalType> types,
                                            uint32_t begin, uint32_t end,
                                            ExchangeLimits limits = {}) {
    return std::make_unique<ExchangeReader>(ExchangeRequest{sources_, begin, end, std::move(types)},
                                            limits, *worker.fetcher, worker.credits, memory_);
  }

  testing::TemporaryDirectory directory_;
  MemoryBudget memory_{"memory", size_t{1} << 30};
  std::vector<std::vector<std::string>> expected_;
  std::vector<MapOutput> outputs_;
  std::vector<ExchangeSource> sources_;
};

TEST_F(ShuffleExchangeTest, TwoWorkersExchangeEveryTypeInOrder) {
  Worker first(directory_.path(), "w1", 1);
  Worker second(directory_.path(), "w2", 1);
  std::vector<LogicalType> types = testing::AllTypes();
  types.insert(types.begin(), TypeId::kInt32);  // the key
  for (uint32_t map = 0; map < 6; ++map) WriteMap(map % 2 ? first : second, map, types, 3, 3);
  for (Worker* worker : {&first, &second}) {
    for (uint32_t partition = 0; partition < 3; ++partition) {
      auto reader = NewReader(*worker, types, partition, partition + 1);
      auto rows = Drain(*reader);
      ASSERT_TRUE(rows.ok()) << rows.status().ToString();
      EXPECT_EQ(*rows, expected_[partition]);
      reader.reset();
      EXPECT_EQ(worker->credits.used_bytes(), 0u);
    }
  }
  EXPECT_EQ(memory_.reserved_bytes(), 0u);
}

TEST_F(ShuffleExchangeTest, AThousandPartitionsOfManyMaps) {
  constexpr uint32_t kPartitions = 1200;
  Worker first(directory_.path(), "w1", 1);
  Worker second(directory_.path(), "w2", 1);
  const std::vector<LogicalType> types = {TypeId::kInt64, TypeId::kVarchar};
  for (uint32_t map = 0; map < 8; ++map) {
    WriteMap(map % 2 ? first : second, map, types, kPartitions, 4);
  }
  for (uint32_t begin = 0; begin < kPartitions; begin += 100) {
    const auto reader = NewReader(first, types, begin, begin + 100);
    auto rows = Drain(*reader);
    ASSERT_TRUE(rows.ok()) << rows.status().ToString();
    std::vector<std::string> expected;
    for (uint32_t i = begin; i < begin + 100; ++i) {
      expected.insert(expected.end(), expected_[i].begin(), expected_[i].end());
    }
    std::sort(rows->begin(), rows->end());  // by map first, then by partition
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(*rows, expected);
  }
}

TEST_F(ShuffleExchangeTest, DamagedAndMissingFilesAreFetchFailedNamingTheOutput) {
  Worker first(directory_.path(), "w1", 1);
  Worker second(directory_.path(), "w2", 3);
  const std::vector<LogicalType> types = {TypeId::kInt64};
  for (uint32_t map = 0; map < 4; ++map) WriteMap(first, map, types, 2, 4);

  {  // a byte flipped in the middle of a block of map 2
    std::fstream file(outputs_[2].path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<long>(outputs_[2].file_bytes / 2));
    file.put('\x55');
    file.put('\xaa');
  }
  for (Worker* reading : {&first, &second}) {  // locally and over the network alike
    const auto reader = NewReader(*reading, types, 0, 2);
    const Status status = Drain(*reader).status();
    EXPECT_EQ(status.code(), StatusCode::kFetchFailed) << status.ToString();
    EXPECT_EQ(status.file(), outputs_[2].path);
    EXPECT_EQ(*reader->failure(), (FetchFailure{first.self, {Map(2)}}));
  }

  first.store->DeleteAttempt(Map(1));
  const auto reader = NewReader(second, types, 0, 2);
  EXPECT_EQ(Drain(*reader).status().code(), StatusCode::kFetchFailed);
  EXPECT_EQ(reader->failure()->attempts, (std::vector<AttemptId>{Map(1)}));

  // Partitions that no file has are never taken for empty.
  const auto beyond = NewReader(second, types, 1, 3);
  EXPECT_EQ(Drain(*beyond).status().code(), StatusCode::kInvalidInput);
}

TEST_F(ShuffleExchangeTest, AnotherLifeOfAWorkerDoesNotAnswerForTheFormer) {
  auto former = std::make_unique<Worker>(directory_.path(), "w1", 1);
  Worker second(directory_.path(), "w2", 1);
  const std::vector<LogicalType> types = {TypeId::kInt64};
  WriteMap(*former, 0, types, 1, 1);
  EXPECT_TRUE(Drain(*NewReader(second, types, 0, 1)).ok());  // a connection is there
  const uint16_t port = former->service->port();
  former.reset();
  {
    const auto reader = NewReader(second, types, 0, 1);
    EXPECT_EQ(Drain(*reader).status().code(), StatusCode::kFetchFailed);
  }
  const Worker next(directory_.path(), "w1", 2, "secret", port);
  const auto reader = NewReader(second, types, 0, 1);
  const Status status = Drain(*reader).status();
  EXPECT_EQ(status.code(), StatusCode::kFetchFailed);
  EXPECT_EQ(reader->failure()->worker, (WorkerIncarnation{"w1", 1}));
}

TEST_F(ShuffleExchangeTest, TicketsMustBeGenuineInTimeAndForThisWorker) {
  Worker first(directory_.path(), "w1", 1);
  const std::vector<LogicalType> types = {TypeId::kInt64};
  WriteMap(first, 0, types, 1, 1);
  const auto peer = FlightPeer::Connect(first.service->location(), PeerOptions());
  ASSERT_TRUE(peer.ok());
  const auto ask = [&](const std::string& ticket) {
    auto stream = (*peer)->Get(kShuffleTicketKind, ticket);
    FlightMessage message;
    return stream.ok() ? (*stream)->Next(message).status() : stream.status();
  };
  const int64_t now = std::chrono::duration_cast<std::chrono::milliseconds>(
                          std::chrono::system_clock::now().time_since_epoch())
                          .count();
  FetchRequest request{first.address(), {Map(0)}, 0, 1};
  EXPECT_TRUE(ask(first.signer.Sign({request, now + 60'000})).ok());
  EXPECT_EQ(ask(first.signer.Sign({request, now - 60'000})).code(), StatusCode::kPermissionDenied);
  EXPECT_EQ(ask(TicketSigner("a guess").Sign({request, now + 60'000})).code(),
            StatusCode::kPermissionDenied);
  std::string changed = first.signer.Sign({request, now + 60'000});
  changed.back() = static_cast<char>(changed.back() ^ 1);  // another attempt
  EXPECT_EQ(ask(changed).code(), StatusCode::kPermissionDenied);
  request.peer.worker.incarnation = 2;
  EXPECT_EQ(ask(first.signer.Sign({request, now + 60'000})).code(), StatusCode::kUnavailable);

  Worker stranger(directory_.path(), "w9", 1, "another secret");
  const auto reader = NewReader(stranger, types, 0, 1);
  EXPECT_EQ(Drain(*reader).status().code(), StatusCode::kPermissionDenied);
}

TEST_F(ShuffleExchangeTest, ASlowTaskStallsThePeersAndCancelStopsAtOnce) {
  constexpr size_t kMiB = size_t{1} << 20;
  Worker first(directory_.path(), "w1", 1);
  Worker second(directory_.path(), "w2", 1);
  for (uint32_t map = 0; map < 4; ++map) WriteLargeMap(map % 2 ? first : second, map, 20 * kMiB);
  ExchangeLimits limits;
  limits.reader_bytes = 3 * kMiB;
  limits.peer_bytes = 2 * kMiB;
  auto reader = NewReader(second, {TypeId::kInt64}, 0, 1, limits);
  ASSERT_TRUE(NextBatch(*reader).ok());
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_LE(reader->metrics().peak_bytes_in_flight, limits.reader_bytes + kMiB);
  EXPECT_LE(reader->metrics().bytes, 5 * kMiB);  // of eighty
  const auto start = std::chrono::steady_clock::now();
  reader->Cancel();
  Status status = NextBatch(*reader).status();
  while (status.ok()) status = NextBatch(*reader).status();
  EXPECT_EQ(status.code(), StatusCode::kCancelled);
  reader.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
  EXPECT_EQ(second.credits.used_bytes(), 0u);
  EXPECT_EQ(second.fetcher_memory.reserved_bytes(), 0u);
}

TEST_F(ShuffleExchangeTest, AWorkerThatStopsMidStreamIsFetchFailed) {
  constexpr size_t kMiB = size_t{1} << 20;
  auto first = std::make_unique<Worker>(directory_.path(), "w1", 1);
  Worker second(directory_.path(), "w2", 1);
  WriteLargeMap(*first, 0, 100 * kMiB);  // more than the connection holds by itself
  ExchangeLimits limits;
  limits.reader_bytes = 2 * kMiB;
  const auto reader = NewReader(second, {TypeId::kInt64}, 0, 1, limits);
  ASSERT_TRUE(NextBatch(*reader).ok());
  first->service->Stop();
  Status status;
  size_t rows = 0;
  while (status.ok()) {
    const auto batch = NextBatch(*reader);
    status = batch.status();
    if (batch.ok()) rows += batch->row_count();
    ASSERT_LT(rows, 100 * kMiB / sizeof(int64_t));
  }
  EXPECT_EQ(status.code(), StatusCode::kFetchFailed) << status.ToString();
  EXPECT_EQ(reader->failure()->worker, first->self);
}

TEST_F(ShuffleExchangeTest, ManyReadersOnManyThreads) {
  Worker first(directory_.path(), "w1", 1);
  Worker second(directory_.path(), "w2", 1);
  const std::vector<LogicalType> types = {TypeId::kInt64, TypeId::kVarchar};
  for (uint32_t map = 0; map < 6; ++map) WriteMap(map % 2 ? first : second, map, types, 8, 20);
  std::vector<std::thread> threads;
  for (uint32_t partition = 0; partition < 8; ++partition) {
    threads.emplace_back([&, partition] {
      Worker& worker = partition % 2 ? first : second;
      const auto reader = NewReader(worker, types, partition, partition + 1);
      auto rows = Drain(*reader);
      ASSERT_TRUE(rows.ok()) << rows.status().ToString();
      EXPECT_EQ(*rows, expected_[partition]);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(GroupHeader, RoundTripsAndRefusesWhatIsNone) {
  BlockGroup group;
  group.headers = {{0, 3, 100, 5000, 0x1234567890abcdefULL, false}, {1, 0, 0, 0, 0, true}};
  const std::string bytes = EncodeGroupHeader(group);
  BlockGroup back;
  ASSERT_TRUE(DecodeGroupHeader(bytes, back).ok());
  ASSERT_EQ(back.headers.size(), 2u);
  EXPECT_EQ(back.headers[0].checksum, 0x1234567890abcdefULL);
  EXPECT_FALSE(back.headers[0].is_last);
  EXPECT_TRUE(back.headers[1].is_last);
  EXPECT_FALSE(back.failed_source.has_value());
  group.failed_source = 0;
  ASSERT_TRUE(DecodeGroupHeader(EncodeGroupHeader(group), back).ok());
  EXPECT_EQ(back.failed_source, 0u);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(DecodeGroupHeader(bytes.substr(0, size), back).code(), StatusCode::kCorruption);
  }
}

}  // namespace
}  // namespace trivet
