// How fast rows come from one worker to another: raw Arrow Flight (a plain get of record batches
// that lie in memory), the messages of a Flight service, map files written, and whole exchanges out
// of map files, over loopback and locally. All bytes are those of the rows, uncompressed.
//   shuffle_exchange [MEGABYTES]

#include <arrow/api.h>
#include <arrow/flight/api.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <random>

#include "context/memory_budget.h"
#include "shuffle/exchange_reader.h"
#include "shuffle/partitioner.h"
#include "shuffle/shuffle_client.h"
#include "shuffle/shuffle_server.h"

namespace trivet {
namespace {

constexpr size_t kMiB = size_t{1} << 20;

[[noreturn]] void Fail(const std::string& message) {
  std::cerr << message << std::endl;
  std::exit(1);
}
void Check(const Status& status) {
  if (!status.ok()) Fail(status.ToString());
}
void Check(const arrow::Status& status) {
  if (!status.ok()) Fail(status.ToString());
}
template <typename T>
T Take(Result<T> result) {
  Check(result.status());
  return std::move(*result);
}

template <typename Body>
void Measure(const char* name, size_t bytes, const Body& body) {
  double best = 1e9;
  double best_cpu = 1e9;
  for (int run = 0; run < 3; ++run) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t cpu_start = std::clock();
    body();
    const auto elapsed = std::chrono::steady_clock::now() - start;
    best = std::min(best, std::chrono::duration<double>(elapsed).count());
    best_cpu = std::min(best_cpu, static_cast<double>(std::clock() - cpu_start) / CLOCKS_PER_SEC);
  }
  const double megabytes = static_cast<double>(bytes) / 1e6;
  std::printf("%-44s %7.0f MB/s %7.0f MB per CPU second\n", name, megabytes / best,
              megabytes / best_cpu);
  std::fflush(stdout);
}

// Four columns as joins and aggregates exchange them: two keys, a price, a short text.
const std::vector<LogicalType> kTypes = {TypeId::kInt64, TypeId::kInt32, TypeId::kDouble,
                                         TypeId::kVarchar};
constexpr size_t kRowBytes = 8 + 4 + 8 + 10 + 4;

std::vector<Batch> MakeRows(size_t batch_count) {
  std::mt19937_64 random(1);
  std::vector<Batch> batches;
  for (size_t i = 0; i < batch_count; ++i) {
    Batch batch = Batch::MakeFlat(kTypes);
    for (size_t row = 0; row < kVectorSize; ++row) {
      batch.mutable_column(0).mutable_data<int64_t>()[row] =
          static_cast<int64_t>(random() % 6'000'000);
      batch.mutable_column(1).mutable_data<int32_t>()[row] = static_cast<int32_t>(random() % 2500);
      batch.mutable_column(2).mutable_data<double>()[row] =
          static_cast<double>(random() % 10'000'000) / 100;
      batch.mutable_column(3).SetString(row, "text " + std::to_string(10000 + random() % 90000));
    }
    batch.set_row_count(kVectorSize);
    batches.push_back(std::move(batch));
  }
  return batches;
}

// ---- raw Flight

class RawServer final : public arrow::flight::FlightServerBase {
 public:
  explicit RawServer(size_t messages) : messages_(messages) {
    auto column = std::make_shared<arrow::Int64Array>(
        static_cast<int64_t>(kMiB / 8),
        std::shared_ptr<arrow::Buffer>(*arrow::AllocateBuffer(kMiB)));
    batch_ = arrow::RecordBatch::Make(arrow::schema({arrow::field("x", arrow::int64())}),
                                      column->length(), {column});
  }
  arrow::Status DoGet(const arrow::flight::ServerCallContext&, const arrow::flight::Ticket&,
                      std::unique_ptr<arrow::flight::FlightDataStream>* stream) override {
    const std::vector<std::shared_ptr<arrow::RecordBatch>> batches(messages_, batch_);
    ARROW_ASSIGN_OR_RAISE(auto reader, arrow::RecordBatchReader::Make(batches, batch_->schema()));
    *stream = std::make_unique<arrow::flight::RecordBatchStream>(std::move(reader));
    return arrow::Status::OK();
  }

 private:
  size_t messages_;
  std::shared_ptr<arrow::RecordBatch> batch_;
};

void MeasureRawFlight(size_t megabytes) {
  namespace flight = arrow::flight;
  RawServer server(megabytes);
  Check(server.Init(flight::FlightServerOptions(*flight::Location::ForGrpcTcp("127.0.0.1", 0))));
  auto client = flight::FlightClient::Connect(server.location());
  Check(client.status());
  Measure("raw Flight, 1 MiB messages", megabytes * kMiB, [&] {
    auto reader = (*client)->DoGet(flight::Ticket{""});
    Check(reader.status());
    while (true) {
      auto chunk = (*reader)->Next();
      Check(chunk.status());
      if (chunk->data == nullptr) break;
    }
  });
  Check(server.Shutdown());
}

// ---- workers

struct Worker {
  Worker(const std::string& parent, std::string name)
      : self{std::move(name), 1}, peers(PeerOptions()) {
    store = Take(ShuffleStore::Open({parent + "/" + self.name}, FileSystem::Local()));
    FlightServiceOptions options;
    options.token = "token";
    service = std::make_unique<FlightService>(options);
    RegisterShuffle(*service, *store, TicketSigner("secret"), self);
    Check(service->Start());
    fetcher = std::make_unique<WorkerFetcher>(self, store.get(), peers, TicketSigner("secret"));
  }
  static FlightPeerOptions PeerOptions() {
    FlightPeerOptions options;
    options.token = "token";
    return options;
  }
  WorkerIncarnation self;
  FlightPeers peers;
  std::unique_ptr<ShuffleStore> store;
  std::unique_ptr<FlightService> service;
  std::unique_ptr<WorkerFetcher> fetcher;
};

class Bell final : public Waker {
 public:
  void Wake() override {
    const std::lock_guard lock(mutex_);
    rung_ = true;
    changed_.notify_one();
  }
  void Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return rung_; });
    rung_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool rung_ = false;
};

void Write(Worker& worker, const std::vector<Batch>& batches, const AttemptId& attempt,
           WireCompression compression, uint32_t partitions, MemoryManager& memory) {
  ShuffleWriterOptions options;
  options.attempt = attempt;
  options.types = kTypes;
  options.partition_count = partitions;
  options.compression = compression;
  const auto writer = Take(worker.store->NewWriter(options, memory));
  Partitioner partitioner = Partitioner::Hash(partitions);
  std::vector<uint32_t> assigned(kVectorSize);
  for (const Batch& batch : batches) {
    partitioner.Assign({&batch.column(0), 1}, batch.row_count(), assigned.data());
    Check(writer->Write(batch, assigned.data()));
  }
  Take(worker.store->Seal(*writer));
}

void Read(Worker& from, Worker& to, const AttemptId& attempt, uint32_t partitions, size_t rows,
          MemoryManager& memory) {
  CreditPool credits(256 * kMiB, &memory);
  ExchangeReader reader({{{attempt, {from.self, from.service->location()}}}, 0, partitions, kTypes},
                        {}, *to.fetcher, credits, memory);
  const auto bell = std::make_shared<Bell>();
  size_t seen = 0;
  while (true) {
    Batch batch;
    const Outcome outcome = Take(reader.Poll(batch, bell));
    if (outcome == Outcome::kFinished) break;
    if (outcome == Outcome::kBlocked) bell->Wait();
    if (outcome == Outcome::kHaveOutput) seen += batch.row_count();
  }
  if (seen != rows) Fail("rows are missing");
}

int Main(int argc, char** argv) {
  const size_t megabytes = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 256;
  const std::vector<Batch> batches = MakeRows(megabytes * kMiB / (kRowBytes * kVectorSize) + 1);
  const size_t rows = batches.size() * kVectorSize;
  const size_t bytes = rows * kRowBytes;
  MeasureRawFlight(megabytes);

  const std::string directory =
      (std::filesystem::temp_directory_path() / ("shuffle_exchange." + std::to_string(::getpid())))
          .string();
  {
    MemoryBudget memory("memory", size_t{4} << 30);
    Worker first(directory, "w1");
    Worker second(directory, "w2");
    uint32_t map = 0;
    const std::pair<const char*, WireCompression> kCompressions[] = {
        {"none", WireCompression::kNone}, {"lz4", WireCompression::kLz4}};
    for (const auto& [name, compression] : kCompressions) {
      for (const uint32_t partitions : {1u, 64u, 1024u}) {
        const std::string label =
            std::string(name) + ", " + std::to_string(partitions) + " partitions";
        Measure(("write: " + label).c_str(), bytes, [&] {
          first.store->DeleteAttempt({{1, 0, map}, 1});
          Write(first, batches, {{1, 0, ++map}, 1}, compression, partitions, memory);
        });
        Measure(("read over loopback: " + label).c_str(), bytes,
                [&] { Read(first, second, {{1, 0, map}, 1}, partitions, rows, memory); });
        Measure(("read locally: " + label).c_str(), bytes,
                [&] { Read(first, first, {{1, 0, map}, 1}, partitions, rows, memory); });
      }
    }
  }
  std::filesystem::remove_all(directory);
  return 0;
}

}  // namespace
}  // namespace trivet

int main(int argc, char** argv) { return trivet::Main(argc, argv); }
