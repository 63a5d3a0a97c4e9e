#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "cluster/flight_worker_control.h"
#include "cluster/session_messages.h"
#include "distributed/distributed_runtime.h"
#include "session/connection.h"
#include "shuffle/flight_service.h"
#include "shuffle/shuffle_client.h"

namespace trivet {

struct CoordinatorServerOptions {
  std::string host = "127.0.0.1";
  uint16_t port = 0;
  std::string token;
  TlsOptions tls;
  size_t memory_limit_bytes = 0;
  CoordinatorOptions coordinator;
  DistributedPlannerOptions planning;
  QuerySettings queries;
  // A session that its client does not use or ping for so long is closed, and its queries end.
  int64_t session_lease_ms = 60'000;
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
  CoordinatorDriver& driver() { return *driver_; }
  size_t session_count() const;
  // Milliseconds since the last session ended; 0 while there is one.
  int64_t idle_ms() const;

 private:
  class Session;
  class ResultSource;

  CoordinatorServer(CoordinatorServerOptions options, FileSystem& files);
  Status Open();
  void RegisterActions();
  Result<std::string> TakeEvent(std::string_view body);
  // On a database of its own, or on that of the session named.
  Result<std::string> OpenSession(const std::string& other);
  Result<std::shared_ptr<Session>> FindSession(const std::string& id);
  void CloseSession(const std::string& id);
  void LeaseLoop();

  const CoordinatorServerOptions options_;
  FileSystem& files_;
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
  std::chrono::steady_clock::time_point last_used_;
  std::thread leases_;
};

}  // namespace trivet
