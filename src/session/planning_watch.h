#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/file_system.h"
#include "context/query_context.h"

namespace trivet {

// The context of a statement's planning, which notes whether planning looked at what the next run
// will find changed.
class PlanningContext final : public QueryContext {
 public:
  using QueryContext::QueryContext;
  int64_t query_time_micros() const override {
    is_of_its_moment_ = true;
    return QueryContext::query_time_micros();
  }
  uint64_t random_seed() const override {
    is_of_its_moment_ = true;
    return QueryContext::random_seed();
  }
  // Whether the time of the statement, or its seed, is in the plan.
  bool is_of_its_moment() const { return is_of_its_moment_; }

 private:
  mutable std::atomic<bool> is_of_its_moment_{false};
};

// What planning saw of the files: names that patterns matched, sizes and times.
class FileSightings {
 public:
  void NoteGlob(const std::string& pattern, const std::vector<FileInfo>& infos) {
    globs_.emplace_back(pattern, infos);
  }
  // Nothing: it was not there, or could not be looked at.
  void NoteInfo(const std::string& path, std::optional<FileInfo> info) {
    infos_.emplace_back(path, std::move(info));
  }
  // Would planning see the same now?
  bool AreCurrent(FileSystem& files) const;
  size_t memory_bytes() const;

 private:
  std::vector<std::pair<std::string, std::vector<FileInfo>>> globs_;
  std::vector<std::pair<std::string, std::optional<FileInfo>>> infos_;
};

// Notes what is looked at through it. For one thread; what it stands on and `sightings` outlive it.
class WatchedFiles final : public FileSystem {
 public:
  WatchedFiles(FileSystem& files, FileSightings& sightings)
      : files_(files), sightings_(sightings) {}

  FileSystem& Lasting() override { return files_.Lasting(); }
  FileFacts* facts() override { return files_.facts(); }
  Result<FileInfo> GetInfo(const std::string& path) override;
  Result<std::unique_ptr<RandomAccessFile>> OpenForRead(const std::string& path) override;
  Result<std::unique_ptr<WritableFile>> OpenForWrite(const std::string& path) override {
    return files_.OpenForWrite(path);
  }
  Status Rename(const std::string& from, const std::string& to) override {
    return files_.Rename(from, to);
  }
  Status Remove(const std::string& path) override { return files_.Remove(path); }
  Status CreateDirectories(const std::string& path) override {
    return files_.CreateDirectories(path);
  }
  Result<std::vector<FileInfo>> Glob(const std::string& pattern) override;

 private:
  FileSystem& files_;
  FileSightings& sightings_;
};

}  // namespace trivet
