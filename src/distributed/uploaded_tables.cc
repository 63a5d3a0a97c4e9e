#include "distributed/uploaded_tables.h"

#include "base/string_concat.h"

namespace trivet {

UploadedTables::Lease::~Lease() {
  for (const auto& [id, table] : held_) tables_->Release(id);
}

Result<std::string> UploadedTables::Lease::IdOf(const TablePtr& table) {
  std::lock_guard lock(mutex_);
  for (const auto& [id, held] : held_) {
    if (held == table) return id;
  }
  const std::string id = tables_->Add(table);
  held_[id] = table;
  return id;
}

Result<TablePtr> UploadedTables::Resolve(const std::string& id,
                                         const std::vector<ColumnDefinition>&) {
  std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) {
    return Status::NotFound(StrCat("the coordinator has no rows for ", id,
                                   ": it was started anew, or the table's query has ended"));
  }
  return found->second.table;
}

std::string UploadedTables::Add(const TablePtr& table) {
  std::lock_guard lock(mutex_);
  std::string& id = ids_[table.get()];
  if (id.empty()) id = StrCat("table-", life_, "-", next_++);
  Entry& entry = entries_[id];
  entry.table = table;
  ++entry.leases;
  return id;
}

void UploadedTables::Release(const std::string& id) {
  std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end() || --found->second.leases > 0) return;
  ids_.erase(found->second.table.get());
  entries_.erase(found);
}

}  // namespace trivet
