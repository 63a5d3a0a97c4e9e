#pragma once

// Files in memory, for tests and fuzzers of readers.

#include <atomic>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/file_system.h"
#include "base/read_ahead.h"

namespace trivet::testing {

// Every Put gives the file a modification time of its own, so that no cache takes it for an earlier
// one.
class MemoryFiles final : public FileSystem {
 public:
  void Put(const std::string& path, std::string content) {
    static std::atomic<int64_t> next_time{1};
    files_[path] = {std::make_shared<const std::string>(std::move(content)), next_time++};
  }
  // What files were told to be read soon, since they were last asked.
  std::vector<ByteRange> TakeExpected() {
    ReadAhead::Instance().Drain();
    std::lock_guard lock(expected_->mutex);
    return std::exchange(expected_->ranges, {});
  }

  Result<FileInfo> GetInfo(const std::string& path) override {
    const auto found = files_.find(path);
    if (found == files_.end()) return Status::NotFound("no file " + path);
    return FileInfo{path, found->second.first->size(), found->second.second, false};
  }
  Result<std::unique_ptr<RandomAccessFile>> OpenForRead(const std::string& path) override {
    const auto found = files_.find(path);
    if (found == files_.end()) return Status::NotFound("no file " + path);
    return std::make_unique<File>(path, found->second.first, expected_);
  }
  Result<std::unique_ptr<WritableFile>> OpenForWrite(const std::string&) override {
    return Status::NotImplemented("memory files are read-only");
  }
  Status Rename(const std::string&, const std::string&) override {
    return Status::NotImplemented("memory files are read-only");
  }
  Status Remove(const std::string&) override {
    return Status::NotImplemented("memory files are read-only");
  }
  Status CreateDirectories(const std::string&) override { return Status::OK(); }
  Result<std::vector<FileInfo>> Glob(const std::string& pattern) override {
    std::vector<FileInfo> matches;
    Result<FileInfo> info = GetInfo(pattern);
    if (info.ok()) matches.push_back(std::move(info).value());
    return matches;
  }

 private:
  struct Expected {
    std::mutex mutex;
    std::vector<ByteRange> ranges;
  };

  class File final : public RandomAccessFile {
   public:
    File(std::string path, std::shared_ptr<const std::string> content,
         std::shared_ptr<Expected> expected)
        : path_(std::move(path)), content_(std::move(content)), expected_(std::move(expected)) {}
    const std::string& path() const override { return path_; }
    uint64_t size() const override { return content_->size(); }
    Status ReadAt(uint64_t offset, size_t size, void* out) const override {
      if (offset > content_->size() || size > content_->size() - offset) {
        return Status::IO("read beyond the end").WithFile(path_, offset);
      }
      if (size > 0) std::memcpy(out, content_->data() + offset, size);
      return Status::OK();
    }
    void WillRead(uint64_t offset, size_t size) const override {
      std::lock_guard lock(expected_->mutex);
      expected_->ranges.push_back({offset, size});
    }

   private:
    std::string path_;
    std::shared_ptr<const std::string> content_;
    std::shared_ptr<Expected> expected_;
  };

  std::map<std::string, std::pair<std::shared_ptr<const std::string>, int64_t>> files_;
  std::shared_ptr<Expected> expected_ = std::make_shared<Expected>();
};

}  // namespace trivet::testing
