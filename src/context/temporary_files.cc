#include "context/temporary_files.h"

#include "base/string_concat.h"
#include "context/memory_budget.h"

namespace trivet {

namespace {
Status Explain(Status status, const std::string& directory) {
  if (status.ok()) return status;
  return std::move(status).WithFile(directory).WithHint(
      "what does not fit into memory goes there: name another directory with SET temp_directory = "
      "'…', or raise memory_limit");
}
}  // namespace

void TemporaryFiles::Configure(std::string directory, std::optional<uint64_t> limit_bytes) {
  std::lock_guard lock(mutex_);
  directory_ = std::move(directory);
  limit_ = limit_bytes;
  made_.clear();
}

bool TemporaryFiles::is_enabled() const {
  std::lock_guard lock(mutex_);
  return !directory_.empty();
}

Result<std::shared_ptr<SpillFile>> TemporaryFiles::Create() {
  std::lock_guard lock(mutex_);
  if (directory_.empty()) {
    return Status::OutOfMemory("what does not fit into memory has nowhere to go")
        .WithHint("name a directory with SET temp_directory = '…'");
  }
  if (made_ != directory_) {
    TRIVET_RETURN_IF_ERROR(Explain(files_.CreateDirectories(directory_), directory_));
    made_ = directory_;
  }
  Result<std::unique_ptr<TemporaryFile>> made = files_.CreateTemporary(directory_);
  if (!made.ok()) return Explain(std::move(made).status(), directory_);
  std::unique_ptr<TemporaryFile> file = *std::move(made);
  uint64_t bound = ~uint64_t{0};
  if (limit_) {
    bound = *limit_;
  } else if (const Result<uint64_t> free = files_.FreeBytes(directory_); free.ok()) {
    bound = used_bytes() + *free / 10 * 9;
  }
  bound_.store(bound, std::memory_order_relaxed);
  return std::make_shared<SpillFile>(*this, directory_, std::move(file));
}

Status TemporaryFiles::Take(uint64_t bytes, const std::string& directory) {
  uint64_t used = used_.load(std::memory_order_relaxed);
  const uint64_t bound = bound_.load(std::memory_order_relaxed);
  do {
    if (bytes > bound || used > bound - bytes) {
      return Status::OutOfDisk(
                 StrCat("cannot write ", FormatBytes(bytes), " of temporary data to \"", directory,
                        "\": ", FormatBytes(used), " of ", FormatBytes(bound), " in use"))
          .WithFile(directory)
          .WithHint(
              "raise the bound with SET max_temp_directory_size = '…', take another directory with "
              "SET temp_directory, or raise memory_limit");
    }
  } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  return Status::OK();
}

Result<uint64_t> SpillFile::Append(const void* data, size_t size) {
  TRIVET_RETURN_IF_ERROR(owner_.Take(size, directory_));
  held_.fetch_add(size, std::memory_order_relaxed);
  const uint64_t offset = end_.fetch_add(size, std::memory_order_relaxed);
  TRIVET_RETURN_IF_ERROR(file_->WriteAt(offset, data, size));
  owner_.written_.fetch_add(size, std::memory_order_relaxed);
  return offset;
}

void SpillFile::Discard(uint64_t offset, uint64_t size) noexcept {
  file_->Discard(offset, size);
  held_.fetch_sub(size, std::memory_order_relaxed);
  owner_.GiveBack(size);
}

}  // namespace trivet
