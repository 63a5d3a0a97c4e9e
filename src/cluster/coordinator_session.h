#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "cluster/coordinator_server.h"
#include "cluster/session_journal.h"
#include "storage/memory_table.h"

namespace trivet {

// A session's database and the runtime on which its queries run.
struct SessionDatabase {
  std::shared_ptr<Database> database;
  std::shared_ptr<DistributedRuntime> runtime;
};

// One client's session: a database whose queries run on the cluster, its connection and its open
// results. Where there is a journal, results stay until the client releases them, and another
// process can go on with the session. Thread-safe; statements run one at a time.
class CoordinatorServer::Session {
 public:
  // `journal` may be null and outlives the session.
  Session(std::string id, SessionDatabase on, SessionJournal* journal);

  const std::string& id() const { return id_; }
  const SessionDatabase& on() const { return on_; }
  Result<ExecuteAnswer> Execute(const ExecuteRequest& request);
  Status Upload(UploadRequest request);
  // Makes a function or operator known whose code workers ask for by `id`.
  Status Register(const CodeRegistration& registration, const std::string& id,
                  std::shared_ptr<const std::string> code);
  void Interrupt();
  // The result from the ticket's row on. NotFound where there is none (any more).
  Result<std::shared_ptr<QueryResult>> TakeResult(const ResultTicket& ticket);
  // The client has what it wants of a resumable result.
  void Release(uint64_t result);
  // Empty where the result is gone.
  ProgressAnswer Progress(uint64_t result) const;
  // Cancels everything.
  void Close();

  // As an earlier process left it: runs a statement again, knows results, refuses to go on because
  // something is missing.
  Status Repeat(const ExecuteRequest& statement);
  void Know(uint64_t result, SavedResult saved);
  void Break(Status why);
  bool IsResumable(uint64_t result) const;

  // The client lives.
  void Touch() { heard_ = std::chrono::steady_clock::now(); }
  // The client does something.
  void Use() { heard_ = used_ = std::chrono::steady_clock::now(); }
  // Neither heard for `lease` nor used for `idle`.
  bool Expired(std::chrono::milliseconds lease, std::chrono::milliseconds idle) const;

 private:
  struct PartialTable {
    std::unique_ptr<MemoryTableBuilder> builder;
    std::vector<ColumnDefinition> columns;
  };

  void Keep(const ExecuteRequest& request, bool ran);
  Result<std::shared_ptr<QueryResult>> Resume(const ResultTicket& ticket, const SavedResult& saved);

  const std::string id_;
  const SessionDatabase on_;
  SessionJournal* const journal_;
  std::unique_ptr<Connection> connection_;
  std::atomic<std::chrono::steady_clock::time_point> heard_;
  std::atomic<std::chrono::steady_clock::time_point> used_;
  std::mutex statement_mutex_;  // held while a statement runs
  mutable std::mutex mutex_;
  std::atomic<int> executing_{0};
  Status broken_;
  uint64_t next_result_ = 1;
  std::map<uint64_t, std::shared_ptr<QueryResult>> results_;  // not taken, or held for another time
  std::map<uint64_t, SavedResult> resumable_;
  std::map<uint64_t, std::weak_ptr<QueryResult>> streaming_;
  std::map<std::string, PartialTable> uploads_;
};

}  // namespace trivet
