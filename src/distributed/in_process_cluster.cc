#include "distributed/in_process_cluster.h"

#include <utility>

#include "base/string_concat.h"
#include "base/version.h"
#include "shuffle/shuffle_server.h"

namespace trivet {

// Opens the stores of the cluster's workers by name.
class InProcessCluster::Fetcher final : public PartitionFetcher {
 public:
  explicit Fetcher(InProcessCluster& cluster) : cluster_(cluster) {}

  Result<std::unique_ptr<BlockStream>> Open(const FetchRequest& request,
                                            const CancellationToken&) override {
    const std::shared_ptr<Worker> worker = cluster_.Find(request.peer.worker);
    if (worker == nullptr) {
      return Status(StatusCode::kUnavailable,
                    StrCat("worker ", ToString(request.peer.worker), " is gone"));
    }
    return OpenLocalStream(*worker->store, request);
  }

 private:
  InProcessCluster& cluster_;
};

InProcessCluster::InProcessCluster(InProcessClusterOptions options, FileSystem& files)
    : options_(std::move(options)),
      files_(files),
      fetcher_(std::make_unique<Fetcher>(*this)),
      driver_(std::make_unique<CoordinatorDriver>(options_.coordinator, *this)),
      workers_(options_.workers),
      incarnations_(options_.workers, 0) {}

Result<std::unique_ptr<InProcessCluster>> InProcessCluster::Start(InProcessClusterOptions options,
                                                                  FileSystem& files) {
  std::unique_ptr<InProcessCluster> cluster(new InProcessCluster(std::move(options), files));
  for (uint32_t i = 0; i < cluster->options_.workers; ++i) {
    TRIVET_RETURN_IF_ERROR(cluster->StartWorker(i));
  }
  cluster->heartbeats_ = std::thread([self = cluster.get()] { self->HeartbeatLoop(); });
  return cluster;
}

InProcessCluster::~InProcessCluster() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    stop_.notify_all();
  }
  if (heartbeats_.joinable()) heartbeats_.join();
  for (uint32_t i = 0; i < options_.workers; ++i) Kill(i);
}

Status InProcessCluster::StartWorker(uint32_t index) {
  auto worker = std::make_shared<Worker>();
  uint64_t incarnation = 0;
  {
    std::lock_guard lock(mutex_);
    incarnation = ++incarnations_[index];
  }
  worker->identity = {StrCat("worker", index), incarnation};
  ShuffleStoreOptions store;
  store.directory = StrCat(options_.directory, "/worker", index, ".", incarnation);
  TRIVET_ASSIGN_OR_RETURN(worker->store, ShuffleStore::Open(std::move(store), files_));
  WorkerRuntimeOptions runtime;
  runtime.identity = worker->identity;
  runtime.slots = options_.slots;
  runtime.temp_directory = options_.directory;
  runtime.memory_limit_bytes = options_.worker_memory_limit_bytes;
  ExtensionSetPtr extensions;
  if (index < options_.extensions.size()) extensions = options_.extensions[index];
  if (extensions == nullptr) extensions = std::make_shared<const ExtensionSet>();
  runtime.extensions = std::make_shared<WorkerExtensions>(extensions);
  worker->runtime =
      std::make_unique<WorkerRuntime>(runtime, *worker->store, *fetcher_, *tables_, files_,
                                      [this, self = worker.get()](const Event& event) {
                                        if (self->alive) driver_->Post(event);
                                      });
  WorkerJoined joined;
  joined.worker = worker->identity;
  joined.address = StrCat("in-process:", worker->identity.name);
  joined.slots = options_.slots;
  joined.capabilities.build_id = kVersion;
  joined.capabilities.functions = extensions->custom_functions;
  joined.capabilities.operators = extensions->custom_operators;
  joined.capabilities.protocol_version = options_.coordinator.protocol_version;
  {
    std::lock_guard lock(mutex_);
    workers_[index] = std::move(worker);
  }
  driver_->Post(joined);
  return Status::OK();
}

std::shared_ptr<InProcessCluster::Worker> InProcessCluster::Find(
    const WorkerIncarnation& identity) const {
  std::lock_guard lock(mutex_);
  for (const auto& worker : workers_) {
    if (worker != nullptr && worker->identity == identity) return worker;
  }
  return nullptr;
}

void InProcessCluster::Kill(uint32_t index) {
  std::shared_ptr<Worker> worker;
  {
    std::lock_guard lock(mutex_);
    worker = std::move(workers_[index]);
    workers_[index] = nullptr;
  }
  if (worker == nullptr) return;
  worker->alive = false;
  worker->runtime->CancelAll();
}

Status InProcessCluster::Revive(uint32_t worker) { return StartWorker(worker); }

size_t InProcessCluster::output_count() const {
  std::lock_guard lock(mutex_);
  size_t count = 0;
  for (const auto& worker : workers_) count += worker ? worker->store->output_count() : 0;
  return count;
}

void InProcessCluster::Launch(const LaunchAttempt& launch) {
  if (const auto worker = Find(launch.worker)) worker->runtime->Launch(launch);
}

void InProcessCluster::Cancel(const CancelAttempt& cancel) {
  if (const auto worker = Find(cancel.worker)) worker->runtime->Cancel(cancel.attempt);
}

void InProcessCluster::Fence(const FenceWorker& fence) {
  std::lock_guard lock(mutex_);
  for (auto& worker : workers_) {
    if (worker == nullptr || worker->identity != fence.worker) continue;
    worker->alive = false;
    for (const AttemptProgress& running : worker->runtime->Running()) {
      worker->runtime->Cancel(running.attempt);
    }
    // Its tasks may be reporting right now, to whoever is calling this: they are waited for later.
    retired_.push_back(std::move(worker));
    worker = nullptr;
  }
}

void InProcessCluster::Delete(const DeleteShuffleData& data) {
  if (const auto worker = Find(data.worker)) worker->runtime->DeleteQuery(data.query);
}

void InProcessCluster::HeartbeatLoop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    std::vector<std::shared_ptr<Worker>> workers = workers_;
    lock.unlock();
    for (const auto& worker : workers) {
      if (worker == nullptr) continue;
      WorkerHeartbeat heartbeat;
      heartbeat.worker = worker->identity;
      heartbeat.sequence = ++worker->heartbeats;
      heartbeat.running = worker->runtime->Running();
      driver_->Post(heartbeat);
    }
    lock.lock();
    stop_.wait_for(lock, options_.coordinator.heartbeat_interval, [this] { return stopping_; });
  }
}

}  // namespace trivet
