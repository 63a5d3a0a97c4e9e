#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"

namespace trivet {

class FileFacts;

struct FileInfo {
  std::string path;
  uint64_t size_bytes = 0;
  int64_t modified_nanos = 0;  // since 1970-01-01 UTC
  bool is_directory = false;
};

// A file open for reading at any offset. Thread-safe.
class RandomAccessFile {
 public:
  virtual ~RandomAccessFile() = default;
  virtual const std::string& path() const = 0;
  virtual uint64_t size() const = 0;
  // Reads exactly `size` bytes at `offset` into `out`; a short read is an IO error naming the file.
  virtual Status ReadAt(uint64_t offset, size_t size, void* out) const = 0;
  // Advice that these bytes will be read soon; it may be ignored, and may take as long as a read.
  virtual void WillRead(uint64_t offset, size_t size) const { (void)offset, (void)size; }
};

// A file open for appending. Not thread-safe. Destroying it without Close leaves the file as it is.
class WritableFile {
 public:
  virtual ~WritableFile() = default;
  virtual Status Append(const void* data, size_t size) = 0;
  virtual Status Close() = 0;
};

// A file without a name, for what does not fit into memory: gone with its last reference, also when
// the process dies, so that nothing is ever left behind. Thread-safe for disjoint ranges.
class TemporaryFile {
 public:
  virtual ~TemporaryFile() = default;
  virtual Status WriteAt(uint64_t offset, const void* data, size_t size) = 0;
  // Reads exactly `size` bytes that were written before.
  virtual Status ReadAt(uint64_t offset, size_t size, void* out) const = 0;
  // Gives the range's disk space back where the system can; it is not read again.
  virtual void Discard(uint64_t offset, uint64_t size) noexcept = 0;
};

// The engine's only way to files. Injected through the ExecutionContext, so that tests can fail it.
// Thread-safe.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  // The files of the local machine.
  static FileSystem& Local();

  // For whoever keeps a reference, or knows files by whose they are: the file system that one made
  // for a single statement stands on. Itself for all others.
  virtual FileSystem& Lasting() { return *this; }
  // Where whoever opens files through this keeps what it has learned of them; null: nowhere.
  virtual FileFacts* facts() { return nullptr; }

  virtual Result<FileInfo> GetInfo(const std::string& path) = 0;
  virtual Result<std::unique_ptr<RandomAccessFile>> OpenForRead(const std::string& path) = 0;
  // Creates or truncates.
  virtual Result<std::unique_ptr<WritableFile>> OpenForWrite(const std::string& path) = 0;
  virtual Status Rename(const std::string& from, const std::string& to) = 0;
  virtual Status Remove(const std::string& path) = 0;
  virtual Status CreateDirectories(const std::string& path) = 0;
  // A file on the disk of `directory`, which exists. NotImplemented where there are none.
  virtual Result<std::unique_ptr<TemporaryFile>> CreateTemporary(const std::string& directory);
  // Bytes that may still be written below the directory, as far as is known.
  virtual Result<uint64_t> FreeBytes(const std::string& directory);
  // Files that match a pattern of *, ?, [..] and ** (any directories), sorted by path; a path
  // without wildcards that exists matches itself. Hidden files match only patterns that name the
  // dot.
  virtual Result<std::vector<FileInfo>> Glob(const std::string& pattern) = 0;
};

}  // namespace trivet
