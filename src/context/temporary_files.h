#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/file_system.h"

namespace trivet {

class SpillFile;

// Where a process puts what does not fit into memory: files without a name in one directory, with a
// bound on the bytes that they take together. Nothing touches the directory before the first file.
// Thread-safe; outlives its files.
class TemporaryFiles {
 public:
  // `limit_bytes`: nothing means nine tenths of what is free when a file is made.
  TemporaryFiles(FileSystem& files, std::string directory,
                 std::optional<uint64_t> limit_bytes = std::nullopt)
      : files_(files), directory_(std::move(directory)), limit_(limit_bytes) {}

  // Holds for files made from now on; an empty directory: none are made.
  void Configure(std::string directory, std::optional<uint64_t> limit_bytes);

  // False where no directory is set: what would spill is refused as out of memory.
  bool is_enabled() const;
  // Makes the directory where it is missing. PermissionDenied, NotFound, OutOfDisk or IO naming it.
  Result<std::shared_ptr<SpillFile>> Create();

  // Of all files there are now; and of all there ever were.
  uint64_t used_bytes() const { return used_.load(std::memory_order_relaxed); }
  uint64_t written_bytes() const { return written_.load(std::memory_order_relaxed); }

 private:
  friend class SpillFile;
  Status Take(uint64_t bytes, const std::string& directory);
  void GiveBack(uint64_t bytes) noexcept { used_.fetch_sub(bytes, std::memory_order_relaxed); }

  FileSystem& files_;
  mutable std::mutex mutex_;  // guards the next three
  std::string directory_;
  std::optional<uint64_t> limit_;
  std::string made_;  // the directory known to exist
  std::atomic<uint64_t> bound_{~uint64_t{0}};
  std::atomic<uint64_t> used_{0};
  std::atomic<uint64_t> written_{0};
};

// A temporary file that grows block by block. Blocks are written once and read at will.
// Thread-safe.
class SpillFile {
 public:
  SpillFile(TemporaryFiles& owner, std::string directory, std::unique_ptr<TemporaryFile> file)
      : owner_(owner), directory_(std::move(directory)), file_(std::move(file)) {}
  ~SpillFile() { owner_.GiveBack(held_.load(std::memory_order_relaxed)); }
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;

  // Writes a block and tells where it lies. OutOfDisk naming the directory where the disk or the
  // bound on temporary files is full.
  Result<uint64_t> Append(const void* data, size_t size);
  Status ReadAt(uint64_t offset, size_t size, void* out) const {
    return file_->ReadAt(offset, size, out);
  }
  // The block is not read again: its space is free for others.
  void Discard(uint64_t offset, uint64_t size) noexcept;

 private:
  TemporaryFiles& owner_;
  const std::string directory_;
  std::unique_ptr<TemporaryFile> file_;
  std::atomic<uint64_t> end_{0};
  std::atomic<uint64_t> held_{0};
};

}  // namespace trivet
