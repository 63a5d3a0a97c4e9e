// Temporary files of the local machine: without a name from the start where the file system can,
// else with one only until they are open.
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <vector>

#include "base/local_file_system.h"
#include "base/string_concat.h"

namespace trivet {

namespace {

class LocalTemporaryFile final : public TemporaryFile {
 public:
  LocalTemporaryFile(std::string directory, int descriptor)
      : directory_(std::move(directory)), descriptor_(descriptor) {}
  ~LocalTemporaryFile() override { ::close(descriptor_); }
  LocalTemporaryFile(const LocalTemporaryFile&) = delete;
  LocalTemporaryFile& operator=(const LocalTemporaryFile&) = delete;

  Status WriteAt(uint64_t offset, const void* data, size_t size) override {
    const auto* source = static_cast<const uint8_t*>(data);
    while (size > 0) {
      const ssize_t written = ::pwrite(descriptor_, source, size, static_cast<off_t>(offset));
      if (written < 0) {
        if (errno == EINTR) continue;
        return SystemError(errno, "cannot write a temporary file in", directory_)
            .WithFile(directory_);
      }
      source += written;
      offset += static_cast<uint64_t>(written);
      size -= static_cast<size_t>(written);
    }
    return Status::OK();
  }

  Status ReadAt(uint64_t offset, size_t size, void* out) const override {
    auto* target = static_cast<uint8_t*>(out);
    while (size > 0) {
      const ssize_t got = ::pread(descriptor_, target, size, static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) {
        return SystemError(errno, "cannot read a temporary file in", directory_)
            .WithFile(directory_);
      }
      if (got == 0) {
        return Status::IO(StrCat("a temporary file in \"", directory_, "\" ends ", size,
                                 " bytes earlier than what was written to it"))
            .WithFile(directory_);
      }
      target += got;
      offset += static_cast<uint64_t>(got);
      size -= static_cast<size_t>(got);
    }
    return Status::OK();
  }

  void Discard(uint64_t offset, uint64_t size) noexcept override {
#ifdef FALLOC_FL_PUNCH_HOLE
    // Where the file system cannot, the space stays taken until the file goes.
    (void)::fallocate(descriptor_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                      static_cast<off_t>(offset), static_cast<off_t>(size));
#else
    (void)offset, (void)size;
#endif
  }

 private:
  std::string directory_;
  int descriptor_;
};

}  // namespace

Result<std::unique_ptr<TemporaryFile>> LocalFileSystem::CreateTemporary(
    const std::string& directory) {
  int descriptor = -1;
#ifdef O_TMPFILE
  descriptor = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
#endif
  if (descriptor < 0) {
    // Not every file system knows files without a name.
    std::string name = StrCat(directory, "/trivet-XXXXXX");
    descriptor = ::mkostemp(name.data(), O_CLOEXEC);
    if (descriptor < 0) {
      return SystemError(errno, "cannot create a temporary file in", directory).WithFile(directory);
    }
    if (::unlink(name.c_str()) != 0) {
      const int error_number = errno;
      ::close(descriptor);
      return SystemError(error_number, "cannot remove", name);
    }
  }
  return std::unique_ptr<TemporaryFile>(
      std::make_unique<LocalTemporaryFile>(directory, descriptor));
}

Result<uint64_t> LocalFileSystem::FreeBytes(const std::string& directory) {
  struct statvfs space;
  if (::statvfs(directory.c_str(), &space) != 0) {
    return SystemError(errno, "cannot ask for the free space of", directory);
  }
  return uint64_t{space.f_bavail} * space.f_frsize;
}

}  // namespace trivet
