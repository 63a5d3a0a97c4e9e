#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "storage/memory_table.h"
#include "storage/table.h"

namespace trivet {

// What CREATE does where the name is taken: an error, nothing (IF NOT EXISTS), or OR REPLACE.
enum class OnConflict : uint8_t { kError, kIgnore, kReplace };

// A table's or view's full name. Names are matched without regard to ASCII case and kept as
// written.
struct CatalogName {
  std::string schema;  // "main" or "temp"; empty in look-ups: temp before main
  std::string name;
};

// What a name stands for: a table, or a view where `table` is null. Immutable: a change makes
// another entry, so whoever holds one reads one snapshot.
struct CatalogEntry {
  std::string schema;
  std::string name;

  TablePtr table;
  std::vector<ExpressionPtr> defaults;  // per column, or empty; null: NULL

  std::string view_sql;                   // of the view's query
  std::vector<std::string> view_columns;  // may be fewer than the query's, or empty

  bool is_view() const { return table == nullptr; }
};
using CatalogEntryPtr = std::shared_ptr<const CatalogEntry>;

// The tables and views of one database: the schemas "main" and "temp". Owned by the database;
// thread-safe. A change is visible to whoever looks a name up after it.
class Catalog {
 public:
  static constexpr const char* kMainSchema = "main";
  static constexpr const char* kTemporarySchema = "temp";
  static constexpr const char* kDatabase = "memory";

  // Adds a table or a view. AlreadyExists where the name is taken and the mode is kError, or where
  // it names the other kind of thing. The entry's schema must be "main" or "temp".
  Status Create(CatalogEntry entry, OnConflict mode);
  // NotFound, with the nearest name as hint, unless `if_exists`; InvalidInput for the other kind.
  Status Drop(const CatalogName& name, bool is_view, bool if_exists);
  // Null where there is none.
  CatalogEntryPtr Find(const CatalogName& name) const;
  // NotFound with the nearest name as hint.
  Result<CatalogEntryPtr> Lookup(const CatalogName& name) const;
  // Adds rows to a memory table: concurrent appends both land. InvalidInput for other tables.
  Status Append(const CatalogName& name, const MemoryChunks& chunks);
  // A number that every change raises.
  uint64_t version() const;
  // All entries by schema and name.
  std::vector<CatalogEntryPtr> List() const;

 private:
  using Entries = std::map<std::string, CatalogEntryPtr>;  // by lower-case name
  CatalogEntryPtr FindLocked(const CatalogName& name) const;
  Status NotFound(const CatalogName& name, bool is_view) const;
  Entries& EntriesOf(const std::string& schema);

  mutable std::mutex mutex_;
  Entries main_;
  Entries temporary_;
  uint64_t version_ = 0;
};

}  // namespace trivet
