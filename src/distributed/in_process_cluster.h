#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "distributed/coordinator_driver.h"
#include "distributed/uploaded_tables.h"
#include "distributed/worker_runtime.h"

namespace trivet {

struct InProcessClusterOptions {
  uint32_t workers = 2;
  uint32_t slots = 1;
  std::string directory;                 // one below it for each worker
  size_t worker_memory_limit_bytes = 0;  // 0: as WorkerRuntimeOptions
  CoordinatorOptions coordinator;
  // What each worker has besides what is built in; workers beyond the list have nothing.
  std::vector<ExtensionSetPtr> extensions;
};

// A coordinator and its workers in one process, without sockets: the distributed leg for tests and
// for whoever wants stages without processes. Thread-safe.
class InProcessCluster final : public WorkerControl {
 public:
  static Result<std::unique_ptr<InProcessCluster>> Start(InProcessClusterOptions options,
                                                         FileSystem& files);
  ~InProcessCluster() override;

  CoordinatorDriver& driver() { return *driver_; }
  const std::shared_ptr<UploadedTables>& tables() { return tables_; }
  // Reads the outputs of every worker.
  PartitionFetcher& fetcher() { return *fetcher_; }

  // As if the worker's process had been killed: its tasks stop, its outputs are gone, and the
  // coordinator hears of it from nobody. A later Revive brings it back under a new incarnation.
  void Kill(uint32_t worker);
  Status Revive(uint32_t worker);
  // Map outputs and bytes that lie on the workers' disks.
  size_t output_count() const;

  void Launch(const LaunchAttempt& launch) override;
  void Cancel(const CancelAttempt& cancel) override;
  void Fence(const FenceWorker& fence) override;
  void Delete(const DeleteShuffleData& data) override;

 private:
  class Fetcher;
  struct Worker {
    WorkerIncarnation identity;
    std::unique_ptr<ShuffleStore> store;
    std::unique_ptr<WorkerRuntime> runtime;
    uint64_t heartbeats = 0;
    std::atomic<bool> alive{true};  // a dead one says nothing
  };

  InProcessCluster(InProcessClusterOptions options, FileSystem& files);
  Status StartWorker(uint32_t worker);
  std::shared_ptr<Worker> Find(const WorkerIncarnation& identity) const;
  void HeartbeatLoop();

  const InProcessClusterOptions options_;
  FileSystem& files_;
  std::shared_ptr<UploadedTables> tables_ = std::make_shared<UploadedTables>();
  std::unique_ptr<PartitionFetcher> fetcher_;
  std::unique_ptr<CoordinatorDriver> driver_;
  mutable std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  std::vector<std::shared_ptr<Worker>> workers_;  // null where killed
  std::vector<std::shared_ptr<Worker>> retired_;  // fenced
  std::vector<uint64_t> incarnations_;
  std::thread heartbeats_;
};

}  // namespace trivet
