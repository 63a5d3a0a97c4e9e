#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include "shuffle/shuffle_file.h"
#include "shuffle/shuffle_writer.h"

namespace trivet {

struct ShuffleStoreOptions {
  std::string directory;  // of this worker alone; made where it is missing
  uint64_t quota_bytes = DiskQuota::kUnlimited;
  // Finished files that stay open, the longest unused closed first.
  size_t max_open_files = 128;
};

// The map outputs that lie on one worker's disk: files directory/q<query>/<attempt>. What is not
// registered here as finished is never served. Thread-safe.
class ShuffleStore {
 public:
  // Locks the directory against other processes (AlreadyExists where another holds it) and removes
  // what an earlier life of the worker has left in it. `files` outlives the store.
  static Result<std::unique_ptr<ShuffleStore>> Open(ShuffleStoreOptions options, FileSystem& files);
  // Removes everything, the directory too.
  ~ShuffleStore();
  ShuffleStore(const ShuffleStore&) = delete;
  ShuffleStore& operator=(const ShuffleStore&) = delete;

  // Removes the directories below `parent` that a store made and no living process holds: those of
  // workers that were killed. Gives how many.
  static Result<size_t> SweepAbandoned(const std::string& parent);

  // A writer for the attempt's output; `options.directory` is filled in here. Cancelled where the
  // query has been deleted. The store outlives the writer.
  Result<std::unique_ptr<ShuffleWriter>> NewWriter(ShuffleWriterOptions options,
                                                   MemoryManager& memory);
  // Finishes the writer's file and registers it; from here on it is served.
  Result<MapOutput> Seal(ShuffleWriter& writer);
  // A finished output, as its file reads now. NotFound where none is registered, Corruption where
  // the file is damaged.
  Result<std::shared_ptr<const ShuffleFile>> Find(const AttemptId& attempt);

  // Remove what a query or one attempt has left. Readers that have a file open go on; writers of
  // the query fail with Cancelled when they finish.
  void DeleteQuery(QueryId query);
  void DeleteAttempt(const AttemptId& attempt);
  // Removes finished outputs that nobody has asked for, and unregistered files that nobody has
  // changed, for `age`; gives how many.
  size_t SweepOlderThan(std::chrono::milliseconds age);

  uint64_t used_bytes() const { return quota_.used_bytes(); }
  DiskQuota& quota() { return quota_; }
  size_t output_count() const;
  // The queries of which finished outputs are kept.
  std::vector<QueryId> StoredQueries() const;
  const std::string& directory() const { return options_.directory; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Output {
    std::string path;
    uint64_t file_bytes = 0;
    Clock::time_point last_use;
    std::shared_ptr<const ShuffleFile> open;  // null where it was closed again
  };

  ShuffleStore(ShuffleStoreOptions options, FileSystem& files, int lock_descriptor);
  std::string QueryDirectory(QueryId query) const;
  void Remove(const Output& output);
  void KeepOpen(const AttemptId& attempt, Output& output, std::shared_ptr<const ShuffleFile> file);
  size_t SweepStrayFiles(std::chrono::milliseconds age);

  const ShuffleStoreOptions options_;
  FileSystem& files_;
  const int lock_descriptor_;
  DiskQuota quota_;

  mutable std::mutex mutex_;
  std::map<AttemptId, Output> outputs_;
  std::deque<AttemptId> open_order_;     // of opening; may name closed or deleted ones
  std::unordered_set<QueryId> deleted_;  // the latest kDeletedLimit queries that were deleted
  std::deque<QueryId> deleted_order_;
};

}  // namespace trivet
