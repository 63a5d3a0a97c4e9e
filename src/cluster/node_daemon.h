#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cluster/coordinator_server.h"

namespace trivet {

struct NodeDaemonOptions {
  CoordinatorServerOptions server;
  uint32_t workers = 2;
  uint32_t slots_per_worker = 1;
  size_t worker_memory_bytes = 0;                            // 0: an even share of the limit
  std::string directory;                                     // for the workers' outputs
  uint64_t worker_disk_quota_bytes = DiskQuota::kUnlimited;  // of these, each
  // What workers of one host send each other never meets a network, and compressing it would take
  // a fifth of their time.
  std::string worker_compression = "none";
  // The command that runs a worker; its options are appended: "--coordinator", location, ...
  // The cluster's secret goes to it in the environment, as TRIVET_TOKEN.
  std::vector<std::string> worker_command;
};

// One host's coordinator with its worker processes: starts them, notices when one ends, tells the
// coordinator, and starts another in its place after a delay that grows with failures. Where the
// coordinator keeps a journal, workers outlive it, and the next daemon on the journal takes them
// over. Thread-safe.
class NodeDaemon {
 public:
  static Result<std::unique_ptr<NodeDaemon>> Start(NodeDaemonOptions options, FileSystem& files);
  // Ends the workers: politely, after a grace by force.
  ~NodeDaemon();

  CoordinatorServer& server() { return *server_; }
  std::string location() const { return server_->location(); }
  // Process ids of the workers that run, by name.
  std::map<std::string, int> WorkerProcesses() const;

 private:
  struct Process {
    std::string name;
    int pid = -1;
    uint64_t birth = 0;  // tells the process from a later one of its number
    bool child = true;   // false: an earlier daemon's
    uint32_t failures = 0;
    std::chrono::steady_clock::time_point started;
    std::chrono::steady_clock::time_point next_start;
  };

  explicit NodeDaemon(NodeDaemonOptions options) : options_(std::move(options)) {}
  Status StartProcess(Process& process);
  void Reap(Process& process);
  // How it ended, where it has.
  static std::optional<std::string> EndOf(const Process& process);
  void TakeOver();
  void RememberProcesses();
  void SuperviseLoop();

  const NodeDaemonOptions options_;
  std::unique_ptr<CoordinatorServer> server_;
  mutable std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  std::optional<Status> first_start_;  // how the first round of starts went
  std::vector<Process> processes_;
  std::thread supervisor_;
};

}  // namespace trivet
