#include "storage/table_reference.h"

#include "base/string_concat.h"
#include "storage/table.h"

namespace trivet {

Result<TableReference> Table::Reference() const {
  return Status::NotImplemented(
      StrCat("a table of kind ", kind(), " cannot be read by another process"));
}

Result<std::shared_ptr<const Table>> TableOpeners::Open(const TableReference& reference,
                                                        FileSystem& files) const {
  const auto found = openers_.find(reference.opener);
  if (found == openers_.end()) {
    return Status(StatusCode::kProtocolMismatch,
                  StrCat("tables of \"", reference.opener, "\" cannot be opened here"));
  }
  return found->second(reference, files);
}

}  // namespace trivet
