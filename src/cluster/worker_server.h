#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cluster/remote_table.h"
#include "distributed/worker_runtime.h"
#include "shuffle/flight_peer.h"
#include "shuffle/flight_service.h"
#include "shuffle/shuffle_client.h"

namespace trivet {

struct WorkerServerOptions {
  std::string coordinator;  // grpc://HOST:PORT
  std::string name;         // unique in the cluster; empty: one made from host and process
  std::string host = "127.0.0.1";
  uint16_t port = 0;
  // Where peers reach its service, if not where it listens (a forwarded port): grpc://HOST:PORT.
  std::string advertised_location;
  // The cluster's secret: shown to and asked of every peer; shuffle tickets are signed with it.
  std::string token;
  TlsOptions tls;
  uint32_t slots = 1;
  size_t memory_limit_bytes = 0;
  std::string directory;  // for map outputs; empty: below the system's temporary directory
  uint64_t disk_quota_bytes = DiskQuota::kUnlimited;
  // Of map outputs. Pays where a network lies between workers.
  WireCompression compression = WireCompression::kLz4;
  std::vector<std::string> labels;
  // Outputs that nobody has asked for in so long are removed, whatever became of their query.
  int64_t output_age_ms = int64_t{24} * 3600 * 1000;
  LogOptions log;  // its process: the worker's name
  // What the handshake shows; empty: BuildId(). Tests only.
  std::string build_id;
  // Functions and operators besides the built-in ones; null: none.
  ExtensionSetPtr extensions;
  // Loads code that sessions bring along; null: tasks that need any go elsewhere.
  std::shared_ptr<const CodeLoader> code_loader;
  // The worker ends by itself when it has not reached its coordinator for so long.
  int64_t lease_ms = 30'000;
};

// A worker process: its Flight service (map outputs and control messages), its runtime, and its
// talk with the coordinator: handshake, heartbeats every second on a thread that tasks cannot
// delay, and reports, each repeated until it is acknowledged. Thread-safe.
class WorkerServer {
 public:
  // Listens, joins the coordinator and serves. Unavailable, PermissionDenied or ProtocolMismatch
  // where the coordinator cannot be reached or does not take the worker.
  static Result<std::unique_ptr<WorkerServer>> Start(WorkerServerOptions options,
                                                     FileSystem& files);
  // Cancels all tasks and deletes all outputs.
  ~WorkerServer();

  // Until Stop, a fence, or the end of the lease; says why.
  Status Wait();
  // True where Wait would return at once; waits at most so long.
  bool WaitFor(int64_t timeout_ms);
  void Stop(Status reason);

  std::string location() const { return service_->location(); }
  const WorkerIncarnation& identity() const { return identity_; }

 private:
  WorkerServer(WorkerServerOptions options, FileSystem& files);
  Status Open();
  ExtensionSetPtr extensions() const;
  void RegisterActions();
  Status Join();
  Status SendEvent(const Event& event);
  void Enqueue(Event event);
  void HeartbeatLoop();
  void ReportLoop();
  void SweepLoop();

  const WorkerServerOptions options_;
  FileSystem& files_;
  WorkerIncarnation identity_;
  std::shared_ptr<EventLog> log_;
  std::unique_ptr<FlightPeers> peers_;
  std::unique_ptr<FlightService> service_;
  std::unique_ptr<ShuffleStore> store_;
  std::unique_ptr<WorkerFetcher> fetcher_;
  std::unique_ptr<RemoteTables> tables_;
  std::unique_ptr<WorkerRuntime> runtime_;
  CancellationToken stopping_token_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  Status reason_;
  std::deque<Event> reports_;  // not acknowledged yet
  std::thread heartbeats_;
  std::thread reporter_;
  std::thread sweeper_;
};

}  // namespace trivet
