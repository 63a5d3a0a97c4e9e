// Whatever the bytes are, the Parquet reader gives rows or a typed error, within a budget of
// memory.

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "context/query_context.h"
#include "formats/parquet/parquet_table.h"

namespace trivet {
namespace {

constexpr size_t kMemoryLimitBytes = size_t{64} << 20;
constexpr uint64_t kMaxRows =
    1 << 20;  // a file of a few bytes may claim, and have, billions of NULLs

// A file system that holds one file. Each has a time of its own, so that no cached footer is taken.
class OneFile final : public FileSystem {
 public:
  OneFile(const uint8_t* data, size_t size) : content_(reinterpret_cast<const char*>(data), size) {
    static int64_t modified = 0;
    info_ = {.path = "fuzz.parquet", .size_bytes = size, .modified_nanos = ++modified};
  }

  Result<FileInfo> GetInfo(const std::string& /*path*/) override { return info_; }
  Result<std::unique_ptr<RandomAccessFile>> OpenForRead(const std::string& /*path*/) override {
    return std::unique_ptr<RandomAccessFile>(std::make_unique<Reader>(info_.path, content_));
  }
  Result<std::unique_ptr<WritableFile>> OpenForWrite(const std::string& /*path*/) override {
    return Status(StatusCode::kPermissionDenied, "read only");
  }
  Status Rename(const std::string& /*from*/, const std::string& /*to*/) override {
    return Status(StatusCode::kPermissionDenied, "read only");
  }
  Status Remove(const std::string& /*path*/) override {
    return Status(StatusCode::kPermissionDenied, "read only");
  }
  Status CreateDirectories(const std::string& /*path*/) override {
    return Status(StatusCode::kPermissionDenied, "read only");
  }
  Result<std::vector<FileInfo>> Glob(const std::string& /*pattern*/) override {
    return std::vector<FileInfo>{info_};
  }

 private:
  class Reader final : public RandomAccessFile {
   public:
    Reader(std::string path, std::string content)
        : path_(std::move(path)), content_(std::move(content)) {}
    const std::string& path() const override { return path_; }
    uint64_t size() const override { return content_.size(); }
    Status ReadAt(uint64_t offset, size_t size, void* out) const override {
      if (offset > content_.size() || size > content_.size() - offset) {
        return Status::IO("read past the end");
      }
      std::memcpy(out, content_.data() + offset, size);
      return Status::OK();
    }

   private:
    std::string path_;
    std::string content_;
  };

  std::string content_;
  FileInfo info_;
};

// Errors end the scan; none of them is a finding.
Status ScanEverything(const Table& table, const ExecutionContext& context) {
  ScanRequest request;
  for (size_t column = 0; column < table.columns().size(); ++column) {
    request.columns.push_back(column);
  }
  TRIVET_ASSIGN_OR_RETURN(const auto scan, table.Scan(request, context));
  uint64_t rows = 0;
  while (rows < kMaxRows) {
    TRIVET_ASSIGN_OR_RETURN(const auto morsel, scan->NextMorsel());
    if (morsel == nullptr) break;
    while (rows < kMaxRows) {
      Batch batch;
      TRIVET_ASSIGN_OR_RETURN(const bool more, morsel->Next(batch));
      if (!more) break;
      rows += batch.row_count();
      if (batch.row_count() == 0) continue;
      for (size_t column = 0; column < batch.column_count(); ++column) {
        (void)batch.column(column).GetValue(batch.row_count() - 1).ToString();
      }
    }
  }
  return Status::OK();
}

Status ReadFile(FileSystem& files) {
  QueryContext::Options options;
  options.memory_limit_bytes = kMemoryLimitBytes;
  const QueryContext context(options, files, nullptr);
  TRIVET_ASSIGN_OR_RETURN(const auto table, OpenParquet({"fuzz.parquet"}, {}, files));
  (void)table->statistics();
  return ScanEverything(*table, context);
}

}  // namespace
}  // namespace trivet

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  trivet::OneFile file(data, size);
  (void)trivet::ReadFile(file);
  return 0;
}
