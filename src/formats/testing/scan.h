#pragma once

// Scanning a table in tests.

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <vector>

#include "context/query_context.h"
#include "storage/table.h"

namespace trivet::testing {

// A directory that is removed with its content.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    char name[] = "/tmp/trivet_test_XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

struct ScanResult {
  Status status;
  std::vector<std::vector<Value>> columns;
  size_t rows = 0;
  size_t batches = 0;
};

// Reads everything that the request asks for; stops at the first error.
inline ScanResult ScanAll(const Table& table, const ScanRequest& request,
                          const ExecutionContext& context) {
  ScanResult result;
  result.columns.resize(request.columns.size());
  auto scan = table.Scan(request, context);
  if (!scan.ok()) return result.status = scan.status(), result;
  uint64_t last_morsel = 0;
  while (true) {
    auto morsel = scan.value()->NextMorsel();
    if (!morsel.ok()) return result.status = morsel.status(), result;
    if (morsel.value() == nullptr) return result;
    EXPECT_GE(morsel.value()->morsel(), last_morsel);
    last_morsel = morsel.value()->morsel();
    uint64_t sequence = 0;
    while (true) {
      Batch batch;
      const Result<bool> more = morsel.value()->Next(batch);
      if (!more.ok()) return result.status = more.status(), result;
      if (!more.value()) break;
      EXPECT_LE(batch.row_count(), context.batch_size());
      EXPECT_EQ(batch.order().morsel, last_morsel);
      EXPECT_GE(batch.order().sequence, sequence);
      sequence = batch.order().sequence + 1;
      EXPECT_EQ(batch.column_count(), request.columns.size());
      for (size_t c = 0; c < batch.column_count(); ++c) {
        for (size_t row = 0; row < batch.row_count(); ++row) {
          result.columns[c].push_back(batch.column(c).GetValue(row));
        }
      }
      result.rows += batch.row_count();
      ++result.batches;
    }
  }
}

inline ScanRequest AllColumns(const Table& table) {
  ScanRequest request;
  for (size_t i = 0; i < table.columns().size(); ++i) request.columns.push_back(i);
  return request;
}

inline QueryContext MakeContext(size_t batch_size = kVectorSize,
                                size_t memory_limit_bytes = size_t{1} << 30) {
  QueryContext::Options options;
  options.batch_size = batch_size;
  options.memory_limit_bytes = memory_limit_bytes;
  return QueryContext(options, FileSystem::Local(), nullptr);
}

}  // namespace trivet::testing
