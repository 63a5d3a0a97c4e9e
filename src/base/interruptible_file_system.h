#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/cancellation.h"
#include "base/file_system.h"

namespace trivet {

// The file system of one statement, or one task: refuses with Cancelled to look at another file
// once its token is cancelled, so that opening many files ends soon, and knows where what is
// learned of files is kept. Files that are open stay readable. What it stands on, the facts and the
// token's owner outlive it; files that it opened may outlive it. Thread-safe.
class InterruptibleFileSystem final : public FileSystem {
 public:
  InterruptibleFileSystem(FileSystem& files, CancellationToken token, FileFacts* facts = nullptr)
      : files_(files), token_(std::move(token)), facts_(facts) {}

  FileSystem& Lasting() override { return files_.Lasting(); }
  FileFacts* facts() override { return facts_ != nullptr ? facts_ : files_.facts(); }
  Result<FileInfo> GetInfo(const std::string& path) override {
    TRIVET_RETURN_IF_ERROR(token_.Check());
    return files_.GetInfo(path);
  }
  Result<std::unique_ptr<RandomAccessFile>> OpenForRead(const std::string& path) override {
    TRIVET_RETURN_IF_ERROR(token_.Check());
    return files_.OpenForRead(path);
  }
  Result<std::unique_ptr<WritableFile>> OpenForWrite(const std::string& path) override {
    TRIVET_RETURN_IF_ERROR(token_.Check());
    return files_.OpenForWrite(path);
  }
  Status Rename(const std::string& from, const std::string& to) override {
    return files_.Rename(from, to);
  }
  Status Remove(const std::string& path) override { return files_.Remove(path); }
  Status CreateDirectories(const std::string& path) override {
    return files_.CreateDirectories(path);
  }
  Result<std::unique_ptr<TemporaryFile>> CreateTemporary(const std::string& directory) override {
    return files_.CreateTemporary(directory);
  }
  Result<uint64_t> FreeBytes(const std::string& directory) override {
    return files_.FreeBytes(directory);
  }
  Result<std::vector<FileInfo>> Glob(const std::string& pattern) override {
    TRIVET_RETURN_IF_ERROR(token_.Check());
    return files_.Glob(pattern);
  }

 private:
  FileSystem& files_;
  CancellationToken token_;
  FileFacts* facts_;
};

}  // namespace trivet
