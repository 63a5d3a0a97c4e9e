#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/file_system.h"

namespace trivet {

// The files of the local machine, through POSIX calls. Stateless, thread-safe.
class LocalFileSystem final : public FileSystem {
 public:
  Result<FileInfo> GetInfo(const std::string& path) override;
  Result<std::unique_ptr<RandomAccessFile>> OpenForRead(const std::string& path) override;
  Result<std::unique_ptr<WritableFile>> OpenForWrite(const std::string& path) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status Remove(const std::string& path) override;
  Status CreateDirectories(const std::string& path) override;
  Result<std::unique_ptr<TemporaryFile>> CreateTemporary(const std::string& directory) override;
  Result<uint64_t> FreeBytes(const std::string& directory) override;
  Result<std::vector<FileInfo>> Glob(const std::string& pattern) override;
};

// The status for a failed system call: NotFound, PermissionDenied, OutOfDisk or IO by its errno,
// saying what was attempted ("cannot open") on which path.
Status SystemError(int error_number, std::string_view attempt, const std::string& path);

}  // namespace trivet
