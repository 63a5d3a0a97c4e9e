#include "base/local_file_system.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/string_concat.h"

namespace trivet {

namespace {

FileInfo MakeInfo(const std::string& path, const struct stat& attributes) {
  FileInfo info;
  info.path = path;
  info.size_bytes = static_cast<uint64_t>(attributes.st_size);
  info.modified_nanos =
      int64_t{attributes.st_mtim.tv_sec} * 1'000'000'000 + attributes.st_mtim.tv_nsec;
  info.is_directory = S_ISDIR(attributes.st_mode);
  return info;
}

class LocalReadFile final : public RandomAccessFile {
 public:
  LocalReadFile(std::string path, int descriptor, uint64_t size)
      : path_(std::move(path)), descriptor_(descriptor), size_(size) {}
  ~LocalReadFile() override { ::close(descriptor_); }

  const std::string& path() const override { return path_; }
  uint64_t size() const override { return size_; }

  Status ReadAt(uint64_t offset, size_t size, void* out) const override {
    auto* target = static_cast<uint8_t*>(out);
    while (size > 0) {
      const ssize_t got = ::pread(descriptor_, target, size, static_cast<off_t>(offset));
      if (got < 0) {
        if (errno == EINTR) continue;
        return SystemError(errno, "cannot read", path_).WithFile(path_, offset);
      }
      if (got == 0) {
        return Status::IO(StrCat("cannot read \"", path_, "\": it ends ", size,
                                 " bytes earlier than expected"))
            .WithFile(path_, offset);
      }
      target += got;
      offset += static_cast<uint64_t>(got);
      size -= static_cast<size_t>(got);
    }
    return Status::OK();
  }
  void WillRead(uint64_t offset, size_t size) const override {
    ::posix_fadvise(descriptor_, static_cast<off_t>(offset), static_cast<off_t>(size),
                    POSIX_FADV_WILLNEED);
  }

 private:
  std::string path_;
  int descriptor_;
  uint64_t size_;
};

class LocalWriteFile final : public WritableFile {
 public:
  LocalWriteFile(std::string path, int descriptor)
      : path_(std::move(path)), descriptor_(descriptor) {}
  ~LocalWriteFile() override {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  Status Append(const void* data, size_t size) override {
    if (descriptor_ < 0) return Status::Internal(StrCat("\"", path_, "\" is closed already"));
    auto* source = static_cast<const uint8_t*>(data);
    while (size > 0) {
      const ssize_t written = ::write(descriptor_, source, size);
      if (written < 0) {
        if (errno == EINTR) continue;
        return SystemError(errno, "cannot write", path_);
      }
      source += written;
      size -= static_cast<size_t>(written);
    }
    return Status::OK();
  }

  Status Close() override {
    if (descriptor_ < 0) return Status::OK();
    const int descriptor = std::exchange(descriptor_, -1);
    // Full disks and network file systems may tell of a lost write only here.
    if (::close(descriptor) != 0) return SystemError(errno, "cannot close", path_);
    return Status::OK();
  }

 private:
  std::string path_;
  int descriptor_;
};

}  // namespace

Status SystemError(int error_number, std::string_view attempt, const std::string& path) {
  StatusCode code = StatusCode::kIO;
  switch (error_number) {
    case ENOENT:
    case ENOTDIR: code = StatusCode::kNotFound; break;
    case EACCES:
    case EPERM:
    case EROFS: code = StatusCode::kPermissionDenied; break;
    case ENOSPC:
    case EDQUOT: code = StatusCode::kOutOfDisk; break;
    case EISDIR:
    case ENAMETOOLONG: code = StatusCode::kInvalidInput; break;
    default: break;
  }
  const std::string reason = std::error_code(error_number, std::generic_category()).message();
  return Status(code, StrCat(attempt, " \"", path, "\": ", reason));
}

Result<std::unique_ptr<TemporaryFile>> FileSystem::CreateTemporary(const std::string& directory) {
  return Status::NotImplemented(StrCat("temporary files in \"", directory, "\""));
}

Result<uint64_t> FileSystem::FreeBytes(const std::string& directory) {
  return Status::NotImplemented(StrCat("asking for the free space of \"", directory, "\""));
}

FileSystem& FileSystem::Local() {
  static LocalFileSystem local;
  return local;
}

Result<FileInfo> LocalFileSystem::GetInfo(const std::string& path) {
  struct stat attributes;
  if (::stat(path.c_str(), &attributes) != 0) return SystemError(errno, "cannot find", path);
  return MakeInfo(path, attributes);
}

Result<std::unique_ptr<RandomAccessFile>> LocalFileSystem::OpenForRead(const std::string& path) {
  // Asked before: opening a pipe waits for its writer. A pipe has no size and is gone once read.
  struct stat kind;
  if (::stat(path.c_str(), &kind) == 0 &&
      (S_ISFIFO(kind.st_mode) || S_ISSOCK(kind.st_mode) || S_ISCHR(kind.st_mode))) {
    return Status::NotImplemented(StrCat("reading \"", path, "\", which is a pipe or a device"))
        .WithHint("write its content to a file and read that");
  }
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return SystemError(errno, "cannot open", path);
  struct stat attributes;
  if (::fstat(descriptor, &attributes) != 0) {
    const int error_number = errno;
    ::close(descriptor);
    return SystemError(error_number, "cannot open", path);
  }
  if (S_ISDIR(attributes.st_mode)) {
    ::close(descriptor);
    return SystemError(EISDIR, "cannot open", path);
  }
  return std::make_unique<LocalReadFile>(path, descriptor,
                                         static_cast<uint64_t>(attributes.st_size));
}

Result<std::unique_ptr<WritableFile>> LocalFileSystem::OpenForWrite(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0) return SystemError(errno, "cannot create", path);
  return std::make_unique<LocalWriteFile>(path, descriptor);
}

Status LocalFileSystem::Rename(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) {
    return SystemError(errno, StrCat("cannot rename \"", from, "\" to"), to);
  }
  return Status::OK();
}

Status LocalFileSystem::Remove(const std::string& path) {
  if (::unlink(path.c_str()) == 0) return Status::OK();
  const int error_number = errno;
  if ((error_number == EISDIR || error_number == EPERM) && ::rmdir(path.c_str()) == 0) {
    return Status::OK();
  }
  return SystemError(error_number, "cannot remove", path);
}

Status LocalFileSystem::CreateDirectories(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return SystemError(error.value(), "cannot create directory", path);
  return Status::OK();
}

}  // namespace trivet
