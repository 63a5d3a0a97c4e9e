// Decodes every column of a Parquet file and drops the batches as they come; prints the seconds of
// a warm run. Started by parquet_decode.py, once for each round.
//   parquet_decode {trivet|arrow-columns|arrow-groups} FILE THREADS

#include <arrow/io/file.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/util/thread_pool.h>
#include <parquet/arrow/reader.h>
#include <parquet/properties.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "context/query_context.h"
#include "formats/parquet/parquet_table.h"

namespace trivet {
namespace {

[[noreturn]] void Fail(const std::string& message) {
  std::cerr << message << std::endl;
  std::exit(1);
}

void OnThreads(size_t count, const std::function<void()>& work) {
  std::vector<std::thread> threads;
  for (size_t i = 0; i < count; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
}

// Threads take morsels, as the engine's scans do.
uint64_t DecodeWithTrivet(const std::string& path, size_t thread_count) {
  const QueryContext context(QueryContext::Options{.thread_count = thread_count},
                             FileSystem::Local(), nullptr);
  auto table = OpenParquet({path}, {}, FileSystem::Local());
  if (!table.ok()) Fail(table.status().ToString());
  ScanRequest request;
  for (size_t column = 0; column < (*table)->columns().size(); ++column) {
    request.columns.push_back(column);
  }
  auto scan = (*table)->Scan(request, context);
  if (!scan.ok()) Fail(scan.status().ToString());
  std::atomic<uint64_t> rows = 0;
  OnThreads(thread_count, [&] {
    while (true) {
      auto morsel = (*scan)->NextMorsel();
      if (!morsel.ok()) Fail(morsel.status().ToString());
      if (*morsel == nullptr) return;
      Batch batch;
      while (true) {
        auto more = (*morsel)->Next(batch);
        if (!more.ok()) Fail(more.status().ToString());
        if (!*more) break;
        rows += batch.row_count();
      }
    }
  });
  return rows;
}

std::unique_ptr<parquet::arrow::FileReader> OpenWithArrow(const std::string& path, bool threads) {
  auto file = arrow::io::MemoryMappedFile::Open(path, arrow::io::FileMode::READ);
  if (!file.ok()) Fail(file.status().ToString());
  parquet::ArrowReaderProperties properties;
  properties.set_use_threads(threads);
  properties.set_batch_size(64 * 1024);
  parquet::arrow::FileReaderBuilder builder;
  if (auto status = builder.Open(*file); !status.ok()) Fail(status.ToString());
  auto reader = builder.properties(properties)->Build();
  if (!reader.ok()) Fail(reader.status().ToString());
  return std::move(*reader);
}

// Arrow's own way: a stream of batches whose columns are decoded in parallel.
uint64_t DecodeColumnsWithArrow(const std::string& path, size_t thread_count) {
  if (auto status = arrow::SetCpuThreadPoolCapacity(static_cast<int>(thread_count)); !status.ok()) {
    Fail(status.ToString());
  }
  const auto reader = OpenWithArrow(path, thread_count > 1);
  auto batches = reader->GetRecordBatchReader();
  if (!batches.ok()) Fail(batches.status().ToString());
  uint64_t rows = 0;
  std::shared_ptr<arrow::RecordBatch> batch;
  while (true) {
    if (auto status = (*batches)->ReadNext(&batch); !status.ok()) Fail(status.ToString());
    if (batch == nullptr) return rows;
    rows += static_cast<uint64_t>(batch->num_rows());
  }
}

// Arrow's reader with row groups in parallel, each decoded by one thread.
uint64_t DecodeGroupsWithArrow(const std::string& path, size_t thread_count) {
  const int group_count = OpenWithArrow(path, false)->num_row_groups();
  std::atomic<int> next_group = 0;
  std::atomic<uint64_t> rows = 0;
  OnThreads(thread_count, [&] {
    const auto reader = OpenWithArrow(path, false);
    while (true) {
      const int group = next_group++;
      if (group >= group_count) return;
      auto batches = reader->GetRecordBatchReader(std::vector<int>{group});
      if (!batches.ok()) Fail(batches.status().ToString());
      std::shared_ptr<arrow::RecordBatch> batch;
      while (true) {
        if (auto status = (*batches)->ReadNext(&batch); !status.ok()) Fail(status.ToString());
        if (batch == nullptr) break;
        rows += static_cast<uint64_t>(batch->num_rows());
      }
    }
  });
  return rows;
}

int Main(int argc, char** argv) {
  if (argc != 4) Fail("usage: parquet_decode {trivet|arrow-columns|arrow-groups} FILE THREADS");
  const std::string reader = argv[1];
  const size_t thread_count = std::strtoul(argv[3], nullptr, 10);
  const auto decode = reader == "trivet"          ? DecodeWithTrivet
                      : reader == "arrow-columns" ? DecodeColumnsWithArrow
                      : reader == "arrow-groups"  ? DecodeGroupsWithArrow
                                                  : nullptr;
  if (decode == nullptr || thread_count == 0) Fail("unknown reader or no threads");
  double seconds = 0;
  uint64_t rows = 0;
  for (int run = 0; run < 2; ++run) {  // the first fills the page cache and starts threads
    const auto start = std::chrono::steady_clock::now();
    rows = decode(argv[2], thread_count);
    seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  std::printf("%lu rows %.6f\n", static_cast<unsigned long>(rows), seconds);
  return 0;
}

}  // namespace
}  // namespace trivet

int main(int argc, char** argv) { return trivet::Main(argc, argv); }
