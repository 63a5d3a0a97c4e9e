#include "formats/file_list.h"

#include <utility>

#include "base/glob.h"
#include "base/string_concat.h"

namespace trivet {

Result<std::vector<FileInfo>> ListFiles(const std::vector<std::string>& patterns,
                                        std::string_view extension, FileSystem& files) {
  std::vector<FileInfo> all;
  if (patterns.empty()) return Status::InvalidInput("no file was named");
  for (const std::string& pattern : patterns) {
    if (pattern.empty()) return Status::InvalidInput("the name of a file is empty");
    TRIVET_ASSIGN_OR_RETURN(std::vector<FileInfo> matches, files.Glob(pattern));
    if (matches.empty()) {
      if (HasWildcard(pattern)) {
        return Status::NotFound(StrCat("no file matches the pattern \"", pattern, "\""));
      }
      return Status::NotFound(StrCat("the file \"", pattern, "\" does not exist"));
    }
    for (FileInfo& match : matches) {
      if (match.is_directory) {
        const std::string_view slash = match.path.ends_with('/') ? "" : "/";
        return Status::InvalidInput(StrCat("\"", match.path, "\" is a directory"))
            .WithHint(StrCat("its files are read by '", match.path, slash, "*", extension, "'"));
      }
      all.push_back(std::move(match));
    }
  }
  return all;
}

}  // namespace trivet
