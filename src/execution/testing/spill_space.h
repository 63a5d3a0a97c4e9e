#pragma once

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/file_system.h"
#include "context/temporary_files.h"

// For tests alone: places to spill to.
namespace trivet {

// Temporary files of the local machine, whose writes and reads ask a hook first, which is told the
// bytes written or read so far, these included. Knows nothing but temporary files.
class HookedFiles final : public FileSystem {
 public:
  using Hook = std::function<Status(uint64_t bytes)>;
  Hook on_write;
  Hook on_read;

  Result<std::unique_ptr<TemporaryFile>> CreateTemporary(const std::string& directory) override {
    TRIVET_ASSIGN_OR_RETURN(auto file, FileSystem::Local().CreateTemporary(directory));
    return std::unique_ptr<TemporaryFile>(std::make_unique<File>(*this, std::move(file)));
  }
  Status CreateDirectories(const std::string& path) override {
    return FileSystem::Local().CreateDirectories(path);
  }
  Result<FileInfo> GetInfo(const std::string&) override { return Unknown(); }
  Result<std::unique_ptr<RandomAccessFile>> OpenForRead(const std::string&) override {
    return Unknown();
  }
  Result<std::unique_ptr<WritableFile>> OpenForWrite(const std::string&) override {
    return Unknown();
  }
  Status Rename(const std::string&, const std::string&) override { return Unknown(); }
  Status Remove(const std::string&) override { return Unknown(); }
  Result<std::vector<FileInfo>> Glob(const std::string&) override { return Unknown(); }

 private:
  class File final : public TemporaryFile {
   public:
    File(HookedFiles& files, std::unique_ptr<TemporaryFile> file)
        : files_(files), file_(std::move(file)) {}
    Status WriteAt(uint64_t offset, const void* data, size_t size) override {
      const uint64_t total = files_.written_.fetch_add(size) + size;
      if (files_.on_write) TRIVET_RETURN_IF_ERROR(files_.on_write(total));
      return file_->WriteAt(offset, data, size);
    }
    Status ReadAt(uint64_t offset, size_t size, void* out) const override {
      const uint64_t total = files_.read_.fetch_add(size) + size;
      if (files_.on_read) TRIVET_RETURN_IF_ERROR(files_.on_read(total));
      return file_->ReadAt(offset, size, out);
    }
    void Discard(uint64_t offset, uint64_t size) noexcept override { file_->Discard(offset, size); }

   private:
    HookedFiles& files_;
    std::unique_ptr<TemporaryFile> file_;
  };
  static Status Unknown() { return Status::Internal("a test's file system has no such file"); }

  std::atomic<uint64_t> written_{0};
  std::atomic<uint64_t> read_{0};
};

// A directory of its own below the system's one for temporary files.
class SpillSpace {
 public:
  explicit SpillSpace(FileSystem& files = FileSystem::Local()) : files_(files, MakeDirectory()) {}
  // Only where nothing is left in it.
  ~SpillSpace() { (void)std::remove(directory_.c_str()); }
  SpillSpace(const SpillSpace&) = delete;
  SpillSpace& operator=(const SpillSpace&) = delete;

  TemporaryFiles* files() { return &files_; }
  const std::string& directory() const { return directory_; }

 private:
  std::string MakeDirectory() {
    directory_ = "/tmp/trivet-spill-XXXXXX";
    return ::mkdtemp(directory_.data()) == nullptr ? std::string() : directory_;
  }

  std::string directory_;
  TemporaryFiles files_;
};

}  // namespace trivet
