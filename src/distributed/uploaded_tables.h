#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "fragment/fragment.h"
#include "shuffle/flight_security.h"

namespace trivet {

// Tables whose rows are in the coordinator's process alone (in memory, in a client's stream), under
// ids by which tasks ask for them. A table stays as long as one of its leases. Thread-safe.
class UploadedTables final : public TableResolver {
 public:
  // Uploads of one query: ids that hold as long as this lives. Thread-safe.
  class Lease final : public TableUploads {
   public:
    explicit Lease(std::shared_ptr<UploadedTables> tables) : tables_(std::move(tables)) {}
    ~Lease() override;
    Result<std::string> IdOf(const TablePtr& table) override;

   private:
    std::shared_ptr<UploadedTables> tables_;
    std::mutex mutex_;
    std::map<std::string, TablePtr> held_;
  };

  Result<TablePtr> Resolve(const std::string& id,
                           const std::vector<ColumnDefinition>& columns) override;

 private:
  struct Entry {
    TablePtr table;
    size_t leases = 0;
  };
  std::string Add(const TablePtr& table);
  void Release(const std::string& id);

  std::mutex mutex_;
  // Ids of another life of the process mean nothing here.
  const std::string life_ = NewToken().substr(0, 8);
  uint64_t next_ = 1;
  std::map<std::string, Entry> entries_;
  std::map<const Table*, std::string> ids_;
};

}  // namespace trivet
