#include "formats/file_list.h"

#include <utility>

#include "base/glob.h"
#include "base/string_concat.h"

namespace trivet {

namespace {

// Paths that other programs understand and the file system does not.
Status CheckPath(const std::string& pattern) {
  if (pattern.empty()) return Status::InvalidInput("the name of a file is empty");
  if (const size_t end = pattern.find("://"); end != std::string::npos && end > 0) {
    return Status::NotImplemented(
        StrCat("reading files over ", pattern.substr(0, end), " (\"", pattern, "\")"));
  }
  return Status::OK();
}

Status NothingFound(const std::string& pattern) {
  if (HasWildcard(pattern)) {
    return Status::NotFound(StrCat("no file matches the pattern \"", pattern, "\""));
  }
  Status status = Status::NotFound(StrCat("the file \"", pattern, "\" does not exist"));
  if (!pattern.starts_with("~/")) return status;
  return std::move(status).WithHint("write the home directory in full in place of ~");
}

}  // namespace

Status IsDirectory(const std::string& path, std::string_view extension) {
  const std::string_view slash = path.ends_with('/') ? "" : "/";
  return Status::InvalidInput(StrCat("\"", path, "\" is a directory"))
      .WithHint(StrCat("its files are read by '", path, slash, "*", extension, "'"));
}

Result<std::vector<FileInfo>> ListFiles(const std::vector<std::string>& patterns,
                                        std::string_view extension, FileSystem& files) {
  std::vector<FileInfo> all;
  if (patterns.empty()) return Status::InvalidInput("no file was named");
  for (const std::string& pattern : patterns) {
    TRIVET_RETURN_IF_ERROR(CheckPath(pattern));
    TRIVET_ASSIGN_OR_RETURN(std::vector<FileInfo> matches, files.Glob(pattern));
    if (matches.empty()) return NothingFound(pattern);
    for (FileInfo& match : matches) {
      if (match.is_directory) return IsDirectory(match.path, extension);
      all.push_back(std::move(match));
    }
  }
  return all;
}

}  // namespace trivet
