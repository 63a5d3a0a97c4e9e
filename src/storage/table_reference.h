#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/file_system.h"
#include "base/status.h"
#include "types/value.h"

namespace trivet {

class Table;

// A snapshot of a table told in values, so that another process can open the very same one.
struct TableReference {
  std::string opener;           // who opens it, "parquet"; kUploadedRows: see there
  std::vector<FileInfo> files;  // exactly these, as they were; nothing is listed anew
  std::vector<std::pair<std::string, Value>> options;
};

// The opener of tables whose rows are in this process alone (in memory, in a stream of the host
// program): they must be brought to whoever reads them, under a name of the runtime's choice.
inline constexpr std::string_view kUploadedRows = "uploaded";

// Opens tables that other processes refer to, by the reference's opener. Filled once, then read by
// all threads.
class TableOpeners {
 public:
  using OpenTable = std::function<Result<std::shared_ptr<const Table>>(
      const TableReference& reference, FileSystem& files)>;

  void Add(std::string name, OpenTable open) { openers_[std::move(name)] = std::move(open); }
  // ProtocolMismatch where nobody opens such tables; else what the opener says: NotFound for a
  // missing file, InvalidInput for one that has changed.
  Result<std::shared_ptr<const Table>> Open(const TableReference& reference,
                                            FileSystem& files) const;

 private:
  std::map<std::string, OpenTable, std::less<>> openers_;
};

}  // namespace trivet
