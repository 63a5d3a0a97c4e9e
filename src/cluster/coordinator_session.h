#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "cluster/coordinator_server.h"
#include "storage/memory_table.h"

namespace trivet {

// One client's session: a database whose queries run on the cluster, its connection and its open
// results. Thread-safe; statements run one at a time.
class CoordinatorServer::Session {
 public:
  Session(std::string id, std::shared_ptr<Database> database);

  const std::string& id() const { return id_; }
  const std::shared_ptr<Database>& database() const { return database_; }
  Result<ExecuteAnswer> Execute(const ExecuteRequest& request);
  Status Upload(UploadRequest request);
  void Interrupt();
  // The result, which is the caller's from then on. NotFound where there is none (any more).
  Result<std::shared_ptr<QueryResult>> TakeResult(uint64_t result);
  // Nothing where the result is gone or nothing is known.
  std::optional<double> Progress(uint64_t result) const;
  // Cancels everything.
  void Close();

  void Touch() { used_ = std::chrono::steady_clock::now(); }
  bool Expired(std::chrono::milliseconds lease) const;

 private:
  struct PartialTable {
    std::unique_ptr<MemoryTableBuilder> builder;
    std::vector<ColumnDefinition> columns;
  };

  const std::string id_;
  std::shared_ptr<Database> database_;
  std::unique_ptr<Connection> connection_;
  std::atomic<std::chrono::steady_clock::time_point> used_;
  std::mutex statement_mutex_;  // held while a statement runs
  mutable std::mutex mutex_;
  std::atomic<int> executing_{0};
  uint64_t next_result_ = 1;
  std::map<uint64_t, std::shared_ptr<QueryResult>> results_;
  std::map<uint64_t, std::weak_ptr<QueryResult>> streaming_;
  std::map<std::string, PartialTable> uploads_;
};

}  // namespace trivet
