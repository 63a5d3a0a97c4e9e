#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/table.h"

namespace trivet {

// The constant arguments of a call such as read_parquet('x.parquet', hive_partitioning = true).
struct TableFunctionCall {
  std::vector<Value> arguments;
  std::vector<std::pair<std::string, Value>> named_arguments;  // names in lower case
  FileSystem* files = nullptr;
};

// A function in FROM: binds constant arguments to a table. Immutable, thread-safe.
struct TableFunction {
  std::string name;  // lower case
  std::vector<std::string> named_parameters;
  std::vector<std::string> unsupported_parameters;  // of the dialect; refused by name
  std::function<Result<TablePtr>(const TableFunctionCall& call)> bind;
  // Whether the table comes of the arguments and of what is seen through the call's files, and of
  // nothing else: then a plan with it may be kept for the next run.
  bool is_reproducible = false;
  std::string description;
};

// Table functions by name, and how `FROM 'path'` finds its reader. Filled when the database opens.
class TableFunctionRegistry {
 public:
  void Add(TableFunction function);
  // Null when there is none; names are matched in any case.
  const TableFunction* Find(const std::string& name) const;
  std::vector<std::string> Names() const;

  // Opens `FROM 'path'` by extension; set by the formats.
  using OpenPath = std::function<Result<TablePtr>(const std::string& path, FileSystem& files)>;
  void SetOpenPath(OpenPath open_path) { open_path_ = std::move(open_path); }
  const OpenPath& open_path() const { return open_path_; }

 private:
  std::map<std::string, TableFunction> functions_;
  OpenPath open_path_;
};

}  // namespace trivet
