#include "base/glob.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>
#include <vector>

#include "base/local_file_system.h"

namespace trivet {

namespace {

// Depth of directories that ** descends; beyond it a tree is taken for a mistake.
constexpr int kMaxDepth = 64;

// Matches `c` against the class that starts after '['; gives its length up to and including ']', or
// 0 where the bracket is not closed.
size_t MatchClass(std::string_view pattern, char c, bool& matched) {
  size_t i = 0;
  const bool negated = i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^');
  if (negated) ++i;
  bool found = false;
  for (bool first = true; i < pattern.size(); first = false) {
    if (pattern[i] == ']' && !first) {
      matched = found != negated;
      return i + 1;
    }
    if (i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']') {
      found |= pattern[i] <= c && c <= pattern[i + 2];
      i += 3;
    } else {
      found |= pattern[i] == c;
      ++i;
    }
  }
  return 0;
}

bool MatchesOne(std::string_view pattern, char c, size_t& length) {
  if (pattern[0] == '?') {
    length = 1;
    return true;
  }
  if (pattern[0] == '[') {
    bool matched = false;
    const size_t size = MatchClass(pattern.substr(1), c, matched);
    if (size > 0) {
      length = size + 1;
      return matched;
    }
  }
  length = 1;
  return pattern[0] == c;
}

struct DirectoryEntry {
  std::string name;
  bool is_directory;
  bool is_link;
};

// Entries of a directory; unreadable or missing ones have none, as in every shell's globbing.
std::vector<DirectoryEntry> ListDirectory(const std::string& path) {
  std::vector<DirectoryEntry> entries;
  std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.empty() ? "." : path.c_str()),
                                                &::closedir);
  if (!directory) return entries;
  while (const dirent* entry = ::readdir(directory.get())) {
    std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    bool is_directory = entry->d_type == DT_DIR;
    const bool is_link = entry->d_type == DT_LNK;
    if (is_link || entry->d_type == DT_UNKNOWN) {
      struct stat attributes;
      is_directory = ::stat((path + name).c_str(), &attributes) == 0 && S_ISDIR(attributes.st_mode);
    }
    entries.push_back({std::move(name), is_directory, is_link});
  }
  return entries;
}

class Expansion {
 public:
  explicit Expansion(const std::string& pattern) {
    size_t start = 0;
    if (pattern.starts_with('/')) root_ = "/";
    while (start <= pattern.size()) {
      const size_t end = std::min(pattern.find('/', start), pattern.size());
      if (end > start) components_.push_back(pattern.substr(start, end - start));
      start = end + 1;
    }
  }

  std::vector<std::string> Run() {
    if (!components_.empty()) Expand(root_, 0, 0);
    std::sort(matches_.begin(), matches_.end());
    matches_.erase(std::unique(matches_.begin(), matches_.end()), matches_.end());
    return std::move(matches_);
  }

 private:
  // Matches components_[i..] below `prefix`, which ends in '/' or is empty.
  void Expand(const std::string& prefix, size_t i, int depth) {
    const std::string& component = components_[i];
    const bool last = i + 1 == components_.size();
    if (component == "**") {
      ExpandAnyDepth(prefix, i, depth);
    } else if (!HasWildcard(component)) {
      const std::string path = prefix + component;
      struct stat attributes;
      if (::stat(path.c_str(), &attributes) != 0) return;
      Descend(path, S_ISDIR(attributes.st_mode), i, last, depth);
    } else {
      for (const DirectoryEntry& entry : ListDirectory(prefix)) {
        if (!MatchesComponent(component, entry.name)) continue;
        Descend(prefix + entry.name, entry.is_directory, i, last, depth);
      }
    }
  }

  void Descend(const std::string& path, bool is_directory, size_t i, bool last, int depth) {
    if (last) {
      if (!is_directory) matches_.push_back(path);
    } else if (is_directory) {
      Expand(path + "/", i + 1, depth);
    }
  }

  // Links to directories are not followed here: they could form a cycle.
  void ExpandAnyDepth(const std::string& prefix, size_t i, int depth) {
    const bool last = i + 1 == components_.size();
    if (!last) Expand(prefix, i + 1, depth);
    if (depth == kMaxDepth) return;
    for (const DirectoryEntry& entry : ListDirectory(prefix)) {
      if (entry.name.starts_with('.')) continue;
      if (entry.is_directory && !entry.is_link) {
        ExpandAnyDepth(prefix + entry.name + "/", i, depth + 1);
      } else if (last && !entry.is_directory) {
        matches_.push_back(prefix + entry.name);
      }
    }
  }

  std::string root_;
  std::vector<std::string> components_;
  std::vector<std::string> matches_;
};

}  // namespace

bool HasWildcard(std::string_view text) {
  return text.find_first_of("*?[") != std::string_view::npos;
}

bool MatchesComponent(std::string_view pattern, std::string_view name) {
  if (name.starts_with('.') && !pattern.starts_with('.')) return false;
  // Greedy with one point of return suffices: a later * makes earlier ones irrelevant.
  size_t p = 0, n = 0;
  size_t star = std::string_view::npos, star_name = 0;
  while (n < name.size()) {
    size_t length = 0;
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_name = n;
    } else if (p < pattern.size() && MatchesOne(pattern.substr(p), name[n], length)) {
      p += length;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++star_name;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

Result<std::vector<FileInfo>> LocalFileSystem::Glob(const std::string& pattern) {
  std::vector<FileInfo> files;
  std::vector<std::string> paths;
  if (HasWildcard(pattern)) paths = Expansion(pattern).Run();
  if (paths.empty()) {
    // Also a file whose very name holds wildcard characters, such as "data[1].parquet".
    Result<FileInfo> info = GetInfo(pattern);
    if (info.ok()) {
      files.push_back(std::move(info).value());
    } else if (info.status().code() != StatusCode::kNotFound) {
      return std::move(info).status();
    }
    return files;
  }
  for (const std::string& path : paths) {
    Result<FileInfo> info = GetInfo(path);
    // A file may vanish between listing and asking, or be a dangling link: then it is not there.
    if (info.ok()) files.push_back(std::move(info).value());
  }
  return files;
}

}  // namespace trivet
