#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/file_system.h"
#include "storage/table.h"

namespace trivet {

// The key=value directories of a path, in order, with %XX decoded.
using HiveKeys = std::vector<std::pair<std::string, std::string>>;
HiveKeys ParseHiveKeys(const std::string& path);

// Columns that directories name, the same for all files of a table.
struct HivePartitions {
  std::vector<ColumnDefinition> columns;
  std::vector<std::vector<Value>> values;  // by file, then column
};

// Reads the keys of all paths. `wanted`: absent takes them where every path has the same keys; true
// makes different keys an InvalidInput; false finds none. With `detect_types` a column whose values
// all are integers, dates or timestamps gets that type; otherwise it is a VARCHAR.
Result<HivePartitions> FindHivePartitions(const std::vector<FileInfo>& files,
                                          std::optional<bool> wanted, bool detect_types);

}  // namespace trivet
