#include "session/planning_watch.h"

#include <algorithm>

namespace trivet {

namespace {

bool IsSame(const FileInfo& a, const FileInfo& b) {
  return a.path == b.path && a.size_bytes == b.size_bytes && a.modified_nanos == b.modified_nanos &&
         a.is_directory == b.is_directory;
}

}  // namespace

bool FileSightings::AreCurrent(FileSystem& files) const {
  for (const auto& [pattern, seen] : globs_) {
    const Result<std::vector<FileInfo>> now = files.Glob(pattern);
    if (!now.ok() || !std::ranges::equal(*now, seen, IsSame)) return false;
  }
  for (const auto& [path, seen] : infos_) {
    const Result<FileInfo> now = files.GetInfo(path);
    if (now.ok() != seen.has_value() || (seen && !IsSame(*now, *seen))) return false;
  }
  return true;
}

size_t FileSightings::memory_bytes() const {
  size_t bytes = 0;
  for (const auto& [pattern, infos] : globs_) {
    bytes += sizeof(globs_[0]) + pattern.size();
    for (const FileInfo& info : infos) bytes += sizeof(info) + info.path.size();
  }
  for (const auto& [path, info] : infos_) bytes += sizeof(infos_[0]) + 2 * path.size();
  return bytes;
}

Result<FileInfo> WatchedFiles::GetInfo(const std::string& path) {
  Result<FileInfo> info = files_.GetInfo(path);
  sightings_.NoteInfo(path, info.ok() ? std::optional(*info) : std::nullopt);
  return info;
}

Result<std::unique_ptr<RandomAccessFile>> WatchedFiles::OpenForRead(const std::string& path) {
  // Before it is read: what changes from now on is seen.
  const Result<FileInfo> info = files_.GetInfo(path);
  sightings_.NoteInfo(path, info.ok() ? std::optional(*info) : std::nullopt);
  return files_.OpenForRead(path);
}

Result<std::vector<FileInfo>> WatchedFiles::Glob(const std::string& pattern) {
  Result<std::vector<FileInfo>> infos = files_.Glob(pattern);
  if (infos.ok()) sightings_.NoteGlob(pattern, *infos);
  return infos;
}

}  // namespace trivet
