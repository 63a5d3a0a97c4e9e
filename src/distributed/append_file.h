#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/status.h"

namespace trivet {

// A file of a coordinator's journal: what is appended is in the file when the call returns, so that
// it survives the process, and on the disk after Sync, so that it survives the machine. Append and
// Replace one at a time; Sync on any thread.
class AppendFile {
 public:
  // Opens or makes the file, which only its owner may read. IO or PermissionDenied naming it.
  static Result<std::unique_ptr<AppendFile>> Open(std::string path);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  // All bytes.
  Result<std::string> Read() const;
  // Cuts off what is behind so many bytes.
  Status Truncate(uint64_t bytes);
  Status Append(std::string_view bytes);
  Status Sync();
  // Puts other content in the place of all, at once: after a crash there is the one or the other.
  Status Replace(std::string_view bytes);
  // Closes and removes it: a file that could not be written must not be read later.
  void Discard();

  uint64_t size() const { return size_; }
  const std::string& path() const { return path_; }

 private:
  struct Descriptor;

  explicit AppendFile(std::string path) : path_(std::move(path)) {}

  const std::string path_;
  uint64_t size_ = 0;
  mutable std::mutex mutex_;  // of file_ alone
  std::shared_ptr<Descriptor> file_;
};

}  // namespace trivet
