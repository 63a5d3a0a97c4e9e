#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"

namespace trivet {

// The files that the patterns match, in the patterns' order. NotFound where a pattern matches none,
// InvalidInput where one names a directory; both with a hint at what would work. `extension`
// (".csv") is that of the format, for the hints.
Result<std::vector<FileInfo>> ListFiles(const std::vector<std::string>& patterns,
                                        std::string_view extension, FileSystem& files);

// The error for a directory that stands where a file should, with the hint.
Status IsDirectory(const std::string& path, std::string_view extension);

}  // namespace trivet
