#include "catalog/catalog.h"

#include "base/nearest_name.h"
#include "base/string_concat.h"

namespace trivet {

namespace {

std::string LowerAscii(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

const char* Noun(bool is_view) { return is_view ? "View" : "Table"; }

}  // namespace

Catalog::Entries& Catalog::EntriesOf(const std::string& schema) {
  return LowerAscii(schema) == kTemporarySchema ? temporary_ : main_;
}

CatalogEntryPtr Catalog::FindLocked(const CatalogName& name) const {
  const std::string key = LowerAscii(name.name);
  const std::string schema = LowerAscii(name.schema);
  if (schema.empty() || schema == kTemporarySchema) {
    const auto found = temporary_.find(key);
    if (found != temporary_.end()) return found->second;
  }
  if (schema.empty() || schema == kMainSchema) {
    const auto found = main_.find(key);
    if (found != main_.end()) return found->second;
  }
  return nullptr;
}

Status Catalog::NotFound(const CatalogName& name, bool is_view) const {
  std::vector<std::string> known;
  for (const Entries* entries : {&temporary_, &main_}) {
    for (const auto& [key, entry] : *entries) known.push_back(entry->name);
  }
  Status status =
      Status::NotFound(StrCat(Noun(is_view), " with name ", name.name, " does not exist!"));
  const std::string nearest = NearestName(name.name, known);
  if (nearest.empty()) return status;
  return std::move(status).WithHint(StrCat("Did you mean \"", nearest, "\"?"));
}

Status Catalog::Create(CatalogEntry entry, OnConflict mode) {
  const std::string schema = LowerAscii(entry.schema);
  if (schema != kMainSchema && schema != kTemporarySchema) {
    return Status::NotFound(StrCat("Schema with name ", entry.schema, " does not exist!"));
  }
  entry.schema = schema;
  std::lock_guard lock(mutex_);
  CatalogEntryPtr& slot = EntriesOf(schema)[LowerAscii(entry.name)];
  if (slot != nullptr) {
    if (slot->is_view() != entry.is_view()) {
      return Status::AlreadyExists(StrCat("Existing object ", slot->name, " is of type ",
                                          Noun(slot->is_view()), ", trying to replace with type ",
                                          Noun(entry.is_view())));
    }
    if (mode == OnConflict::kIgnore) return Status::OK();
    if (mode == OnConflict::kError) {
      return Status::AlreadyExists(
          StrCat(Noun(entry.is_view()), " with name \"", entry.name, "\" already exists!"));
    }
  }
  slot = std::make_shared<const CatalogEntry>(std::move(entry));
  ++version_;
  return Status::OK();
}

Status Catalog::Drop(const CatalogName& name, bool is_view, bool if_exists) {
  std::lock_guard lock(mutex_);
  const CatalogEntryPtr entry = FindLocked(name);
  if (entry == nullptr) return if_exists ? Status::OK() : NotFound(name, is_view);
  if (entry->is_view() != is_view) {
    return Status::InvalidInput(StrCat("Existing object ", entry->name, " is of type ",
                                       Noun(entry->is_view()), ", trying to drop type ",
                                       Noun(is_view)));
  }
  EntriesOf(entry->schema).erase(LowerAscii(entry->name));
  ++version_;
  return Status::OK();
}

CatalogEntryPtr Catalog::Find(const CatalogName& name) const {
  std::lock_guard lock(mutex_);
  return FindLocked(name);
}

Result<CatalogEntryPtr> Catalog::Lookup(const CatalogName& name) const {
  std::lock_guard lock(mutex_);
  CatalogEntryPtr entry = FindLocked(name);
  if (entry == nullptr) return NotFound(name, false);
  return entry;
}

Status Catalog::Append(const CatalogName& name, const MemoryChunks& chunks) {
  std::lock_guard lock(mutex_);
  const CatalogEntryPtr entry = FindLocked(name);
  if (entry == nullptr) return NotFound(name, false);
  const auto* table = dynamic_cast<const MemoryTable*>(entry->table.get());
  if (table == nullptr) {
    return Status::InvalidInput(StrCat(entry->name, " is not a table that takes rows"));
  }
  MemoryChunks all = table->chunks();
  all.insert(all.end(), chunks.begin(), chunks.end());
  CatalogEntry grown = *entry;
  grown.table = std::make_shared<const MemoryTable>(table->columns(), std::move(all));
  EntriesOf(entry->schema)[LowerAscii(entry->name)] =
      std::make_shared<const CatalogEntry>(std::move(grown));
  ++version_;
  return Status::OK();
}

uint64_t Catalog::version() const {
  std::lock_guard lock(mutex_);
  return version_;
}

std::vector<CatalogEntryPtr> Catalog::List() const {
  std::lock_guard lock(mutex_);
  std::vector<CatalogEntryPtr> entries;
  for (const auto& [name, entry] : main_) entries.push_back(entry);
  for (const auto& [name, entry] : temporary_) entries.push_back(entry);
  return entries;
}

}  // namespace trivet
