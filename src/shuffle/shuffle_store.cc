#include "shuffle/shuffle_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <thread>

#include "base/local_file_system.h"
#include "base/string_concat.h"

namespace trivet {

namespace {

namespace fs = std::filesystem;

// Held locked by the process that owns the directory; the lock goes with the process.
constexpr std::string_view kLockName = "/shuffle.lock";
// Of deleted queries so many are remembered, to refuse writers that come late.
constexpr size_t kDeletedLimit = 4096;

// The descriptor of the directory's lock file, locked; -1 where another process holds it.
Result<int> Lock(const std::string& directory) {
  const std::string path = StrCat(directory, kLockName);
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return SystemError(errno, "cannot open", path);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return descriptor;
  const int error_number = errno;
  ::close(descriptor);
  if (error_number == EWOULDBLOCK) return -1;
  return SystemError(error_number, "cannot lock", path);
}

// False where somebody has swept the lock file away between its opening and its locking.
bool LockStands(const std::string& directory, int descriptor) {
  struct stat held;
  struct stat named;
  return ::fstat(descriptor, &held) == 0 &&
         ::stat(StrCat(directory, kLockName).c_str(), &named) == 0 && held.st_ino == named.st_ino &&
         held.st_dev == named.st_dev;
}

void RemoveTree(const std::string& path) {
  std::error_code ignored;  // what is left is swept later
  fs::remove_all(path, ignored);
}

bool IsQueryDirectory(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.size() > 1 && name[0] == 'q' &&
         name.find_first_not_of("0123456789", 1) == std::string::npos;
}

// What a directory holds; others may change it meanwhile.
std::vector<fs::path> List(const std::string& directory, std::error_code& error) {
  std::vector<fs::path> paths;
  fs::directory_iterator next(directory, error);
  for (; !error && next != fs::directory_iterator(); next.increment(error)) {
    paths.push_back(next->path());
  }
  return paths;
}

void RemoveQueryDirectories(const std::string& directory) {
  std::error_code ignored;
  for (const fs::path& path : List(directory, ignored)) {
    if (IsQueryDirectory(path)) RemoveTree(path.string());
  }
}

}  // namespace

Result<std::unique_ptr<ShuffleStore>> ShuffleStore::Open(ShuffleStoreOptions options,
                                                         FileSystem& files) {
  // A process that sweeps takes the lock for a moment, to see whether anybody has it.
  constexpr int kLockTries = 50;
  constexpr std::chrono::milliseconds kLockWait{20};
  for (int i = 0; i < kLockTries; ++i) {
    TRIVET_RETURN_IF_ERROR(files.CreateDirectories(options.directory));
    const Result<int> lock = Lock(options.directory);
    if (!lock.ok() && lock.status().code() == StatusCode::kNotFound) continue;  // swept just now
    TRIVET_RETURN_IF_ERROR(lock.status());
    if (*lock < 0) {
      std::this_thread::sleep_for(kLockWait);
      continue;
    }
    if (LockStands(options.directory, *lock)) {
      RemoveQueryDirectories(options.directory);
      return std::unique_ptr<ShuffleStore>(new ShuffleStore(std::move(options), files, *lock));
    }
    ::close(*lock);
  }
  return Status::AlreadyExists(
             StrCat("another process keeps its shuffle files in \"", options.directory, "\""))
      .WithHint("give each worker a directory of its own");
}

ShuffleStore::ShuffleStore(ShuffleStoreOptions options, FileSystem& files, int lock_descriptor)
    : options_(std::move(options)),
      files_(files),
      lock_descriptor_(lock_descriptor),
      quota_(options_.quota_bytes) {}

ShuffleStore::~ShuffleStore() {
  RemoveQueryDirectories(options_.directory);
  std::error_code ignored;
  fs::remove(StrCat(options_.directory, kLockName), ignored);
  fs::remove(options_.directory, ignored);  // unless something else lies in it
  ::close(lock_descriptor_);
}

Result<size_t> ShuffleStore::SweepAbandoned(const std::string& parent) {
  size_t removed = 0;
  std::error_code error;
  for (const fs::path& path : List(parent, error)) {
    const std::string directory = path.string();
    std::error_code ignored;
    if (!fs::exists(StrCat(directory, kLockName), ignored)) continue;
    const Result<int> lock = Lock(directory);
    if (!lock.ok() || *lock < 0) continue;  // another user's, or alive
    RemoveTree(directory);
    ::close(*lock);
    ++removed;
  }
  if (error) return SystemError(error.value(), "cannot list", parent);
  return removed;
}

std::string ShuffleStore::QueryDirectory(QueryId query) const {
  return StrCat(options_.directory, "/q", query);
}

Result<std::unique_ptr<ShuffleWriter>> ShuffleStore::NewWriter(ShuffleWriterOptions options,
                                                               MemoryManager& memory) {
  const QueryId query = options.attempt.task.query;
  options.directory = QueryDirectory(query);
  const std::lock_guard lock(mutex_);
  if (deleted_.contains(query)) return Status::Cancelled(StrCat("query ", query, " has ended"));
  return std::make_unique<ShuffleWriter>(std::move(options), memory, files_, quota_);
}

Result<MapOutput> ShuffleStore::Seal(ShuffleWriter& writer) {
  const QueryId query = writer.attempt().task.query;
  Result<MapOutput> output = writer.Finish();
  const std::lock_guard lock(mutex_);
  const bool deleted = deleted_.contains(query);
  if (output.ok() && !deleted) {
    outputs_[output->attempt] = {output->path, output->file_bytes, Clock::now(), nullptr};
    return output;
  }
  if (output.ok()) Remove({output->path, output->file_bytes, {}, nullptr});
  // The directory may have gone while the file was being written: that is the reason to tell.
  if (deleted) {
    RemoveTree(QueryDirectory(query));
    return Status::Cancelled(StrCat("query ", query, " has ended"));
  }
  return output;
}

Result<std::shared_ptr<const ShuffleFile>> ShuffleStore::Find(const AttemptId& attempt) {
  std::string path;
  {
    const std::lock_guard lock(mutex_);
    const auto found = outputs_.find(attempt);
    if (found == outputs_.end()) {
      return Status::NotFound(StrCat("this worker has no output of ", ToString(attempt)));
    }
    found->second.last_use = Clock::now();
    if (found->second.open != nullptr) return found->second.open;
    path = found->second.path;
  }
  TRIVET_ASSIGN_OR_RETURN(std::shared_ptr<const ShuffleFile> file,
                          ShuffleFile::Open(files_, path, attempt));
  const std::lock_guard lock(mutex_);
  const auto found = outputs_.find(attempt);
  if (found != outputs_.end() && found->second.open == nullptr) {
    KeepOpen(attempt, found->second, file);
  }
  return file;
}

void ShuffleStore::KeepOpen(const AttemptId& attempt, Output& output,
                            std::shared_ptr<const ShuffleFile> file) {
  output.open = std::move(file);
  open_order_.push_back(attempt);
  while (open_order_.size() > options_.max_open_files) {
    const auto oldest = outputs_.find(open_order_.front());
    if (oldest != outputs_.end()) oldest->second.open.reset();
    open_order_.pop_front();
  }
}

// Readers that have the file open keep it; its name and its share of the quota go now.
void ShuffleStore::Remove(const Output& output) {
  (void)files_.Remove(output.path);  // what cannot be removed is swept later
  quota_.Release(output.file_bytes);
}

void ShuffleStore::DeleteQuery(QueryId query) {
  {
    const std::lock_guard lock(mutex_);
    const auto first = outputs_.lower_bound(AttemptId{{query, 0, 0}, 0});
    auto last = first;
    for (; last != outputs_.end() && last->first.task.query == query; ++last) Remove(last->second);
    outputs_.erase(first, last);
    if (deleted_.insert(query).second) deleted_order_.push_back(query);
    while (deleted_order_.size() > kDeletedLimit) {
      deleted_.erase(deleted_order_.front());
      deleted_order_.pop_front();
    }
  }
  RemoveTree(QueryDirectory(query));
}

void ShuffleStore::DeleteAttempt(const AttemptId& attempt) {
  const std::lock_guard lock(mutex_);
  const auto found = outputs_.find(attempt);
  if (found == outputs_.end()) return;
  Remove(found->second);
  outputs_.erase(found);
}

size_t ShuffleStore::SweepOlderThan(std::chrono::milliseconds age) {
  size_t removed = 0;
  {
    const std::lock_guard lock(mutex_);
    const Clock::time_point oldest = Clock::now() - age;
    for (auto next = outputs_.begin(); next != outputs_.end();) {
      if (next->second.last_use > oldest) {
        ++next;
        continue;
      }
      Remove(next->second);
      next = outputs_.erase(next);
      ++removed;
    }
  }
  return removed + SweepStrayFiles(age);
}

size_t ShuffleStore::SweepStrayFiles(std::chrono::milliseconds age) {
  size_t removed = 0;
  std::error_code error;
  const auto oldest = fs::file_time_type::clock::now() - age;
  for (const fs::path& query : List(options_.directory, error)) {
    if (!IsQueryDirectory(query)) continue;
    std::error_code ignored;
    for (const fs::path& file : List(query.string(), ignored)) {
      const auto changed = fs::last_write_time(file, ignored);
      if (ignored || changed > oldest) continue;
      const std::lock_guard lock(mutex_);
      const bool registered = std::any_of(outputs_.begin(), outputs_.end(), [&](const auto& entry) {
        return entry.second.path == file.string();
      });
      if (!registered && fs::remove(file, ignored)) ++removed;
    }
    fs::remove(query, ignored);  // where it is empty now
  }
  return removed;
}

std::vector<QueryId> ShuffleStore::StoredQueries() const {
  const std::lock_guard lock(mutex_);
  std::vector<QueryId> queries;
  for (const auto& [attempt, output] : outputs_) {
    if (queries.empty() || queries.back() != attempt.task.query) {
      queries.push_back(attempt.task.query);
    }
  }
  return queries;
}

size_t ShuffleStore::output_count() const {
  const std::lock_guard lock(mutex_);
  return outputs_.size();
}

}  // namespace trivet
