#include "distributed/append_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "base/local_file_system.h"
#include "base/string_concat.h"

namespace trivet {

struct AppendFile::Descriptor {
  explicit Descriptor(int opened) : number(opened) {}
  ~Descriptor() { ::close(number); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  const int number;
};

namespace {

constexpr int kOwnerOnly = 0600;

Status WriteAll(int descriptor, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return SystemError(errno, "cannot write", path);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return Status::OK();
}

// A new name is on the disk once its directory is.
Status SyncDirectoryOf(const std::string& path) {
  const std::string directory = std::filesystem::path(path).parent_path().string();
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return SystemError(errno, "cannot open", directory);
  const int failed = ::fsync(descriptor);
  const int error_number = errno;
  ::close(descriptor);
  return failed == 0 ? Status::OK() : SystemError(error_number, "cannot write", directory);
}

}  // namespace

Result<std::unique_ptr<AppendFile>> AppendFile::Open(std::string path) {
  std::unique_ptr<AppendFile> file(new AppendFile(std::move(path)));
  const int descriptor =
      ::open(file->path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, kOwnerOnly);
  if (descriptor < 0) return SystemError(errno, "cannot open", file->path_);
  file->file_ = std::make_shared<Descriptor>(descriptor);
  struct stat about{};
  if (::fstat(descriptor, &about) != 0) return SystemError(errno, "cannot read", file->path_);
  file->size_ = static_cast<uint64_t>(about.st_size);
  TRIVET_RETURN_IF_ERROR(SyncDirectoryOf(file->path_));
  return file;
}

AppendFile::~AppendFile() = default;

Result<std::string> AppendFile::Read() const {
  std::string bytes(size_, '\0');
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t read =
        ::pread(file_->number, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (read < 0 && errno == EINTR) continue;
    if (read < 0) return SystemError(errno, "cannot read", path_);
    if (read == 0) break;
    done += static_cast<size_t>(read);
  }
  bytes.resize(done);
  return bytes;
}

Status AppendFile::Truncate(uint64_t bytes) {
  if (::ftruncate(file_->number, static_cast<off_t>(bytes)) != 0) {
    return SystemError(errno, "cannot cut", path_);
  }
  size_ = bytes;
  return Sync();
}

Status AppendFile::Append(std::string_view bytes) {
  TRIVET_RETURN_IF_ERROR(WriteAll(file_->number, bytes, path_));
  size_ += bytes.size();
  return Status::OK();
}

Status AppendFile::Sync() {
  std::shared_ptr<Descriptor> file;
  {
    const std::lock_guard lock(mutex_);
    file = file_;
  }
  if (::fdatasync(file->number) != 0) return SystemError(errno, "cannot write", path_);
  return Status::OK();
}

Status AppendFile::Replace(std::string_view bytes) {
  const std::string next = StrCat(path_, ".next");
  const int descriptor =
      ::open(next.c_str(), O_RDWR | O_APPEND | O_CREAT | O_TRUNC | O_CLOEXEC, kOwnerOnly);
  if (descriptor < 0) return SystemError(errno, "cannot open", next);
  auto file = std::make_shared<Descriptor>(descriptor);
  TRIVET_RETURN_IF_ERROR(WriteAll(descriptor, bytes, next));
  if (::fdatasync(descriptor) != 0) return SystemError(errno, "cannot write", next);
  if (::rename(next.c_str(), path_.c_str()) != 0) return SystemError(errno, "cannot rename", next);
  {
    const std::lock_guard lock(mutex_);
    file_ = std::move(file);
  }
  size_ = bytes.size();
  return SyncDirectoryOf(path_);
}

void AppendFile::Discard() {
  (void)::unlink(path_.c_str());
  (void)::unlink(StrCat(path_, ".next").c_str());
}

}  // namespace trivet
