#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "cluster/flight_worker_control.h"
#include "cluster/journal_directory.h"
#include "cluster/restored_sessions.h"
#include "cluster/session_messages.h"
#include "distributed/distributed_runtime.h"
#include "session/connection.h"
#include "shuffle/flight_service.h"
#include "shuffle/shuffle_client.h"

namespace trivet {

struct SessionDatabase;

struct CoordinatorServerOptions {
  std::string host = "127.0.0.1";
  uint16_t port = 0;
  std::string token;
  // Where the journal is kept (journal_directory.h), so that another process can go on in this
  // one's place; empty: nowhere. Port and token, where not given, are those that it holds.
  std::string journal_directory;
  // Whether the journal is on the disk, not only in its file, before anything is done.
  bool sync_journal = true;
  LogOptions log;
  TlsOptions tls;
  size_t memory_limit_bytes = 0;
  // An empty build id stands for BuildId(): workers of other builds are refused.
  CoordinatorOptions coordinator;
  DistributedPlannerOptions planning;
  QuerySettings queries;
  // A session that its client does not use or ping for so long is closed, and its queries end.
  int64_t session_lease_ms = 60'000;
  // A session in which nothing has run for so long is closed, however alive its client.
  int64_t session_idle_ms = int64_t{8} * 3600 * 1000;
  // One more is refused with ResourceExhausted.
  size_t max_sessions = 256;
  // Functions and operators that sessions may use; the workers have the code. Null: none.
  ExtensionSetPtr extensions;
};

// A coordinator's process: takes the workers' events, and clients' sessions, each a database of its
// own whose queries run on the workers. Thread-safe.
class CoordinatorServer {
 public:
  // Listens and serves; AlreadyExists where the port is taken.
  static Result<std::unique_ptr<CoordinatorServer>> Start(CoordinatorServerOptions options,
                                                          FileSystem& files);
  // Ends all sessions and their queries.
  ~CoordinatorServer();

  std::string location() const { return service_->location(); }
  // The secret that workers and clients show.
  const std::string& token() const { return token_; }
  CoordinatorDriver& driver() { return *driver_; }
  EventLog& log() { return *log_; }
  // Null where there is no journal.
  const JournalDirectory* journal() const { return journal_.get(); }
  size_t session_count() const;
  // Milliseconds since the last session ended; 0 while there is one.
  int64_t idle_ms() const;

 private:
  class Session;
  class ResultSource;

  CoordinatorServer(CoordinatorServerOptions options, FileSystem& files);
  Status Open();
  Status OpenLog();
  Status OpenDriver();
  void RegisterActions();
  Result<std::string> TakeEvent(std::string_view body);
  // On a database of its own, or on that of the session named.
  Result<std::string> OpenSession(const std::string& other);
  Result<std::shared_ptr<Session>> FindSession(const std::string& id);
  void RestoreDatabase(const SavedDatabase& saved);
  SessionDatabase NewDatabase();
  Result<std::unique_ptr<FlightMessageSource>> OpenResult(const ResultTicket& ticket);
  // Ends what clients of an earlier process have not come back for.
  void EndOrphans();
  void CloseSession(const std::string& id);
  Status RegisterCode(const RegisterCodeRequest& request);
  Result<std::string> FindCode(const std::string& id) const;
  void LeaseLoop();

  const CoordinatorServerOptions options_;
  FileSystem& files_;
  std::string token_;
  std::shared_ptr<EventLog> log_;
  std::unique_ptr<JournalDirectory> journal_;
  std::unique_ptr<SessionJournal> session_journal_;
  std::unique_ptr<RestoredSessions> restored_;  // null without a journal
  std::unique_ptr<FlightPeers> peers_;
  std::unique_ptr<FlightWorkerControl> control_;
  std::unique_ptr<CoordinatorDriver> driver_;
  std::unique_ptr<WorkerFetcher> fetcher_;
  std::shared_ptr<UploadedTables> tables_ = std::make_shared<UploadedTables>();
  std::unique_ptr<FlightService> service_;

  mutable std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  std::map<std::string, std::shared_ptr<Session>> sessions_;
  std::map<std::string, std::weak_ptr<const std::string>> code_;  // of sessions, by id
  std::chrono::steady_clock::time_point last_used_;
  std::thread leases_;
};

}  // namespace trivet
